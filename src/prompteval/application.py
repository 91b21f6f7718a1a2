"""A prompt in application code: the same object that is evaluated, bound to a model.

classify = prompteval.load("classify_intent@v2")
classify(message="Where is my refund?").intent
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prompteval.core.errors import OutputError, ProviderError, UsageError
from prompteval.core.observation import Failure
from prompteval.core.request import Message, Request, Usage
from prompteval.core.trace import ToolCall

if TYPE_CHECKING:
    from prompteval.engine.bound_prompt import Answered, BoundPrompt
    from prompteval.engine.logged_inputs import LogInputs
    from prompteval.engine.prediction_log import PredictionLog

CONCURRENCY = 16


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer with what it took; `cost_usd` is None where the price or the tokens are not known.

    `tool_calls` are the calls that the model asks for, which the application makes itself; `output` is then
    the text beside them, or None.
    """

    output: Any
    usage: Usage | None
    cost_usd: float | None
    model: str
    request_id: str | None
    tool_calls: tuple[ToolCall, ...] = ()


class LoadedPrompt:
    """A prompt bound to a model: call it with the inputs, get the typed output.

    One object serves any number of threads and event loops. Every call raises InvalidInput for wrong inputs,
    RenderError where the template cannot be rendered, ProviderError when the call fails, and OutputError (one
    of its kind) when the reply is refused, cut or not a valid output.
    """

    def __init__(
        self, bound: "BoundPrompt", deadline_s: float | None = None, log: "PredictionLog | None" = None
    ) -> None:
        self.prompt = bound.prompt
        self.model = bound.model.reference
        self.deadline_s = deadline_s
        self._bound = bound
        self._model = bound.model
        self._log = log

    @property
    def reference(self) -> str:
        """The version, `name@v2`, however it was asked for."""
        return self.prompt.reference

    @property
    def alias(self) -> str:
        """The alias that it was asked for by, such as `production`; empty for none."""
        return self.prompt.alias

    @property
    def fingerprint(self) -> str:
        """The fingerprint that evaluation reports show for the same prompt."""
        return self.prompt.fingerprint

    def render(self, **inputs: Any) -> tuple[Message, ...]:
        """The messages for these inputs, exactly as evaluation renders them."""
        self._bound.validate(inputs)
        return self.prompt.render(inputs)

    def __call__(self, **inputs: Any) -> Any:
        """The typed output. Raises UsageError inside a running event loop: await `acall` there."""
        return self._waited("a call", "acall", inputs).output

    def run(self, **inputs: Any) -> Reply:
        """The typed output with usage, cost, model and request id; `arun` inside an event loop."""
        return self._waited("run()", "arun", inputs)

    async def acall(self, **inputs: Any) -> Any:
        """The typed output."""
        return (await self.arun(**inputs)).output

    async def arun(self, **inputs: Any) -> Reply:
        """The typed output with usage, cost, model and request id."""
        work = self._bound.answer(self._request(inputs), self.deadline_s)
        return self._reply(inputs, await self._model.portal.result(work))

    def stream(self, **inputs: Any) -> Iterator[str]:
        """The text of the answer piece by piece, as the server sends it; `astream` inside an event loop.

        Not parsed and not tried again. A model that does not stream gives its text at once.
        """
        self._refuse_inside_loop("stream()", "astream")
        return self._model.portal.pieces(self._streamed(inputs))

    def astream(self, **inputs: Any) -> AsyncIterator[str]:
        """The text of the answer piece by piece."""
        return self._model.portal.each(self._streamed(inputs))

    def batch(
        self,
        inputs: Sequence[Mapping[str, Any]],
        *,
        concurrency: int = CONCURRENCY,
        return_exceptions: bool = False,
    ) -> list[Any]:
        """The typed outputs of many inputs, in their order; `abatch` inside an event loop.

        All are called, at most `concurrency` at a time; then the first failure is raised, or with
        `return_exceptions` each is in the place of its output.
        """
        self._refuse_inside_loop("batch()", "abatch")
        return self._outputs(self._model.portal.wait(self._all(inputs, concurrency)), return_exceptions)

    async def abatch(
        self,
        inputs: Sequence[Mapping[str, Any]],
        *,
        concurrency: int = CONCURRENCY,
        return_exceptions: bool = False,
    ) -> list[Any]:
        """The typed outputs of many inputs, in their order."""
        found = await self._model.portal.result(self._all(inputs, concurrency))
        return self._outputs(found, return_exceptions)

    def with_options(self, *, deadline_s: float | None = None, model: str | None = None) -> "LoadedPrompt":
        """The same prompt with a deadline for each whole call, retries included, or with another model."""
        if deadline_s is not None and not 0 < deadline_s < float("inf"):
            raise UsageError(f"deadline_s must be a number of seconds above 0, not {deadline_s!r}")
        from prompteval.engine.bound_prompt import BoundPrompt

        bound = self._bound
        if model not in (None, self.model):
            bound = BoundPrompt(self.prompt, self._model.other(model))
        return LoadedPrompt(bound, self.deadline_s if deadline_s is None else deadline_s, self._log)

    def close(self) -> None:
        """Close the connections that are kept for the next call, and the log."""
        self._model.portal.wait(self._model.aclose())
        if self._log is not None:
            self._log.close()

    async def aclose(self) -> None:
        """Close the connections that are kept for the next call, and the log."""
        await self._model.portal.result(self._model.aclose())
        if self._log is not None:
            await self._model.portal.result(self._log.aclose())

    def _waited(self, what: str, instead: str, inputs: Mapping[str, Any]) -> Reply:
        self._refuse_inside_loop(what, instead)
        work = self._bound.answer(self._request(inputs), self.deadline_s)
        return self._reply(inputs, self._model.portal.wait(work))

    def _refuse_inside_loop(self, what: str, instead: str) -> None:
        from prompteval.engine.application_model import refuse_inside_loop

        refuse_inside_loop(f"{what} of {self.prompt.name}", f"{self.prompt.name}.{instead}(...)")

    def _request(self, inputs: Mapping[str, Any]) -> Request:
        self._bound.validate(inputs)
        return self._bound.request(inputs)

    def _streamed(self, inputs: Mapping[str, Any]) -> AsyncIterator[str]:
        request = self._request(inputs)
        return self._bound.stream(request, self.deadline_s, partial(self._record, inputs))

    def _record(self, inputs: Mapping[str, Any], answered: "Answered") -> None:
        """Write the call to the log, where there is one."""
        if self._log is None:
            return
        from prompteval.engine.bound_prompt import new_request_id, prediction

        record = prediction(self._bound, inputs, answered, new_request_id())
        self._log.record(record, self._bound.closed_inputs)

    def _reply(self, inputs: Mapping[str, Any], answered: "Answered") -> Reply:
        self._record(inputs, answered)
        response, parsed = answered.response, answered.parsed
        if answered.error is not None:
            raise answered.error
        if response is None or parsed.failure is not None:
            failure = parsed.failure or Failure("call", "empty", "no reply")
            raise OutputError(failure.type, failure.message, excerpt=response.text if response else "")
        return Reply(
            output=parsed.value,
            usage=response.usage,
            cost_usd=self._model.cost_usd(response.usage),
            model=response.model_reported or self.model,
            request_id=response.details.get("request_id"),
            tool_calls=self._bound.calls(response),
        )

    async def _one(self, inputs: Mapping[str, Any]) -> Any:
        request = self._request(inputs)
        return self._reply(inputs, await self._bound.answer(request, self.deadline_s)).output

    async def _all(self, inputs: Sequence[Mapping[str, Any]], concurrency: int) -> list[Any]:
        from prompteval.engine.application_model import each_of

        return await each_of([partial(self._one, one) for one in inputs], concurrency)

    def _outputs(self, found: list[Any], return_exceptions: bool) -> list[Any]:
        failed = next((one for one in found if isinstance(one, Exception)), None)
        if failed is not None and not return_exceptions:
            raise failed
        return found


