"""A suite's retrieval pipeline, read and checked: corpus, gold, and what builds the rest."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from prompteval.core import sentences, word_splitting
from prompteval.core.case import Case
from prompteval.core.fingerprint import fingerprint
from prompteval.core.problem import Problem
from prompteval.core.protocols import Embedder, Provider, Retriever, Scorer, TokenCounter, VectorStores
from prompteval.core.retrieval import Document
from prompteval.core.text import counted
from prompteval.corpus.chunk import build_chunker
from prompteval.corpus.documents.directory import Corpus, load_corpus
from prompteval.isolate.pattern_search import compiled
from prompteval.metrics.stage_names import StageMetric
from prompteval.plan.problems import Problems
from prompteval.plan.rag.encoders import Encoders, LateEmbedder
from prompteval.plan.rag.recorded_run import check_recorded_run
from prompteval.rag.gold import GoldGroups, GoldReader
from prompteval.rag.index.content import IndexedChunks
from prompteval.rag.ingredients import Ingredients
from prompteval.rag.pipeline import Pipeline
from prompteval.rag.rerankers import build_reranker
from prompteval.rag.retrievers import build_retriever
from prompteval.rag.score.failure import Attribution
from prompteval.rag.score.overlap import Support
from prompteval.rag.score.rag_case import RagCaseReader
from prompteval.rag.score.scorers import StageScorer
from prompteval.tokens import counter
from prompteval.workspace.code import load_code
from prompteval.workspace.rag_section import RagPart, RagSection
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import Suite
from prompteval.workspace.tree import Tree

FAULTS_SHOWN = 1000
# By which texts are split and counted; another form of them gives other scores.
TEXT_RULES = [word_splitting.VERSION, sentences.VERSION]


@dataclass(frozen=True)
class RagSetup:
    """Everything a `rag:` suite shares among its prompts and metrics.

    `gold` fills while the cases are read, `notes_found` while pipelines are built. `encoders` holds the cache
    that a run hands in.
    """

    section: RagSection
    path: str
    workspace: Workspace
    corpus: Corpus
    encoders: Encoders
    gold: dict[str, GoldGroups] = field(default_factory=dict)
    notes_found: dict[str, None] = field(default_factory=dict)
    abstain: str = ""
    _retriever: list[Retriever] = field(default_factory=list, repr=False)
    _gold_reader: list[GoldReader] = field(default_factory=list, repr=False)
    _chunked: dict[str, IndexedChunks] = field(default_factory=dict, repr=False)

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        return self.corpus.by_id()

    @cached_property
    def fingerprint(self) -> str:
        """Over the section, every document as it is read, and what retrieves and reranks.

        Those say of themselves what they are made from: weights, a recorded run, a function's file. A
        reranker that asks the run's own model is known by that model.
        """
        texts = [[item.id, item.title, item.text] for item in self.corpus.documents]
        ingredients = self.ingredients(self.section, counter(""), [])
        parts = [build_retriever(self.section.retriever, ingredients).identity]
        if self.section.reranker.kind != "llm":
            reranker = build_reranker(self.section.reranker, ingredients)
            parts.append("none" if reranker is None else reranker.identity)
        made = [self.section.as_json(), texts, parts, self.abstain, TEXT_RULES]
        return fingerprint(made)

    def read_gold(self, case: Case, path: str) -> list[Problem]:
        """Keep the case's gold; what is wrong with it, at its line of `path`."""
        if not self._gold_reader:
            self._gold_reader.append(GoldReader(self.corpus.documents))
        groups, problems = self._gold_reader[0].read(case, path)
        self.gold[case.id] = groups
        if not isinstance(question_of(case, self.section), str):
            message = f"case {case.id!r} has no text in the input {self.section.question!r} to search for"
            problems.append(Problem(path, case.line, 1, "PE354", message, "set `question:` in rag"))
        return problems

    def keep(self, retriever: Retriever) -> None:
        """The retriever that the suite names, to hold what it has recorded against the cases."""
        self._retriever[:] = [retriever]

    def note_recorded(self, problems: Problems) -> None:
        """What a recorded run lacks of the cases, once they are read."""
        place = self.section.retriever.place
        for retriever in self._retriever:
            message = problems.catch(
                self.path, place, "PE276", check_recorded_run, retriever, self.gold, self.documents
            )
            if message:
                problems.found.append(Problem(self.path, *place, "PE276", message, severity="warning"))
                self.notes_found[message] = None

    def beyond_depth(self, metrics: Iterable[StageMetric]) -> list[str]:
        """What to say of each metric whose cut-off lies below the last candidate."""
        depth = self.section.depth
        return [
            f"{metric} reads {counted(depth, 'candidate')}, the depth of the retriever"
            for metric in metrics
            if metric.ranking is not None and metric.ranking.k is not None and metric.ranking.k > depth
        ]

    def chunks(self, counting: TokenCounter, chunker: RagPart | None = None) -> IndexedChunks:
        """The chunks of the corpus, cut once for each chunker and token encoding."""
        part = chunker or self.section.chunker
        cut = build_chunker(part.kind, part.options, counting)
        name = fingerprint([part.kind, dict(part.options), counting.encoding])
        if name not in self._chunked:
            chunks = tuple(chunk for item in self.corpus.documents for chunk in cut(item))
            self._chunked[name] = IndexedChunks(chunks)
        return self._chunked[name]

    def pipeline(
        self, model: str, provider: Provider | None = None, section: RagSection | None = None
    ) -> Pipeline:
        """The pipeline with tokens counted for a model; another `section` for another setting of it.

        Raises UsageError for names and options that are wrong, and for an index of another model.
        """
        chosen = section or self.section
        counting = counter(model)
        encoders: list[Embedder] = []
        ingredients = self.ingredients(chosen, counting, encoders, model, provider)
        retriever = build_retriever(chosen.retriever, ingredients)
        reranker = build_reranker(chosen.reranker, ingredients)
        return Pipeline(chosen, self.documents, ingredients.chunks, retriever, reranker, counting, encoders)

    def ingredients(
        self,
        section: RagSection,
        counting: TokenCounter,
        encoders: list[Embedder],
        model: str = "",
        provider: Provider | None = None,
    ) -> Ingredients:
        """What factories build from; `encoders` collects the models that index the chunks."""
        return Ingredients(
            indexed=self.chunks(counting, section.chunker),
            section=section,
            here=(self.workspace.root / self.path).parent,
            root=self.workspace.root,
            embedder=self.encoders.embedder,
            token_embedder=self.encoders.token_embedder,
            function=self._function,
            cache=self.encoders.cache,
            model=model,
            provider=provider,
            encoders=encoders,
            prefixes=self.encoders.prefixes,
            progress=self.encoders.progress,
            vector_stores=_shared_vectors,
        )

    def scorers(self, metrics: list[StageMetric], entailment: Support | None = None) -> tuple[Scorer, ...]:
        """The attribution first, then a scorer for each metric."""
        reader = RagCaseReader(self.section, self.documents, self.gold, self.abstain)
        embedder = LateEmbedder(self.encoders)
        ranked = tuple(metric for metric in metrics if metric.ranking is not None)
        self.notes_found.update(dict.fromkeys(self.beyond_depth(metrics)))
        scorers = (StageScorer(metric, reader, embedder, entailment) for metric in metrics)
        return (Attribution(reader, ranked), *scorers)

    def notes(self) -> list[str]:
        """What a reader of the numbers must know: of the corpus, and of what was cut."""
        found = []
        counts = self.corpus.counts
        if len(counts) > 1:
            message = ", ".join(f"{count} {status}" for status, count in counts.items())
            first = self.corpus.faults[0]
            found.append(f"corpus: {message}; the first that was not read: {first.path}: {first.message}")
        return [*found, *self.notes_found]

    def _function(self, entry: str) -> tuple[Callable[[str, int], object], str]:
        found = load_code(self.workspace, entry)
        return found.function, found.fingerprint


