"""The `rag:` section of a suite, read strictly: what retrieves, what reranks, what is packed, which modes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from prompteval.core.problem import did_you_mean, unknown_keys
from prompteval.core.ranges import RANGES
from prompteval.workspace.yaml12 import Document, Pointer

Mode = Literal["retrieval", "retrieved", "oracle", "oracle_distractors", "closed_book"]
MODES: tuple[Mode, ...] = get_args(Mode)
Overflow = Literal["drop_chunks", "error"]
Correct = Literal["em", "f1"]
KEYS = (
    "corpus", "chunker", "retriever", "bm25", "dense", "reranker", "k", "budget", "modes", "question",
    "correct",
)  # fmt: skip
DEFAULT_K = 8
DEFAULT_DEPTH = 100
DEFAULT_RERANK_DEPTH = 50
DEFAULT_CONTEXT_TOKENS = 2000
# A retriever from outside is named by what it reads.
OUTSIDE = ("run", "python", "endpoint")
Note = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the pipeline: its kind with its options, and where it stands in the suite."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    place: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class RagSection:
    """A retrieval pipeline as a suite writes it; names are looked up later.

    `corpus` is a path from the workspace root. `retriever.depth` candidates are ranked, the first
    `reranker.depth` of them anew, the first `k` of those packed under `context_tokens`. `bm25` and
    `dense` are options of those retrievers, also inside `hybrid`. `question` names the input that is
    searched for. `correct` says what a right answer is: EM alone, or F1 from one half as well.
    """

    corpus: str
    retriever: Part
    chunker: Part = Part("markdown")
    bm25: Mapping[str, Any] = field(default_factory=dict)
    dense: Mapping[str, Any] = field(default_factory=dict)
    reranker: Part = Part("none")
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

    def as_json(self) -> dict[str, Any]:
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


class SectionReader:
    """Reads the section at `rag` of a suite's document; problems go to `note(pointer, code, message, help)`.

    `below_root(value, pointer)` turns a path of the suite into one from the workspace root.
    """

    def __init__(self, document: Document, note: Note, below_root: Callable[[str, Pointer], str]) -> None:
        self._document = document
        self._note = note
        self._below_root = below_root

    def read(self, raw: Mapping[str, Any], *, has_prompt: bool) -> RagSection | None:
        """The section; None where it names no corpus or no retriever."""
        for key, help in unknown_keys(raw, KEYS)[0]:
            self._wrong((key,), f"unknown key {key!r} in rag", help, key=True)
        corpus = raw.get("corpus")
        if not isinstance(corpus, str) or not corpus:
            self._wrong(("corpus",), "rag names no corpus", "write `corpus: ../datasets/<folder>`")
            return None
        retriever = self._part(raw, "retriever", Part("dense"))
        reranker = self._part(raw, "reranker", Part("none"))
        budget = self._budget(raw)
        return RagSection(
            corpus=self._below_root(corpus, ("rag", "corpus")),
            retriever=self._without_depth(retriever),
            chunker=self._part(raw, "chunker", Part("markdown")),
            bm25=self._table(raw, "bm25"),
            dense=self._table(raw, "dense"),
            reranker=self._without_depth(reranker),
            depth=self._count(("retriever", "depth"), retriever.options.get("depth", DEFAULT_DEPTH)),
            rerank_depth=self._count(
                ("reranker", "depth"), reranker.options.get("depth", DEFAULT_RERANK_DEPTH)
            ),
            k=self._count(("k",), raw.get("k", DEFAULT_K)),
            context_tokens=budget[0],
            on_overflow=budget[1],
            modes=self._modes(raw, has_prompt),
            question=self._choice(raw, "question", None, "question"),
            correct=self._choice(raw, "correct", get_args(Correct), "em"),
            place=self._document.key_place(("rag",)),
            corpus_place=self._document.place(("rag", "corpus")),
        )

    def _wrong(self, pointer: Pointer, message: str, help: str = "", *, key: bool = False) -> None:
        self._note(("rag", *pointer), "PE270", message, help, key=key)

    def _table(self, raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = raw.get(key) or {}
        if isinstance(value, dict):
            return value
        self._wrong((key,), f"{key} is a mapping of options")
        return {}

    def _part(self, raw: Mapping[str, Any], key: str, default: Part) -> Part:
        """`name`, or `{kind: name, ...}`; a retriever from outside is `{run: ...}` and its kin."""
        value = raw.get(key)
        place = self._document.place(("rag", key))
        if value is None:
            return default
        if isinstance(value, str):
            return Part(value, {}, place)
        outside = [name for name in OUTSIDE if isinstance(value, dict) and name in value]
        if outside and key == "retriever" and "kind" not in value:
            options = dict(value)
            if outside[0] == "run" and isinstance(value["run"], str):
                options["run"] = self._below_root(value["run"], ("rag", key, "run"))
            return Part(outside[0], options, place)
        if isinstance(value, dict) and isinstance(value.get("kind"), str):
            return Part(value["kind"], {name: item for name, item in value.items() if name != "kind"}, place)
        self._wrong(
            (key,), f"{key} is a name or a mapping with a kind", f"write `{key}: {{kind: {default.kind}}}`"
        )
        return default

    def _without_depth(self, part: Part) -> Part:
        return Part(
            part.kind, {name: item for name, item in part.options.items() if name != "depth"}, part.place
        )

    def _count(self, pointer: Pointer, value: Any) -> int:
        fault = RANGES[str(pointer[-1])].fault(str(pointer[-1]), value)
        if fault:
            self._wrong(pointer, fault)
            return 1
        return int(value)

    def _budget(self, raw: Mapping[str, Any]) -> tuple[int, Overflow]:
        table = self._table(raw, "budget")
        for key, help in unknown_keys(table, ("context_tokens", "on_overflow"))[0]:
            self._wrong(("budget", key), f"unknown key {key!r} in budget", help, key=True)
        tokens = self._count(
            ("budget", "context_tokens"), table.get("context_tokens", DEFAULT_CONTEXT_TOKENS)
        )
        overflow = table.get("on_overflow", "drop_chunks")
        if overflow not in get_args(Overflow):
            self._wrong(("budget", "on_overflow"), "on_overflow is drop_chunks or error")
            overflow = "drop_chunks"
        return tokens, overflow

    def _modes(self, raw: Mapping[str, Any], has_prompt: bool) -> tuple[Mode, ...]:
        value = raw.get("modes", ["retrieved"] if has_prompt else ["retrieval"])
        items = value if isinstance(value, list) else [value]
        for index, item in enumerate(items):
            if item not in MODES:
                self._wrong(("modes", index), f"there is no mode {item!r}", did_you_mean(str(item), MODES))
            elif item != "retrieval" and not has_prompt:
                self._wrong(("modes", index), f"mode {item} asks a model", "add `prompt: <name>`")
        return tuple(mode for mode in MODES if mode in items)

    def _choice(self, raw: Mapping[str, Any], key: str, known: tuple[str, ...] | None, default: str) -> Any:
        value = raw.get(key, default)
        if not isinstance(value, str) or not value or (known is not None and value not in known):
            self._wrong(
                (key,), f"{key} is {' or '.join(known)}" if known else f"{key} is the name of an input"
            )
            return default
        return value


def rag_schema() -> dict[str, Any]:
    """The JSON Schema of the section."""
    text = {"type": "string", "minLength": 1}
    part = {"anyOf": [text, {"type": "object", "minProperties": 1}]}
    budget = {
        "context_tokens": RANGES["context_tokens"].schema(),
        "on_overflow": {"enum": list(get_args(Overflow))},
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["corpus"],
        "properties": {
            "corpus": text, "chunker": part, "retriever": part, "reranker": part, "k": RANGES["k"].schema(),
            "bm25": {"type": "object"}, "dense": {"type": "object"}, "question": text,
            "budget": {"type": "object", "additionalProperties": False, "properties": budget},
            "modes": {"type": "array", "items": {"enum": list(MODES)}},
            "correct": {"enum": list(get_args(Correct))},
        },
    }  # fmt: skip
