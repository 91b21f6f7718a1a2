"""From the words of a suite to retrievers and rerankers: one function each, found by name in the registry.

A factory is called as `factory(options, ingredients)`. It checks its options, names in its identity
everything that can change a ranking, and leaves what is slow to the first search (`LazyRetriever`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prompteval.core.errors import MissingExtra, UsageError
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import BlobCache, Embedder, Provider, Reranker, Retriever, TokenEmbedder
from prompteval.core.ranges import RANGES
from prompteval.core.registry import create, is_built_in
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.rag.index.bm25 import Bm25Index
from prompteval.rag.index.bm25_postings import Bm25
from prompteval.rag.index.content import content_of
from prompteval.rag.index.dense import KINDS, DenseIndex
from prompteval.rag.index.embedding import ReportProgress, no_progress
from prompteval.rag.index.hybrid import Hybrid
from prompteval.rag.index.outside import EndpointRetriever, FunctionRetriever, RunRetriever
from prompteval.rag.index.persist import check_index, open_index
from prompteval.rag.index.prefixed import Prefixes, prefixed
from prompteval.rag.index.rank_bm25 import RankBm25Index, rank_bm25_version, require_rank_bm25
from prompteval.rag.index.words import Words
from prompteval.rag.options import FUSIONS, RERANKER_OPTIONS, RETRIEVER_OPTIONS
from prompteval.rag.plugin import PluginReranker, PluginRetriever
from prompteval.rag.ranking_cache import CachedReranker, CachedRetriever, LazyRetriever
from prompteval.rag.rerank.cross_encoder import CrossEncoderReranker
from prompteval.rag.rerank.late_interaction import LateInteraction
from prompteval.rag.rerank.llm import LLMReranker
from prompteval.rag.trec.read import read_run
from prompteval.workspace.rag_section import RagPart, RagSection
from prompteval.workspace.safe_paths import resolve_inside

RETRIEVERS = "prompteval.retrievers"
RERANKERS = "prompteval.rerankers"
CHUNKS_A_REPORT = 1_000


@dataclass(frozen=True)
class Ingredients:
    """What a pipeline is built from.

    `embedder` and `token_embedder` open a model by its name; `encoders` collects what was opened.
    `function` imports `module:name` of the team's own code, with its fingerprint. `cache` keeps
    rankings and scores, None for no cache. `here` is the directory of the suite, where its paths start,
    `root` that of the workspace, where a recorded run's path does. `model` and `provider` are of the
    run's own model, for a reranker that asks it; None where there is none. `prefixes` gives what a model
    declares, `progress` hears how far the building of an index is.
    """

    chunks: Sequence[Chunk]
    section: RagSection
    here: Path
    root: Path
    embedder: Callable[[str], Embedder]
    token_embedder: Callable[[str], TokenEmbedder]
    function: Callable[[str], tuple[Callable[[str, int], Any], str]]
    cache: BlobCache | None = None
    model: str = ""
    provider: Provider | None = None
    encoders: list[Embedder] = field(default_factory=list)
    prefixes: Callable[[str], Prefixes] = lambda model: Prefixes()
    progress: ReportProgress = no_progress

    @cached_property
    def content(self) -> str:
        """The fingerprint of what is indexed."""
        return content_of(self.chunks)


def build_retriever(part: RagPart, ingredients: Ingredients) -> Retriever:
    """The retriever a suite names, behind the cache of rankings unless it cannot be known to be the same.

    Raises UsageError for an unknown kind or option.
    """
    found: Retriever = create(RETRIEVERS, part.kind, lambda factory: factory(part.options, ingredients))
    if not is_built_in(RETRIEVERS, part.kind):
        found = PluginRetriever(part.kind, found)
    if ingredients.cache is None or not getattr(found, "cacheable", True):
        return found
    return CachedRetriever(found, ingredients.cache)


def build_reranker(part: RagPart, ingredients: Ingredients) -> Reranker | None:
    """The reranker a suite names, None for `none`. Raises UsageError for an unknown kind or option."""
    found: Reranker | None = create(RERANKERS, part.kind, lambda factory: factory(part.options, ingredients))
    if found is not None and not is_built_in(RERANKERS, part.kind):
        found = PluginReranker(part.kind, found)
    if found is None or ingredients.cache is None or isinstance(found, LLMReranker):
        return found
    return CachedReranker(found, ingredients.cache)


def refuse_unknown(what: str, options: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise UsageError for an option that is not known."""
    for name in options:
        if name not in known:
            raise UsageError(
                f"{what} has no option {name!r}", did_you_mean(str(name), known) or "it takes none"
            )


