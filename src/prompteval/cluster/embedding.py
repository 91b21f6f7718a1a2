"""A corpus embedded in parts: what one worker does of it, and the index that the parts make."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from prompteval.cluster.messages import pack, pack_task, refuse_other_version, unpack
from prompteval.core.errors import EmbeddingCrashed, PartsLost, PromptevalError, UsageError
from prompteval.core.exit_codes import CRASH, INCOMPLETE, deciding
from prompteval.engine.progress import Progress
from prompteval.engine.rag.search import setup_of
from prompteval.plan.suite_plan import plan_suite
from prompteval.rag.index.parts import PartManifest, build_part, join_parts, part_directory, part_of
from prompteval.rag.retrievers import DenseParts, dense_parts
from prompteval.tokens import counter
from prompteval.workspace.settings import Workspace, find_workspace

_FAILED: dict[int, type[PromptevalError]] = {INCOMPLETE: PartsLost, CRASH: EmbeddingCrashed}


@dataclass(frozen=True, slots=True)
class EmbedTask:
    """One part of the corpus of a suite; `content` is of all its chunks, which the worker's must equal."""

    root: Path
    suite: str
    number: int
    of: int
    content: str

    def pack(self) -> bytes:
        """As JSON."""
        return pack_task({**asdict(self), "root": str(self.root)})

    @classmethod
    def of_body(cls, body: Mapping[str, Any]) -> "EmbedTask":
        """The task behind its JSON object. Raises UsageError for one of another version of prompteval."""
        refuse_other_version(body, "index")
        return cls(Path(body["root"]), body["suite"], body["number"], body["of"], body["content"])


@dataclass(frozen=True, slots=True)
class EmbedResult:
    """How many chunks of a part are embedded, or the error that kept them from it."""

    number: int
    count: int = 0
    error: str = ""
    exit_code: int = 0

    def pack(self) -> bytes:
        """As JSON."""
        return pack(asdict(self))

    @classmethod
    def unpack(cls, data: bytes) -> "EmbedResult":
        """The result behind its JSON."""
        return cls(**unpack(data))


class PartEmbedder:
    """Embeds parts, one after the other; reads the corpus, and opens the encoder, at the first of a suite."""

    def __init__(self) -> None:
        self._suite: tuple[Path, str] | None = None
        self._found: tuple[DenseParts, Path] | None = None

    def embed(self, data: bytes) -> bytes:
        """Do what a packed EmbedTask says; a packed EmbedResult."""
        body = unpack(data)
        number = int(body["number"])
        try:
            return EmbedResult(number, self._embed(EmbedTask.of_body(body))).pack()
        except (PromptevalError, OSError) as error:
            code = error.exit_code if isinstance(error, PromptevalError) else INCOMPLETE
            return EmbedResult(number, error=str(error), exit_code=code).pack()

    def _embed(self, task: EmbedTask) -> int:
        parts, directory = self._of(task)
        if parts.indexed.content != task.content:
            message = f"a worker has other documents than the index, in {task.root}"
            raise UsageError(message, "bring every machine to the same commit")
        place = part_directory(directory, task.number, task.of)
        chunks = part_of(parts.indexed.chunks, task.number, task.of)
        return build_part(place, chunks, parts.model, parts.kind).count

    def _of(self, task: EmbedTask) -> tuple[DenseParts, Path]:
        """(what the index is made from, its directory)."""
        if self._found is None or self._suite != (task.root, task.suite):
            self._found = parts_of(find_workspace(task.root), task.suite)
            self._suite = (task.root, task.suite)
        return self._found


class EmbeddingEngine(Protocol):
    """Embeds parts on workers that are there already."""

    @property
    def workers(self) -> int: ...

    def embedded(self, tasks: Sequence[EmbedTask]) -> Iterator[EmbedResult]:
        """The result of each task as it ends."""
        ...

    def close(self) -> None: ...


class OneProcess:
    """Embeds parts here."""

    workers = 1

    def embedded(self, tasks: Sequence[EmbedTask]) -> Iterator[EmbedResult]:
        """The result of each task, in turn."""
        embedder = PartEmbedder()
        return (EmbedResult.unpack(embedder.embed(task.pack())) for task in tasks)

    def close(self) -> None:
        """Nothing is held."""


def parts_of(workspace: Workspace, suite: str) -> tuple[DenseParts, Path]:
    """(what a suite's dense index is made from, the directory that keeps it).

    Raises UsageError for a suite that keeps none.
    """
    plan = plan_suite(workspace, suite)
    setup = setup_of(plan)
    retriever = setup.section.retriever
    if retriever.kind not in ("dense", "hybrid"):
        raise UsageError(f"{suite}: its retriever {retriever.kind} has no vectors", "take dense or hybrid")
    ingredients = setup.ingredients(setup.section, counter(plan.models[0] if plan.models else ""), [])
    parts = dense_parts(ingredients, retriever.options if retriever.kind == "dense" else {})
    if parts.directory is None:
        if parts.store != "faiss":
            message = f"{suite}: {parts.store} keeps its vectors, and a search fills it"
            raise UsageError(message, "`rag index` is for store: faiss")
        message = f"{suite}: no directory keeps its index"
        raise UsageError(message, "write `dense: {folder: ../index}` in `rag:`")
    return parts, parts.directory


def build_index(
    workspace: Workspace, suite: str, parts: int, progress: Progress, connect: Callable[[], EmbeddingEngine]
) -> tuple[PartManifest, Path]:
    """(what the index is, its directory): parts that are done are kept, the others embedded, and all joined.

    Raises UsageError for a suite without such an index, for more parts than chunks, and for a part that
    failed, as the worst of them did: PartsLost where a worker died, EmbeddingCrashed where one crashed.
    """
    dense, directory = parts_of(workspace, suite)
    total = len(dense.indexed.chunks)
    if not 1 <= parts <= total:
        message = f"--parts must be a whole number from 1 to {total:,}, the number of chunks"
        raise UsageError(message, "each part needs a chunk")
    content = dense.indexed.content
    tasks = [EmbedTask(workspace.root, suite, number, parts, content) for number in range(1, parts + 1)]
    engine = connect()
    try:
        _wait(engine.embedded(tasks), total, progress)
    finally:
        engine.close()
    return join_parts(directory, parts, dense.indexed), directory


def _wait(results: Iterable[EmbedResult], total: int, progress: Progress) -> None:
    done, failed = 0, list[EmbedResult]()
    for result in results:
        done += result.count
        failed += [result] if result.error else []
        progress.building("embedding", done, total)
    if failed:
        code = deciding(result.exit_code for result in failed)
        worst = next((result for result in failed if result.exit_code == code), failed[0])
        help = "run it again; parts that are done are kept"
        raise _FAILED.get(code, UsageError)(f"part {worst.number} was not embedded: {worst.error} ({help})")
