"""The `rag:` section of a suite, read strictly: what retrieves, what reranks, what is packed, which modes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, ValidationInfo

from prompteval.workspace.field_types import Choice, PathBelowRoot, Ranged, Text, listed
from prompteval.workspace.rag_options import (
    DEFAULT_DEPTH,
    DEFAULT_RERANK_DEPTH,
    PART_OPTIONS,
    SHARED_OPTIONS,
    Bm25Section,
    DenseSection,
    PartOptions,
    RecordedRunOptions,
)
from prompteval.workspace.validation import MOST_ITEMS, FileModel, problem
from prompteval.workspace.yaml12 import YamlDocument

Mode = Literal["retrieval", "retrieved", "oracle", "oracle_distractors", "closed_book"]
MODES: tuple[Mode, ...] = get_args(Mode)
Overflow = Literal["drop_chunks", "error"]
Correct = Literal["em", "f1"]
DEFAULT_K = 8
DEFAULT_CONTEXT_TOKENS = 2000
# A retriever from outside is named by what it reads.
OUTSIDE = ("run", "python", "endpoint")


@dataclass(frozen=True, slots=True)
class RagPart:
    """One part of the pipeline: its kind with its options, and where it is in the suite."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    place: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class RagSection:
    """A retrieval pipeline as a suite writes it; names are looked up later.

    `corpus` is a path from the workspace root. `retriever.depth` candidates are ranked, the first
    `reranker.depth` of them again, the first `k` of those packed under `context_tokens`. `bm25` and
    `dense` are options of those retrievers, also inside `hybrid`. `question` names the input that is
    searched for. `correct` says what a right answer is: EM alone, or F1 from one half as well.
    """

    corpus: str
    retriever: RagPart
    chunker: RagPart = RagPart("markdown")
    bm25: Mapping[str, object] = field(default_factory=dict)
    dense: Mapping[str, object] = field(default_factory=dict)
    reranker: RagPart = RagPart("none")
    depth: int = DEFAULT_DEPTH
    rerank_depth: int = DEFAULT_RERANK_DEPTH
    k: int = DEFAULT_K
    context_tokens: int = DEFAULT_CONTEXT_TOKENS
    on_overflow: Overflow = "drop_chunks"
    modes: tuple[Mode, ...] = ("retrieval",)
    question: str = "question"
    correct: Correct = "em"
    place: tuple[int, int] = (1, 1)
    corpus_place: tuple[int, int] = (1, 1)

    @property
    def generating(self) -> tuple[Mode, ...]:
        """The modes that ask a model, in the order of `MODES`."""
        return tuple(mode for mode in MODES[1:] if mode in self.modes)

    def as_json(self) -> dict[str, object]:
        """Everything that can change a ranking, a context or an answer; where it stands is left out."""
        return {
            "chunker": [self.chunker.kind, dict(self.chunker.options)],
            "retriever": [self.retriever.kind, dict(self.retriever.options), self.depth],
            "bm25": dict(self.bm25),
            "dense": dict(self.dense),
            "reranker": [self.reranker.kind, dict(self.reranker.options), self.rerank_depth],
            "k": self.k,
            "budget": [self.context_tokens, self.on_overflow],
            "modes": sorted(self.modes),
            "question": self.question,
            "correct": self.correct,
        }


def _part(value: Any, info: ValidationInfo) -> RagPart:
    """`name`, or `{kind: name, ...}`; a retriever from outside is `{run: ...}` and its kin."""
    key = str(info.field_name)
    if value is None:
        return _DEFAULTS[key]
    if isinstance(value, str):
        return RagPart(value)
    outside = next((name for name in OUTSIDE if name in value), None) if isinstance(value, dict) else None
    if isinstance(value, dict) and isinstance(value.get("kind"), str):
        part = RagPart(value["kind"], {name: item for name, item in value.items() if name != "kind"})
    elif outside is not None and key == "retriever" and "kind" not in value:
        part = RagPart(outside, dict(value))
    else:
        help = f"write `{key}: {{kind: {_DEFAULTS[key].kind}}}`"
        raise problem(f"{key} must be a name or a mapping with a kind", help)
    return _with_checked_options(key, part, info)


def _with_checked_options(key: str, part: RagPart, info: ValidationInfo) -> RagPart:
    """The part with its options as they are written, but for a path, which is from the workspace's root."""
    model = PART_OPTIONS[key].get(part.kind)
    if model is not None:
        read = model.model_validate(dict(part.options), context=info.context)
        if isinstance(read, RecordedRunOptions):
            return RagPart(part.kind, {**part.options, "run": read.run})
        return part
    if key in SHARED_OPTIONS:
        depth = {name: value for name, value in part.options.items() if name == "depth"}
        SHARED_OPTIONS[key].model_validate(depth)
    return part