def load(
    reference: str,
    *,
    model: str | None = None,
    workspace: Path | str | None = None,
    log: str | None = None,
    log_inputs: "LogInputs" = "redacted",
) -> LoadedPrompt:
    """The prompt `name`, `name@v2`, `name@production` or `name@git:REF` of the workspace, bound to a model.

    An alias is looked up once, here: the loaded prompt keeps its version when the alias moves.

    The model is `model`, else the one the prompt pins, else the workspace's default; a call that may
    pass is tried again as in a run, by the model's profile. The
    workspace is found upward from `workspace` or the current directory. Raises UsageError or
    InvalidInput for names and files that are wrong, and for what no call of this model could take.

    `log` writes each call as the service does: a file, `sqlite:FILE`, `postgres` or `otlp`, with the inputs
    in `full`, `redacted` or as `features`. A call never waits for the log and never fails because of it.
    """
    from prompteval.engine.application_model import ApplicationModel
    from prompteval.engine.bound_prompt import BoundPrompt
    from prompteval.engine.fit_model import refuse_unfit
    from prompteval.plan.prompt_references import resolve_prompt
    from prompteval.workspace.settings import find_workspace

    place = find_workspace(Path(workspace) if workspace is not None else Path.cwd())
    prompt = resolve_prompt(place, reference)
    chosen = model or prompt.model or place.settings.default_model
    refuse_unfit(prompt, chosen, place)
    bound = BoundPrompt(prompt, ApplicationModel(chosen, place))
    if log is None:
        return LoadedPrompt(bound)
    from prompteval.engine.prediction_log import open_log

    return LoadedPrompt(bound, log=open_log(log, log_inputs))


__all__ = ["LoadedPrompt", "OutputError", "ProviderError", "Reply", "UsageError", "load"]