def _shared_vectors() -> VectorStores:
    from prompteval.store.postgres.vectors import PostgresVectorStores

    return PostgresVectorStores()


def question_of(case: Case, section: RagSection) -> object:
    """What is searched for: the input that the section names, or the inputs where they are one text."""
    if isinstance(case.inputs, Mapping):
        return case.inputs.get(section.question)
    return case.inputs


def unread(corpus: Corpus) -> list[Problem]:
    """A warning for each of the first documents that could not be read, one for all the others."""
    found = [
        Problem(item.path, item.line, 1, "PE273", f"not read: {item.message}", item.status, "warning")
        for item in corpus.faults[:FAULTS_SHOWN]
    ]
    more = len(corpus.faults) - len(found)
    if more:
        message = f"{more:,} more documents were not read"
        found.append(Problem(corpus.faults[-1].path, 0, 0, "PE273", message, severity="warning"))
    return found


def plan_setup(
    workspace: Workspace, tree: Tree, suite: Suite, section: RagSection, problems: Problems
) -> RagSetup | None:
    """The setup of a suite; what is wrong is noted at its line."""
    corpus = problems.catch(suite.path, section.corpus_place, "PE271", load_corpus, tree, section.corpus)
    if corpus is None:
        return None
    problems.found += unread(corpus)
    if not corpus.documents:
        reason = ", ".join(
            f"{count} {status}" for status, count in Counter(o.status for o in corpus.outcomes).items()
        )
        message = f"no document of {section.corpus} could be read ({reason})"
        problems.add(suite.path, section.corpus_place, "PE271", message, "see what `check` says of each file")
        return None
    setup = RagSetup(
        section,
        suite.path,
        workspace,
        corpus,
        Encoders(workspace, (workspace.root / suite.path).parent),
        abstain=suite.abstain,
    )
    if suite.abstain:
        problems.catch(suite.path, suite.abstain_place, "PE274", compiled, suite.abstain, "abstain")
    if problems.catch(suite.path, section.chunker.place, "PE272", setup.chunks, counter("")) is None:
        return None
    ingredients = setup.ingredients(section, counter(""), [])
    retriever = problems.catch(
        suite.path, section.retriever.place, "PE272", build_retriever, section.retriever, ingredients
    )
    if retriever is not None:
        setup.keep(retriever)
    if section.reranker.kind != "llm" or suite.target.kind != "prompt":  # which needs the run's own model
        problems.catch(
            suite.path, section.reranker.place, "PE272", build_reranker, section.reranker, ingredients
        )
    return setup
