"""A prompt in application code: the same object that is evaluated, bound to a model.

classify = prompteval.load("classify_intent@v2")
classify(message="Where is my refund?").intent
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prompteval.core.errors import InvalidInput, ProviderError, UsageError
from prompteval.core.problem import Problem
from prompteval.core.protocols import Provider
from prompteval.core.request import Message
from prompteval.prompt.prompt import Prompt


class OutputError(ProviderError):
    """The model answered, and the answer is not a valid output; `excerpt` is the raw reply."""


class LoadedPrompt:
    """A prompt bound to a model: call it with the inputs, get the typed output."""

    def __init__(self, prompt: Prompt, provider: Provider, model: str) -> None:
        self.prompt = prompt
        self.model = model
        self._provider = provider

    @property
    def fingerprint(self) -> str:
        """The fingerprint that evaluation reports show for the same prompt."""
        return self.prompt.fingerprint

    def render(self, **inputs: Any) -> tuple[Message, ...]:
        """The messages for these inputs, exactly as evaluation renders them.

        Raises InvalidInput naming every wrong input.
        """
        _validate(self.prompt, inputs)
        return self.prompt.render(inputs)

    def __call__(self, **inputs: Any) -> Any:
        """The typed output. Not for use inside a running event loop: await `acall` there."""
        return asyncio.run(self._call_and_close(inputs))

    async def acall(self, **inputs: Any) -> Any:
        """The typed output.

        Raises InvalidInput for wrong inputs, ProviderError when the call fails, OutputError
        when the reply is refused, cut or not a valid output.
        """
        from prompteval.core.case import Case
        from prompteval.engine.targets.prompt import PromptTarget

        _validate(self.prompt, inputs)
        target = PromptTarget(self.prompt, self._provider, self.model)
        seen = await target(Case(id="call", inputs=inputs), 0)
        if seen.outcome != "ok":
            failure = seen.failure
            kind = failure.type if failure else seen.outcome
            message = failure.message if failure else seen.outcome
            error = ProviderError if seen.outcome == "error" else OutputError
            raise error(kind, message, excerpt=seen.text)
        return self.prompt.parse(seen.text).value

    async def aclose(self) -> None:
        """Close the connections that `acall` keeps open for the next call."""
        await self._provider.aclose()

    async def _call_and_close(self, inputs: Mapping[str, Any]) -> Any:
        try:
            return await self.acall(**inputs)
        finally:
            await self._provider.aclose()


def load(reference: str, *, model: str | None = None, workspace: Path | str | None = None) -> LoadedPrompt:
    """The prompt `name`, `name@v2` or `name@git:REF` of the workspace, bound to a model.

    The model is `model`, else the one the prompt pins, else the workspace's default; a call that may
    pass is tried again as in a run, by the model's profile. The
    workspace is found upward from `workspace` or the current folder. Raises UsageError or
    InvalidInput for names and files that are wrong.
    """
    from prompteval.plan.prompt_references import resolve_prompt
    from prompteval.providers.layers import build_layers
    from prompteval.providers.open import check_reference, open_provider
    from prompteval.providers.prices import OWN_KINDS
    from prompteval.providers.size import Sizes
    from prompteval.tokens import counter
    from prompteval.workspace.settings import ModelProfile, find_workspace

    place = find_workspace(Path(workspace) if workspace is not None else Path.cwd())
    prompt = resolve_prompt(place, reference)
    chosen = model or prompt.model or place.settings.default_model
    profile = place.settings.models.get(chosen) or ModelProfile(chosen)
    remote = check_reference(chosen, place)[0] not in OWN_KINDS
    provider = build_layers(
        open_provider(chosen, place),
        sizes=Sizes(counter(profile.model or chosen)) if remote else None,
        max_attempts=profile.max_attempts,
        case_deadline_s=profile.case_deadline_s,
    )
    return LoadedPrompt(prompt, provider, chosen)


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


__all__ = ["LoadedPrompt", "OutputError", "UsageError", "load"]