def _refuse_out_of_range(what: str, name: str, value: object) -> None:
    fault = RANGES[name].fault(name, value)
    if fault:
        raise UsageError(f"{what}: {fault}")


def bm25(options: Mapping[str, Any], ingredients: Ingredients) -> Retriever:
    """Ranks chunks by the words that they share with the question, with BM25.

    Example: `{kind: bm25, depth: 50}`
    """
    chosen = {**ingredients.section.bm25, **options}
    refuse_unknown("bm25", chosen, RETRIEVER_OPTIONS["bm25"])
    for name in ("k1", "b"):
        _refuse_out_of_range("bm25", name, chosen.get(name, 1.0))
    words = Words(chosen.pop("stemmer", "english"), chosen.pop("stopwords", "english"))
    how = Bm25(**chosen, words=words)
    identity = f"bm25({how.identity},{ingredients.content})"
    if how.engine == "rank_bm25":
        require_rank_bm25()
        identity = f"bm25({how.identity},rank-bm25={rank_bm25_version()},{ingredients.content})"
        return LazyRetriever(identity, lambda: RankBm25Index(_counted(ingredients), how, identity))
    return LazyRetriever(identity, lambda: Bm25Index.build(_counted(ingredients), how))


def _counted(ingredients: Ingredients) -> Iterator[Chunk]:
    """The chunks in order, with the progress reported."""
    total = len(ingredients.chunks)
    for number, chunk in enumerate(ingredients.chunks):
        if number % CHUNKS_A_REPORT == 0:
            ingredients.progress("indexing", number, total)
        yield chunk
    ingredients.progress("indexing", total, total)


def dense(options: Mapping[str, Any], ingredients: Ingredients) -> Retriever:
    """Ranks chunks by the cosine similarity of an encoder's vectors.

    Queries and documents are encoded behind the prompts that the model declares, or `prefix` says.
    `folder` keeps the index on disk; one of another model is refused now, one of another dimension
    when it is opened, at the first search.

    Example: `{kind: dense, depth: 50}`
    """
    chosen = {**ingredients.section.dense, **options}
    refuse_unknown("dense", chosen, RETRIEVER_OPTIONS["dense"])
    kind = chosen.get("index", "flat")
    if kind not in KINDS:
        raise UsageError(f"dense: unknown index {kind!r}", did_you_mean(str(kind), KINDS))
    if find_spec("faiss") is None:
        raise MissingExtra("dense retrieval", "rag")
    name = str(chosen.get("model", "minilm"))
    encoder = ingredients.embedder(name)
    prefixes = ingredients.prefixes(name).with_options(chosen.get("prefix"))
    model, query_model = prefixed(encoder, prefixes.document), prefixed(encoder, prefixes.query)
    ingredients.encoders.append(model)
    chunks, directory = ingredients.chunks, _index_directory(chosen, ingredients)
    if directory is not None:
        check_index(directory, chunks, model, kind)

    def build() -> Retriever:
        if directory is not None:
            return open_index(directory, chunks, model, kind, query_model)
        return DenseIndex.build(chunks, model, kind, query_model)

    models = model.identity if query_model is model else f"{model.identity},{query_model.identity}"
    return LazyRetriever(f"dense({kind},{models},{ingredients.content})", build)


def _index_directory(options: Mapping[str, Any], ingredients: Ingredients) -> Path | None:
    """The directory that keeps the index, below the workspace's root; None where none is named."""
    named = options.get("folder")
    if named is None:
        return None
    if not isinstance(named, str) or not named:
        raise UsageError(f"dense: directory is {named!r}", "give the path of a directory")
    return _inside(ingredients, "dense: folder", ingredients.here / named)


def _inside(ingredients: Ingredients, what: str, path: Path) -> Path:
    """A path of a suite, links followed. Raises UsageError where it leads out of the workspace."""
    try:
        return resolve_inside(ingredients.root.resolve(), path)
    except ValueError as error:
        raise UsageError(f"{what} {path}: {error}", "keep it below the workspace's root") from None


