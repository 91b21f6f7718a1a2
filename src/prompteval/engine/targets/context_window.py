"""What a model's window leaves for passages, and the refusal of a prompt that does not fit it."""

from dataclasses import dataclass

from prompteval.core.case import Case
from prompteval.core.errors import DeadlineExceeded, RenderError
from prompteval.core.request import Request
from prompteval.prompt.prompt import Prompt
from prompteval.providers.size import Sizes
from prompteval.rag.pack import refuse_overflow, room_for_context
from prompteval.tokens import counter
from prompteval.tokens.windows import window_of
from prompteval.workspace.settings import ModelProfile, Workspace


@dataclass(frozen=True, slots=True)
class ContextWindow:
    """A model's window in tokens, None where it is not known; then nothing is refused."""

    tokens: int | None
    output: int
    sizes: Sizes

    @classmethod
    def of(cls, model: str, workspace: Workspace, prompt: Prompt | None) -> "ContextWindow":
        """The profile's `context_window`, else the table's; room for `max_output_tokens` is kept."""
        profile = workspace.settings.models.get(model) or ModelProfile(model)
        name = profile.model or model
        most = prompt.params.get("max_output_tokens", 0) if prompt is not None else 0
        return cls(profile.context_window or window_of(name), int(most), Sizes(counter(name)))

    def check(self, request: Request) -> None:
        """Raise ContextOverflow for a request that does not fit beside its output."""
        if self.tokens is not None:
            refuse_overflow(self.sizes.least(request), self.tokens, self.output)

    def room(self, prompt: Prompt | None, case: Case) -> int | None:
        """Tokens left for passages when the prompt is written without any; None where nothing limits them."""
        if self.tokens is None or prompt is None:
            return None
        try:
            messages = prompt.render({**case.inputs, "context": []})
        except (RenderError, DeadlineExceeded):
            return None  # reported when the prompt itself is rendered
        empty = Request(model="", messages=messages, schema=prompt.schema)
        return room_for_context(self.tokens, self.sizes.least(empty), self.output)
