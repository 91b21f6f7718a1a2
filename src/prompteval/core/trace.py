"""What a system did for one case beside its output: passages, citations, tool calls, messages, turns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

# How a reply ended: `error` is a call that failed; those between brought a reply that is not an output.
Outcome = Literal["ok", "invalid", "refused", "truncated", "filtered", "error"]


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A passage as a system reports it.

    `start` and `end` are its half-open place in the document, in characters, None where the system does not
    say. `text` is empty where only the document is named. `tokens` is its size as packed.
    """

    doc: str = ""
    text: str = ""
    start: int | None = None
    end: int | None = None
    title: str = ""
    score: float | None = None
    id: str = ""
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class DroppedPassage:
    """A passage that was left out of the context, and why: `budget`, `rank`, `duplicate` or another word."""

    passage: RetrievedPassage
    reason: str


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """A passage that the answer cites: by its place in the context, from 1, or by its document."""

    n: int | None = None
    doc: str | None = None
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool. Calls of one `step` are unordered; None is a step of its own.

    `unread` is the text that the model wrote where its arguments are not a JSON object; `arguments` is empty
    then, and the call is right in no comparison. `id` is the server's, where somebody has to answer it.
    """

    name: str
    arguments: Mapping[str, Any]
    result: Any = None
    step: int | None = None
    unread: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """What a system did for one case, as far as it says so; None where it does not say.

    `retrieved` and `reranked` are in rank order, `context` is what the model saw, in its order. `turns`
    holds one trace for each user turn of a conversation: what the `user` said, the raw `text` of the answer,
    its `output` and `outcome`, and the `error` where there is no output. `timings` are milliseconds by the
    name of a step.
    """

    output: Any = None
    abstain: bool | None = None
    retrieved: tuple[RetrievedPassage, ...] | None = None
    reranked: tuple[RetrievedPassage, ...] | None = None
    context: tuple[RetrievedPassage, ...] | None = None
    dropped: tuple[DroppedPassage, ...] | None = None
    citations: tuple[CitedPassage, ...] | None = None
    tool_calls: tuple[ToolCall, ...] | None = None
    messages: tuple[Mapping[str, object], ...] | None = None
    turns: tuple["Trace", ...] | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    user: str = ""
    text: str = ""
    outcome: Outcome = "ok"
    error: str = ""

    @property
    def ranked(self) -> tuple[RetrievedPassage, ...] | None:
        """The passages in their last order."""
        return self.retrieved if self.reranked is None else self.reranked

    @property
    def seen(self) -> tuple[RetrievedPassage, ...] | None:
        """What the model saw: the context, else the last ranking."""
        return self.ranked if self.context is None else self.context
