"""What the metrics of stages need where a team's own system is tested: gold, corpus, readers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prompteval.core.case import Case
from prompteval.core.problem import Problem
from prompteval.core.protocols import Scorer
from prompteval.core.retrieval import Document
from prompteval.corpus.documents.directory import Corpus, load_corpus
from prompteval.isolate.pattern_search import compiled
from prompteval.metrics.stage_names import ANSWER_STAGES, StageMetric
from prompteval.plan.problems import Problems
from prompteval.plan.rag.encoders import Encoders, LateEmbedder
from prompteval.plan.rag.setup import unread
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.outputs import OutputsPlan
from prompteval.rag.gold import GoldGroups, GoldReader
from prompteval.rag.score.failure import Attribution
from prompteval.rag.score.overlap import Support
from prompteval.rag.score.results import NEEDS, ResultReader
from prompteval.rag.score.scorers import NEED_ABSTENTION, StageScorer
from prompteval.tokens import counter
from prompteval.workspace.rag_section import Mode
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import Suite
from prompteval.workspace.tree import Tree

# A suite that names metrics of these has what tells at which stage a question was lost.
TRACED = ("retrieval", "rerank", "context", "citations")


@dataclass(frozen=True)
class ResultSetup:
    """What the metrics of stages share in a suite without a pipeline of ours. `gold` fills with the cases."""

    suite: Suite
    metrics: tuple[StageMetric, ...]
    encoders: Encoders
    corpus: Corpus | None = None
    gold: dict[str, GoldGroups] = field(default_factory=dict)
    _gold_reader: list[GoldReader] = field(default_factory=list, repr=False)

    @property
    def documents(self) -> Mapping[str, Document] | None:
        return None if self.corpus is None else self.corpus.by_id()

    @property
    def modes(self) -> tuple[Mode, ...]:
        """`retrieved` where a metric reads the answers."""
        answers = any(metric.stage in ANSWER_STAGES for metric in self.metrics)
        return ("retrieved",) if answers else ("retrieval",)

    def read_gold(self, case: Case, path: str) -> list[Problem]:
        """Keep the case's gold as spans of the corpus, where there is one; what is wrong with it."""
        if self.corpus is None:
            return []
        if not self._gold_reader:
            self._gold_reader.append(GoldReader(self.corpus.documents))
        groups, problems = self._gold_reader[0].read(case, path)
        self.gold[case.id] = groups
        return problems

    def scorers(self, entailment: Support | None = None) -> tuple[Scorer, ...]:
        """A scorer for each metric, and before them the attribution where passages or citations are read."""
        documents = self.documents
        reader = ResultReader(
            self.modes,
            self.suite.correct,
            counter(""),
            self.suite.abstain,
            documents,
            self.gold if documents is not None else None,
        )
        embedder = LateEmbedder(self.encoders)
        scorers = tuple(StageScorer(metric, reader, embedder, entailment) for metric in self.metrics)
        if not any(metric.stage in TRACED for metric in self.metrics):
            return scorers
        ranked = tuple(metric for metric in self.metrics if metric.ranking is not None)
        return (Attribution(reader, ranked), *scorers)

    def problems(self, targets: Sequence[TargetPlan]) -> list[Problem]:
        """Metrics whose data no recorded output carries, each with the key that is missing."""
        return [
            Problem(self.suite.path, *self._place(metric), "PE277", message, help)
            for target in targets
            if isinstance(target, OutputsPlan)
            for metric in self.metrics
            for message, help in [_not_carried(metric, target, self.suite)]
            if message
        ]

    def _place(self, metric: StageMetric) -> tuple[int, int]:
        named = (*self.suite.metrics, *self.suite.primary)
        found = next((one for one in named if one.text.replace(" ", "") == str(metric)), None)
        return (1, 1) if found is None else (found.line, found.col)


def plan_results(
    workspace: Workspace, tree: Tree, suite: Suite, metrics: Sequence[StageMetric], problems: Problems
) -> ResultSetup | None:
    """The setup of a suite without `rag:`; None where its corpus cannot be read, which is noted."""
    corpus = None
    if suite.corpus:
        corpus = problems.catch(suite.path, suite.corpus_place, "PE271", load_corpus, tree, suite.corpus)
        if corpus is None:
            return None
        problems.found += unread(corpus)
    if suite.abstain:
        problems.catch(suite.path, suite.abstain_place, "PE274", compiled, suite.abstain, "abstain")
    encoders = Encoders(workspace, (workspace.root / suite.path).parent)
    return ResultSetup(suite, tuple(metrics), encoders, corpus)


def _not_carried(metric: StageMetric, target: OutputsPlan, suite: Suite) -> tuple[str, str]:
    """(what is missing in the recorded outputs for a metric, the way out); empty where nothing is."""
    keys = NEEDS.get(metric.stage, ("output",))
    if not target.carried & {*keys, *(("turns", "error") if keys == ("output",) else ())}:
        wanted = " or ".join(repr(key) for key in keys)
        return f"{metric} reads {wanted}, and no row of {target.path} has it", "add the key, or use `map:`"
    if metric.measure in NEED_ABSTENTION and not suite.abstain and not _abstains(target):
        message = f"{metric} reads whether an answer abstains, and no row of {target.path} says so"
        return message, "add the key 'abstain' to the rows, or `abstain: <regex>` to the suite"
    return "", ""


def _abstains(target: OutputsPlan) -> bool:
    if "abstain" in target.carried:
        return True
    outputs = (row.get("output") for row in target.recorded.values())
    return any(isinstance(output, Mapping) and "abstain" in output for output in outputs)
