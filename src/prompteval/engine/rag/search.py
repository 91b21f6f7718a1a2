"""One question through a suite's pipeline, with what each stage did to the candidates."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import BlobCache
from prompteval.core.retrieval import Ranking
from prompteval.engine.progress import Progress
from prompteval.metrics.spans import touches
from prompteval.plan.rag.setup import RagSetup
from prompteval.plan.suite_plan import SuitePlan, plan_suite
from prompteval.rag.pipeline import Pipeline, Question
from prompteval.rag.retrievers import build_retriever
from prompteval.store.blob_cache import SqliteBlobCache
from prompteval.workspace.discovery import find_suites
from prompteval.workspace.rag_section import RagPart
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import load_suite
from prompteval.workspace.tree import WorkingTree


@dataclass(frozen=True, slots=True)
class RankedCandidate:
    """One candidate in its last place.

    `parts` has its rank in each retriever of a hybrid, None where that did not find it; `retrieved` its
    rank among the candidates, `score` the last one. `fate` is `packed`, `below k`, `budget` or
    `duplicate`. `gold` says that it holds gold of the case that was asked, None without a case.
    """

    rank: int
    id: str
    title: str
    text: str
    score: float
    retrieved: int
    parts: dict[str, int | None]
    fate: str
    gold: bool | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a pipeline made of one question; `tokens` of `budget` are packed."""

    suite: str
    question: str
    stages: tuple[str, ...]
    candidates: tuple[RankedCandidate, ...]
    tokens: int
    budget: int | None

    def as_json(self) -> dict[str, object]:
        return {"schema": "prompteval/rag-search@1", **asdict(self)}


def rag_suite(workspace: Workspace, name: str | None) -> str:
    """The path of the suite that is named, or of the only one with `rag:`. Raises UsageError otherwise."""
    tree = WorkingTree(workspace.root)
    if name is not None:
        (path,) = find_suites(tree, (name,))
        if load_suite(tree, path).rag is None:
            raise UsageError(f"suite {name!r} has no rag:", "name one that has")
        return path
    found = [path for path in find_suites(tree, ()) if load_suite(tree, path).rag is not None]
    if not found:
        raise UsageError("no suite here has `rag:`", "write one in evals/")
    if len(found) > 1:
        raise UsageError(f"{len(found)} suites have `rag:`", f"give --suite, one of: {', '.join(found)}")
    return found[0]


@contextmanager
def kept_vectors(workspace: Workspace, setup: RagSetup) -> Iterator[BlobCache]:
    """The setup with the workspace's cache of embeddings and rankings, closed at the end."""
    cache = SqliteBlobCache.open(workspace.state_dir() / "vectors.sqlite")
    setup.encoders.cache = cache
    try:
        yield cache
    finally:
        cache.close()


def setup_of(plan: SuitePlan) -> RagSetup:
    """The pipeline of a plan that `rag_suite` chose."""
    if plan.rag is None:
        raise UsageError(f"{plan.suite.name} has no rag section")
    return plan.rag


def search(
    workspace: Workspace,
    path: str,
    question: str,
    case_id: str | None = None,
    progress: Progress | None = None,
) -> SearchResult:
    """The candidates of a question, or of a case of the suite, in their last order.

    Raises UsageError for a case the suite does not have.
    """
    plan = plan_suite(workspace, path)
    setup = setup_of(plan)
    asked = _asked(plan, question, case_id)
    if progress is not None:
        setup.encoders.progress = progress.building
    with kept_vectors(workspace, setup):
        pipeline = setup.pipeline(plan.models[0] if plan.models else "")
        (ranking,) = pipeline.retrieve([asked])
        reranked = pipeline.rerank(asked, ranking)
        parts = _parts(setup, pipeline, asked)
    return _found(plan, pipeline, asked, ranking, reranked, parts, case_id)


def _asked(plan: SuitePlan, question: str, case_id: str | None) -> Question:
    if case_id is None:
        return Question("", question)
    case = next((case for case in plan.cases() if case.id == case_id), None)
    if case is None:
        known = [case.id for case in plan.cases()]
        raise UsageError(f"suite {plan.suite.name} has no case {case_id!r}", did_you_mean(case_id, known))
    from prompteval.plan.rag.setup import question_of

    return Question(case.id, str(question_of(case, setup_of(plan).section)))


def _parts(setup: RagSetup, pipeline: Pipeline, asked: Question) -> dict[str, Ranking]:
    """The rankings that a hybrid fuses, each of its own retriever."""
    section = pipeline.section
    if section.retriever.kind != "hybrid":
        return {}
    ingredients = setup.ingredients(section, pipeline.counter, [])
    names = section.retriever.options.get("of", ["bm25", "dense"])
    built = {name: build_retriever(RagPart(name), ingredients) for name in names}
    return {name: retriever.search(asked.text, section.depth) for name, retriever in built.items()}


def _found(
    plan: SuitePlan,
    pipeline: Pipeline,
    asked: Question,
    ranking: Ranking,
    reranked: Ranking | None,
    parts: dict[str, Ranking],
    case_id: str | None,
) -> SearchResult:
    final = ranking if reranked is None else reranked
    context = pipeline.pack(final)
    fates = {chunk.id: "packed" for chunk in context.kept} | {c.id: reason for c, reason in context.dropped}
    before = {name: rank for rank, name in enumerate(ranking.ids, 1)}
    ranks = {part: {name: rank for rank, name in enumerate(found.ids, 1)} for part, found in parts.items()}
    spans = [item.span for group in setup_of(plan).gold.get(case_id or "", ()) for item in group]
    candidates = []
    for rank, (name, score) in enumerate(final.hits, 1):
        unit = pipeline.unit(name)
        own = (unit.doc_id, unit.start, unit.end)
        candidates.append(
            RankedCandidate(
                rank, name, unit.title, unit.text, score, before[name],
                {part: found.get(name) for part, found in ranks.items()},
                fates.get(unit.id, "below k"),
                any(touches(own, span) for span in spans) if case_id is not None else None,
            )
        )  # fmt: skip
    stages = (
        *parts,
        pipeline.section.retriever.kind,
        *((pipeline.section.reranker.kind,) if reranked else ()),
    )
    return SearchResult(
        plan.suite.name, asked.text, stages, tuple(candidates), context.tokens, context.budget
    )