def hybrid(options: Mapping[str, Any], ingredients: Ingredients) -> Retriever:
    """Fuses the rankings of several retrievers.

    Example: `{kind: hybrid, depth: 50, fusion: rrf}`
    """
    refuse_unknown("hybrid", options, RETRIEVER_OPTIONS["hybrid"])
    fusion, weights = options.get("fusion", "rrf"), options.get("weights")
    names = options.get("of", ["bm25", "dense"])
    if fusion not in FUSIONS:
        raise UsageError(f"hybrid: unknown fusion {fusion!r}", did_you_mean(str(fusion), FUSIONS))
    if not isinstance(names, list) or len(names) < 2 or "hybrid" in names:
        raise UsageError("hybrid: of must be a list of two retrievers or more", "write `of: [bm25, dense]`")
    if (weights is None) != (fusion == "rrf"):
        raise UsageError("hybrid: weights go with fusion minmax or zscore", "rrf takes none")
    inner = [build_retriever(RagPart(str(name)), ingredients) for name in names]
    return Hybrid(inner, ingredients.section.depth, weights, fusion if weights is not None else "minmax")


def endpoint(options: Mapping[str, Any], ingredients: Ingredients) -> Retriever:
    """Asks an HTTP endpoint for passages. What is behind an address may change, so nothing is cached.

    Example: `{endpoint: "http://127.0.0.1:8000/search"}`
    """
    refuse_unknown("endpoint", options, RETRIEVER_OPTIONS["endpoint"])
    url, timeout_s = options["endpoint"], options.get("timeout_s", 60.0)
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise UsageError("retriever: an endpoint must begin with http:// or https://")
    _refuse_out_of_range("retriever", "timeout_s", timeout_s)
    return EndpointRetriever(url, options.get("headers"), float(timeout_s))


def run(options: Mapping[str, Any], ingredients: Ingredients) -> Retriever:
    """Reads recorded rankings by case id from a TREC run, of each the first `depth` documents.

    Example: `{run: ../datasets/FILE.trec, depth: 10}`
    """
    refuse_unknown("run", options, RETRIEVER_OPTIONS["run"])
    path = _inside(ingredients, "run", ingredients.root / str(options["run"]))
    table = read_run(path)
    hits: dict[int, list[tuple[str, float]]] = {}
    for query, document, score in zip(table.query, table.document, table.number, strict=True):
        hits.setdefault(int(query), []).append((document.decode(), float(score)))
    rankings = {table.queries[query]: Ranking.of(found) for query, found in hits.items()}
    return RunRetriever(rankings, fingerprint_bytes(path.read_bytes()), ingredients.section.depth)


def python(options: Mapping[str, Any], ingredients: Ingredients) -> Retriever:
    """Calls a function of the workspace. What it reads may change unseen, so nothing is cached.

    Example: `{python: "app.search:find"}`
    """
    refuse_unknown("python", options, RETRIEVER_OPTIONS["python"])
    function, mark = ingredients.function(str(options["python"]))
    return FunctionRetriever(function, str(options["python"]), mark)


def unchanged(options: Mapping[str, Any], ingredients: Ingredients) -> Reranker | None:
    """Keeps the order of the search.

    Example: `none`
    """
    refuse_unknown("reranker none", options, RERANKER_OPTIONS["none"])
    return None


def late_interaction(options: Mapping[str, Any], ingredients: Ingredients) -> Reranker:
    """Ranks candidates again by MaxSim over the vectors of their tokens.

    Example: `{kind: late_interaction, depth: 50}`
    """
    refuse_unknown("late_interaction", options, RERANKER_OPTIONS["late_interaction"])
    return LateInteraction(ingredients.token_embedder(str(options.get("model", "minilm"))))


def cross_encoder(options: Mapping[str, Any], ingredients: Ingredients) -> Reranker:
    """Ranks candidates again by a model that reads the question and a passage together.

    Example: `{kind: cross_encoder, model: ../models/DIRECTORY, depth: 50}`
    """
    refuse_unknown("cross_encoder", options, RERANKER_OPTIONS["cross_encoder"])
    if not options.get("model"):
        raise UsageError("cross_encoder has no model", "write `model: <directory of a cross-encoder>`")
    return CrossEncoderReranker(ingredients.here / str(options["model"]), ingredients.cache)


def llm(options: Mapping[str, Any], ingredients: Ingredients) -> LLMReranker:
    """Ranks candidates again by the grade that the run's own model gives each.

    Example: `{kind: llm, depth: 20}`
    """
    refuse_unknown("llm", options, RERANKER_OPTIONS["llm"])
    if ingredients.provider is None:
        raise UsageError("reranker llm asks a model, and this suite has none", "add `prompt: <name>`")
    return LLMReranker(ingredients.provider, ingredients.model)
