"""From the words of a suite to retrievers: one function each, found by name in the registry.

A factory is called as `factory(options, ingredients)`. It checks its options, names in its identity
everything that can change a ranking, and leaves what is slow to the first search (`LazyRetriever`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prompteval.core.errors import MissingExtra, UsageError
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.protocols import Embedder, Retriever
from prompteval.core.registry import create, is_built_in
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.rag.index.bm25 import Bm25Index
from prompteval.rag.index.bm25_postings import Bm25
from prompteval.rag.index.content import IndexedChunks
from prompteval.rag.index.dense import DenseIndex
from prompteval.rag.index.hybrid import Hybrid
from prompteval.rag.index.outside import EndpointRetriever, FunctionRetriever, RunRetriever
from prompteval.rag.index.parts import check_dense, open_dense
from prompteval.rag.index.prefixed import prefixed
from prompteval.rag.index.rank_bm25 import RankBm25Index, rank_bm25_version, require_rank_bm25
from prompteval.rag.index.words import Words
from prompteval.rag.ingredients import Ingredients
from prompteval.rag.plugin import PluginRetriever
from prompteval.rag.ranking_cache import CachedRetriever, LazyRetriever
from prompteval.rag.trec.read import read_run
from prompteval.workspace.rag_options import (
    Bm25Section,
    DenseSection,
    EndpointOptions,
    HybridOptions,
    IndexKind,
    PythonRetrieverOptions,
    RecordedRunOptions,
    read_options,
)
from prompteval.workspace.rag_section import RagPart
from prompteval.workspace.safe_paths import resolve_inside

RETRIEVERS = "prompteval.retrievers"
CHUNKS_A_REPORT = 1_000


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


def bm25(options: Mapping[str, Any], ingredients: Ingredients) -> Retriever:
    """Ranks chunks by the words that they share with the question, with BM25.

    Example: `{kind: bm25, depth: 50}`
    """
    chosen = read_options(Bm25Section, "bm25", {**ingredients.section.bm25, **options})
    how = Bm25(chosen.engine, chosen.k1, chosen.b, Words(chosen.stemmer, chosen.stopwords))
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
    at the first search.

    Example: `{kind: dense, depth: 50}`
    """
    made = dense_parts(ingredients, options)
    model, query_model, kind, indexed = made.model, made.query_model, made.kind, made.indexed
    in_memory = made.store == "faiss"
    ingredients.encoders.append(model)
    directory = made.directory
    if directory is not None:
        check_dense(directory, indexed, model, kind)

    def build() -> Retriever:
        if directory is not None:
            return open_dense(directory, indexed, model, kind, query_model)
        stores = None if in_memory else ingredients.vector_stores()
        return DenseIndex.build(indexed.chunks, model, kind, query_model, stores, indexed.content)

    models = model.identity if query_model is model else f"{model.identity},{query_model.identity}"
    where = "" if in_memory else f"{made.store},"
    return LazyRetriever(f"dense({where}{kind},{models},{indexed.content})", build)


@dataclass(frozen=True, slots=True)
class DenseParts:
    """What a dense index is made from; `directory` is None where none keeps it."""

    indexed: IndexedChunks
    model: Embedder
    query_model: Embedder
    kind: IndexKind
    directory: Path | None
    store: str


def dense_parts(ingredients: Ingredients, options: Mapping[str, object] | None = None) -> DenseParts:
    """What the suite's dense index is made from; `options` are those of one retriever.

    Raises MissingExtra without the package of its store, UsageError for an option that is wrong.
    """
    chosen = read_options(DenseSection, "dense", {**ingredients.section.dense, **(options or {})})
    in_memory = chosen.store == "faiss"
    if in_memory and find_spec("faiss") is None:
        raise MissingExtra("dense retrieval", "rag")
    if not in_memory and find_spec("psycopg") is None:
        raise MissingExtra("a vector store in Postgres", "postgres")
    encoder, prefixes = ingredients.embedder(chosen.model), ingredients.prefixes(chosen.model)
    if chosen.prefix is not None:
        prefixes = prefixes.replaced(chosen.prefix.query, chosen.prefix.document)
    model, query_model = prefixed(encoder, prefixes.document), prefixed(encoder, prefixes.query)
    directory = _index_directory(chosen.folder, ingredients)
    return DenseParts(ingredients.indexed, model, query_model, chosen.index, directory, chosen.store)


def _index_directory(named: str | None, ingredients: Ingredients) -> Path | None:
    """The directory that keeps the index, below the workspace's root; None where none is named."""
    if named is None:
        return None
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
    chosen = read_options(HybridOptions, "hybrid", options)
    inner = [build_retriever(RagPart(name), ingredients) for name in chosen.of]
    scale = "minmax" if chosen.fusion == "rrf" else chosen.fusion
    # The weights as they are written, 1 or 1.0: the identity holds them.
    return Hybrid(inner, ingredients.section.depth, options.get("weights"), scale)


def endpoint(options: Mapping[str, Any], ingredients: Ingredients) -> Retriever:
    """Asks an HTTP endpoint for passages. What is behind an address may change, so nothing is cached.

    Example: `{endpoint: "http://127.0.0.1:8000/search"}`
    """
    chosen = read_options(EndpointOptions, "endpoint", options)
    return EndpointRetriever(chosen.endpoint, chosen.headers, chosen.timeout_s)


def run(options: Mapping[str, Any], ingredients: Ingredients) -> Retriever:
    """Reads recorded rankings by case id from a TREC run, of each the first `depth` documents.

    Example: `{run: ../datasets/FILE.trec, depth: 10}`
    """
    chosen = read_options(RecordedRunOptions, "run", options)
    path = _inside(ingredients, "run", ingredients.root / chosen.run)
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
    entry = read_options(PythonRetrieverOptions, "python", options).python
    function, mark = ingredients.function(entry)
    return FunctionRetriever(function, entry, mark)