_DEFAULTS = {"chunker": RagPart("markdown"), "retriever": RagPart("dense"), "reranker": RagPart("none")}
_Part = Annotated[
    Any,
    BeforeValidator(_part, json_schema_input_type=Text | Annotated[dict[str, Any], Field(min_length=1)]),
]


def _as_written(model: type[PartOptions]) -> BeforeValidator:
    """Options that are right stay as they are written: fingerprints are made from them."""

    def checked(value: object) -> object:
        model.model_validate(value)
        return value

    return BeforeValidator(checked, json_schema_input_type=model)


class _ContextBudget(FileModel):
    """How much of what was retrieved is packed into the prompt."""

    code = "PE270"

    context_tokens: Annotated[int, Ranged("context_tokens")] = Field(
        default=DEFAULT_CONTEXT_TOKENS, description="The maximum number of tokens of all chunks together."
    )
    on_overflow: Overflow = Field(
        default="drop_chunks",
        description="Whether chunks over the budget are dropped, or the case is an error.",
    )


def _part_of(key: str, description: str) -> Any:
    """A part with its default, which a schema shows as a suite writes it."""
    default = _DEFAULTS[key]
    return Field(default, description=description, json_schema_extra={"default": default.kind})


class RagFile(FileModel):
    """The retrieval pipeline of a suite."""

    code = "PE270"

    corpus: PathBelowRoot = Field(
        description="The directory of documents, relative to the suite.", examples=["../datasets/<directory>"]
    )
    chunker: _Part = _part_of("chunker", "What cuts documents into chunks.")
    retriever: _Part = _part_of("retriever", "What finds candidates for a question.")
    bm25: Annotated[dict[str, Any], _as_written(Bm25Section)] | None = Field(
        None, description="Options of the retriever bm25, inside hybrid too.", examples=["{k1: 1.2}"]
    )
    dense: Annotated[dict[str, Any], _as_written(DenseSection)] | None = Field(
        None,
        description="Options of the retriever dense, inside hybrid too.",
        examples=["{model: minilm}"],
    )
    reranker: _Part = _part_of("reranker", "What reranks the first candidates.")
    k: Annotated[int, Ranged("k")] = Field(DEFAULT_K, description="The maximum number of chunks to pack.")
    budget: _ContextBudget | None = Field(None, description="The maximum number of tokens to pack.")
    modes: Annotated[
        list[Annotated[Any, Choice("mode", MODES)]],
        BeforeValidator(listed, json_schema_input_type=list[Annotated[Any, Choice("mode", MODES)]]),
        Field(max_length=MOST_ITEMS),
    ] = Field(
        [],
        description="What is run and compared: the search alone (retrieval), answers over what was found "
        "(retrieved), over the gold (oracle), over the gold among other passages "
        "(oracle_distractors), or over nothing (closed_book). "
        "[default: retrieved with a prompt, else retrieval]",
        examples=["[retrieved, oracle]"],
    )
    question: Text = Field("question", description="The input of a case that is searched for.")
    correct: Correct = Field(
        "em", description="What a right answer is: exact match, or F1 from one half too."
    )


def rag_section(file: RagFile, document: YamlDocument, *, has_prompt: bool) -> RagSection:
    """The section with the places of its parts, and the defaults of what is left out."""

    def part(key: str, found: RagPart) -> RagPart:
        options = {
            name: value for name, value in found.options.items() if name != "depth" or key == "chunker"
        }
        return RagPart(found.kind, options, document.place(("rag", key)))

    budget = file.budget or _ContextBudget()
    modes = file.modes if "modes" in file.model_fields_set else ["retrieved" if has_prompt else "retrieval"]
    return RagSection(
        corpus=file.corpus,
        retriever=part("retriever", file.retriever),
        chunker=part("chunker", file.chunker),
        bm25=file.bm25 or {},
        dense=file.dense or {},
        reranker=part("reranker", file.reranker),
        depth=file.retriever.options.get("depth", DEFAULT_DEPTH),
        rerank_depth=file.reranker.options.get("depth", DEFAULT_RERANK_DEPTH),
        k=file.k,
        context_tokens=budget.context_tokens,
        on_overflow=budget.on_overflow,
        modes=tuple(mode for mode in MODES if mode in modes),
        question=file.question,
        correct=file.correct,
        place=document.key_place(("rag",)),
        corpus_place=document.place(("rag", "corpus")),
    )
