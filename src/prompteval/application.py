"""A prompt in application code: the same object that is evaluated, bound to a model.

classify = prompteval.load("classify_intent@v2")
classify(message="Where is my refund?").intent
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prompteval.core.errors import InvalidInput, OutputError, ProviderError, UsageError
from prompteval.core.problem import Problem
from prompteval.core.request import Message, Request, Response, Usage
from prompteval.core.trace import ToolCall
from prompteval.prompt.prompt import Prompt

if TYPE_CHECKING:
    from prompteval.engine.application_model import ApplicationModel
    from prompteval.engine.targets.prompt import RequestWriter
    from prompteval.workspace.settings import Workspace

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

    def __init__(self, prompt: Prompt, model: "ApplicationModel", deadline_s: float | None = None) -> None:
        self.prompt = prompt
        self.model = model.reference
        self.deadline_s = deadline_s
        self._model = model

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
        _validate(self.prompt, inputs)
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
        request = self._request(inputs)
        work = self._model.complete(request, self.deadline_s)
        return self._reply(request, await self._model.portal.result(work))

    def stream(self, **inputs: Any) -> Iterator[str]:
        """The text of the answer piece by piece, as the server sends it; `astream` inside an event loop.

        Not parsed and not tried again. A model that does not stream gives its text at once.
        """
        self._refuse_inside_loop("stream()", "astream")
        return self._model.portal.pieces(self._model.stream(self._request(inputs), self.deadline_s))

    def astream(self, **inputs: Any) -> AsyncIterator[str]:
        """The text of the answer piece by piece."""
        return self._model.portal.each(self._model.stream(self._request(inputs), self.deadline_s))

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
        chosen = self._model if model in (None, self.model) else self._model.other(model)
        return LoadedPrompt(self.prompt, chosen, self.deadline_s if deadline_s is None else deadline_s)

    def close(self) -> None:
        """Close the connections that are kept for the next call."""
        self._model.portal.wait(self._model.aclose())

    async def aclose(self) -> None:
        """Close the connections that are kept for the next call."""
        await self._model.portal.result(self._model.aclose())

    def _waited(self, what: str, instead: str, inputs: Mapping[str, Any]) -> Reply:
        self._refuse_inside_loop(what, instead)
        request = self._request(inputs)
        return self._reply(request, self._model.portal.wait(self._model.complete(request, self.deadline_s)))

    def _refuse_inside_loop(self, what: str, instead: str) -> None:
        from prompteval.engine.application_model import refuse_inside_loop

        refuse_inside_loop(f"{what} of {self.prompt.name}", f"{self.prompt.name}.{instead}(...)")

    def _request(self, inputs: Mapping[str, Any]) -> Request:
        _validate(self.prompt, inputs)
        return self._write(inputs)

    @cached_property
    def _write(self) -> "RequestWriter":
        from prompteval.engine.targets.prompt import RequestWriter

        return RequestWriter(self.prompt, self.model, self._model.identity)

    def _reply(self, request: Request, response: Response) -> Reply:
        from prompteval.engine.targets.prompt import judged
        from prompteval.engine.targets.tool_calls import recorded

        seen = judged(self.prompt, response)
        if seen.failure is not None:
            raise OutputError(seen.failure.type, seen.failure.message, excerpt=response.text)
        return Reply(
            output=seen.value,
            usage=response.usage,
            cost_usd=self._model.cost_usd(response.usage),
            model=response.model_reported or self.model,
            request_id=response.details.get("request_id"),
            tool_calls=tuple(
                replace(recorded(self.prompt, call, 0), id=call.id) for call in response.tool_calls
            ),
        )

    async def _one(self, inputs: Mapping[str, Any]) -> Any:
        request = self._request(inputs)
        return self._reply(request, await self._model.complete(request, self.deadline_s)).output

    async def _all(self, inputs: Sequence[Mapping[str, Any]], concurrency: int) -> list[Any]:
        from prompteval.engine.application_model import each_of

        return await each_of([partial(self._one, one) for one in inputs], concurrency)

    def _outputs(self, found: list[Any], return_exceptions: bool) -> list[Any]:
        failed = next((one for one in found if isinstance(one, Exception)), None)
        if failed is not None and not return_exceptions:
            raise failed
        return found


def load(reference: str, *, model: str | None = None, workspace: Path | str | None = None) -> LoadedPrompt:
    """The prompt `name`, `name@v2`, `name@production` or `name@git:REF` of the workspace, bound to a model.

    An alias is looked up once, here: the loaded prompt keeps its version when the alias moves.

    The model is `model`, else the one the prompt pins, else the workspace's default; a call that may
    pass is tried again as in a run, by the model's profile. The
    workspace is found upward from `workspace` or the current directory. Raises UsageError or
    InvalidInput for names and files that are wrong, and for what no call of this model could take.
    """
    from prompteval.engine.application_model import ApplicationModel
    from prompteval.plan.prompt_references import resolve_prompt
    from prompteval.workspace.settings import find_workspace

    place = find_workspace(Path(workspace) if workspace is not None else Path.cwd())
    prompt = resolve_prompt(place, reference)
    chosen = model or prompt.model or place.settings.default_model
    _refuse_unfit(prompt, chosen, place)
    return LoadedPrompt(prompt, ApplicationModel(chosen, place))


def _refuse_unfit(prompt: Prompt, model: str, workspace: "Workspace") -> None:
    """Raise InvalidInput for parameters, tools or an output that every call would fail for."""
    from prompteval.plan.server_problems import server_problems

    wrong = [problem for problem in prompt.check() if problem.code == "PE334"]
    wrong += server_problems([prompt], [model], workspace)
    if wrong:
        raise InvalidInput(wrong)


def _validate(prompt: Prompt, inputs: Mapping[str, Any]) -> None:
    errors = prompt.input_errors(inputs)
    if errors:
        raise InvalidInput(
            [
                Problem(
                    f"{prompt.name}@v{prompt.version}", 0, 0, "PE301", f"{_dotted(pointer)}: {message}", help
                )
                for pointer, message, help in errors
            ]
        )


def _dotted(pointer: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in ("inputs", *pointer))


__all__ = ["LoadedPrompt", "OutputError", "ProviderError", "Reply", "UsageError", "load"]
