"""`Result`: an output with what the system did for it. The same shape in Python, over HTTP and in a file."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from prompteval.core.ranges import RANGES
from prompteval.core.trace import CitedPassage, DroppedPassage, RetrievedPassage, ToolCall, Trace
from prompteval.plan.results.calls import calls_of_messages, calls_of_turns, parsed_call
from prompteval.plan.results.shapes import as_passage, plain, scalar
from prompteval.workspace.field_types import Ranged
from prompteval.workspace.validation import FileModel, Location, any_of, problem, wanted

# A callable may give numbers of numpy or torch.
_Count = Annotated[int, Ranged("tokens"), BeforeValidator(scalar)]
_Place = Annotated[int, Ranged("place"), BeforeValidator(scalar)]
_Milliseconds = Annotated[float, Ranged("latency_ms"), BeforeValidator(scalar)]


def _identifier(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _items(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _logprob(value: object) -> object:
    if value == []:
        raise problem("logprob must be a number for the output, or a list of one per token")
    for item in value if isinstance(value, list) else [value]:
        if not RANGES["logprob"].holds(item):
            raise wanted(str(RANGES["logprob"]), item)
    return value


class _Part(FileModel):
    code = "PE340"
    mapping = "an object"


class ResultPassage(_Part):
    """A passage: of which document, its text, its half-open place in the document."""

    model_config = any_of("doc", "text", together=("start", "end"))

    doc: Annotated[str, BeforeValidator(_identifier)] = Field(
        "", description="The document's id.", examples=['"guide.md"']
    )
    text: str = Field("", description="The words of the passage.", examples=['"Refunds take 30 days."'])
    start: _Place | None = Field(None, description="Where it begins in the document, in characters.")
    end: _Place | None = Field(None, description="Where it ends, exclusive.", examples=["12"])
    title: str = Field("", description="The document's title.", examples=['"Refunds"'])
    score: Annotated[float, Ranged("score"), BeforeValidator(scalar)] | None = Field(
        None, description="The score of the search."
    )
    id: Annotated[str, BeforeValidator(_identifier)] = Field(
        "", description="The passage's own id.", examples=['"guide-3"']
    )
    tokens: _Count | None = Field(None, description="Its size as packed, in tokens.")

    @classmethod
    def refused(cls, raw: Mapping[object, object]) -> Mapping[Location, PydanticCustomError]:
        if not raw.get("doc") and not raw.get("text"):
            return {("doc",): problem("a passage must have a document or a text", '{"doc": "a.md"}')}
        start, end = raw.get("start"), raw.get("end")
        if (start is None) != (end is None):
            return {("start",): problem("a passage must have both start and end, or neither")}
        if type(start) is int and type(end) is int and start > end:
            return {("start",): problem("the start of a passage is after its end")}
        return {}

    def passage(self) -> RetrievedPassage:
        """The passage as a trace holds it."""
        return RetrievedPassage(
            self.doc, self.text, self.start, self.end, self.title, self.score, self.id, self.tokens
        )


class _Dropped(ResultPassage):
    """A passage that was left out of the context."""

    reason: str = Field("budget", description="Why: budget, rank, duplicate, or another word.")


class ResultCitation(_Part):
    """A passage that the answer cites, by its place in the context or by its document."""

    model_config = any_of("n", "doc")

    n: _Place | None = Field(None, description="The place in the context, from 1.")
    doc: Annotated[str, BeforeValidator(_identifier)] | None = Field(
        None, description="The document's id.", examples=['"guide.md"']
    )
    quote: str | None = Field(None, description="The words it takes from there.", examples=['"30 days"'])

    @classmethod
    def refused(cls, raw: Mapping[object, object]) -> Mapping[Location, PydanticCustomError]:
        if raw.get("n") is None and raw.get("doc") is None:
            return {("n",): problem("a citation must name a place in the context or a document", '{"n": 1}')}
        return {}


class ResultCall(_Part):
    """A call of a tool."""

    name: str = Field(description="The tool's name.", min_length=1, examples=['"refund"'])
    arguments: dict[str, Any] | str = Field(
        {},
        description="The arguments: an object, or its JSON text; another text makes the call wrong.",
        examples=['{"order": "A-17"}'],
    )
    result: Any = Field(None, description="What the tool gave back.", examples=['"done"'])
    step: Annotated[int, Ranged("step")] | None = Field(
        None, description="Calls of one step are unordered; a call without is a step of its own."
    )


class ResultUsage(_Part):
    """Tokens that the output cost."""

    prompt_tokens: _Count = Field(0, description="Tokens read.")
    completion_tokens: _Count = Field(0, description="Tokens written, those of reasoning too.")
    cached_tokens: _Count = Field(0, description="Of the tokens read, those read from a cache.")
    reasoning_tokens: _Count = Field(0, description="Of the tokens written, those of reasoning.")


class ResultError(_Part):
    """Why a case has no output."""

    message: str = Field(description="What went wrong.", examples=['"the search did not answer"'])
    type: str = Field("error", description="The kind of error, by which errors are counted.")


def _passage(value: object) -> object:
    return as_passage(value)


def _citation(value: object) -> object:
    return plain(value)


def _error(value: object) -> object:
    return {"message": value or "the case failed"} if isinstance(value, str) else plain(value)


_Passages = Annotated[list[Annotated[ResultPassage, BeforeValidator(_passage)]], BeforeValidator(_items)]
_DroppedList = Annotated[list[Annotated[_Dropped, BeforeValidator(_passage)]], BeforeValidator(_items)]
_Citations = Annotated[list[Annotated[ResultCitation, BeforeValidator(_citation)]], BeforeValidator(_items)]
_Calls = Annotated[list[Annotated[ResultCall, BeforeValidator(plain)]], BeforeValidator(_items)]


class Result(_Part):
    """An output, and what the system did for it. Every key may be left out but the output."""

    output: Any = Field(None, description="The answer: text or any JSON value.", examples=['"30 days"'])
    abstain: Annotated[bool, BeforeValidator(scalar)] | None = Field(
        None, description="Whether the system declined to answer."
    )
    retrieved: _Passages | None = Field(None, description="What the search found, best first.")
    reranked: _Passages | None = Field(None, description="The order after reranking, best first.")
    context: _Passages | None = Field(
        None, description="What the model saw, in its order. [default: the last ranking]"
    )
    dropped: _DroppedList | None = Field(None, description="What was left out of the context, and why.")
    citations: _Citations | None = Field(None, description="What the answer cites.")
    tool_calls: _Calls | None = Field(None, description="The calls of tools, in the order made.")
    messages: Annotated[list[dict[str, Any]], BeforeValidator(_items)] | None = Field(
        None,
        description="The conversation as chat messages.",
        examples=['[{"role": "user", "content": "Where is my refund?"}]'],
    )
    turns: Annotated[list["Result"], BeforeValidator(_items)] | None = Field(
        None, description="One result for each user turn."
    )
    usage: Annotated[ResultUsage, BeforeValidator(plain)] | None = Field(None, description="Tokens used.")
    cost_usd: Annotated[float, Ranged("max_cost"), BeforeValidator(scalar)] | None = Field(
        None, description="What it cost.", examples=["0.002"]
    )
    latency_ms: _Milliseconds | None = Field(
        None, description="The time to the whole output.", examples=["420"]
    )
    first_token_ms: _Milliseconds | None = Field(
        None, description="The time to the first token.", examples=["80"]
    )
    first_answer_ms: _Milliseconds | None = Field(
        None, description="The time to the first token of the answer.", examples=["120"]
    )
    timings: dict[str, _Milliseconds] | None = Field(
        None, description="Milliseconds by step.", examples=['{"search": 35}']
    )
    model: str | None = Field(None, description="The model that answered.", examples=['"MODEL"'])
    confidence: Annotated[float, Ranged("confidence"), BeforeValidator(scalar)] | None = Field(
        None, description="The system's confidence in the output.", examples=["0.9"]
    )
    logprob: Annotated[Any, BeforeValidator(_logprob)] = Field(
        None, description="The log probability of the output, or of each token.", examples=["[-0.1, -0.4]"]
    )
    error: Annotated[ResultError, BeforeValidator(_error)] | None = Field(
        None, description="Why there is no output."
    )

    def trace(self) -> Trace | None:
        """What the system said beside its output; None where that is nothing."""
        found = Trace(
            output=None,
            abstain=self.abstain,
            retrieved=_passages(self.retrieved),
            reranked=_passages(self.reranked),
            context=_passages(self.context),
            dropped=_dropped(self.dropped),
            citations=_cited(self.citations),
            tool_calls=self._called(),
            messages=None if self.messages is None else tuple(self.messages),
            turns=None if self.turns is None else tuple(_turn(turn) for turn in self.turns),
            timings=self._timings(),
        )
        return None if found == Trace() else found

    def _called(self) -> tuple[ToolCall, ...] | None:
        """The calls, which the messages hold where they are not listed."""
        if self.tool_calls is not None:
            return tuple(
                parsed_call(item.name, item.arguments, item.result, item.step) for item in self.tool_calls
            )
        if self.messages is not None:
            return calls_of_messages(self.messages)
        return calls_of_turns([turn._called() for turn in self.turns or ()])

    def _timings(self) -> dict[str, float]:
        own = {"first_token": self.first_token_ms, "first_answer": self.first_answer_ms}
        return {**(self.timings or {}), **{name: value for name, value in own.items() if value is not None}}


# The keys of a result, in their order.
KEYS = tuple(Result.model_fields)
# Those that hold, somewhere, a value of any kind, beside the output.
OPEN_KEYS = ("tool_calls", "messages", "turns")


def _turn(result: Result) -> Trace:
    text = result.output if isinstance(result.output, str) else ""
    turn = replace(result.trace() or Trace(), output=result.output, text=text)
    if result.error is None:
        return turn
    return replace(turn, outcome="error", error=result.error.message)


def _passages(found: list[ResultPassage] | None) -> tuple[RetrievedPassage, ...] | None:
    return None if found is None else tuple(item.passage() for item in found)


def _dropped(found: list[_Dropped] | None) -> tuple[DroppedPassage, ...] | None:
    return None if found is None else tuple(DroppedPassage(item.passage(), item.reason) for item in found)


def _cited(found: list[ResultCitation] | None) -> tuple[CitedPassage, ...] | None:
    return None if found is None else tuple(CitedPassage(item.n, item.doc, item.quote) for item in found)
