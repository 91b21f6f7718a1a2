"""Names of metrics that carry a stage: `retrieval.ndcg@10`, `context.recall@2000t`, `oracle.generation.em`.

What is typed is what is printed: `str()` of a parsed name is its canonical text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from prompteval.core.problem import did_you_mean
from prompteval.core.text import refuse_long_name
from prompteval.metrics.ranking_names import STAGES as RANKING_STAGES
from prompteval.metrics.ranking_names import RankingMetric, parse_ranking_metric

_FORM = re.compile(
    r"\s*(?:(?P<mode>[a-z_]+)\.)?(?P<stage>[a-z]+)\.(?P<measure>[a-z_0-9]+)"
    r"(?:\(\s*lambda\s*=\s*(?P<weight>[0-9.]+)\s*\))?(?:@(?P<tokens>[0-9]+)t)?\s*\Z"
)
# The mode a bare name means is `retrieved`, which is never written.
MODES = ("oracle", "oracle_distractors", "closed_book")
ANSWER_STAGES: Mapping[str, tuple[str, ...]] = {
    "generation": ("em", "f1", "correct", "abstention", "false_answers", "false_abstentions"),
    "citations": (
        "precision",
        "recall",
        "exists",
        "quote",
        "support",
        *(
            f"{measure}_{by}"
            for measure in ("recall", "precision")
            for by in ("lexical", "figures", "entailment")
        ),
    ),
    "grounding": ("lexical", "figures", "embedding", "entailment"),
}
CONTEXT_MEASURES = ("recall", "precision", "iou")
# The scorer that says at which stage a case was lost.
ATTRIBUTION = "attribution"
STAGES = (*RANKING_STAGES, "context", *ANSWER_STAGES)
# Either 0 or 1 for a case.
BINARY = frozenset({"hit", "em", "correct", "false_answers", "false_abstentions"})
LOWER_IS_BETTER = frozenset({"false_answers", "false_abstentions"})
DEFAULT_WEIGHT = 1.0
GREATEST_WEIGHT = 1000.0


@dataclass(frozen=True, slots=True)
class StageMetric:
    """A metric of one stage. `mode` is empty for `retrieved`, and where no model is asked.

    `tokens` is the budget of a `context` metric. `weight` is what a wrong answer costs in
    `generation.abstention`. `ranking` is set for the stages that rank.
    """

    stage: str
    measure: str
    mode: str = ""
    tokens: int | None = None
    weight: float = DEFAULT_WEIGHT
    ranking: RankingMetric | None = None

    def __str__(self) -> str:
        if self.ranking is not None:
            return str(self.ranking)
        mode = f"{self.mode}." if self.mode else ""
        weight = f"(lambda={self.weight:g})" if self.weight != DEFAULT_WEIGHT else ""
        return f"{mode}{self.stage}.{self.measure}{weight}" + (f"@{self.tokens}t" if self.tokens else "")

    @property
    def binary(self) -> bool:
        """Whether each case scores 0 or 1."""
        return self.measure in BINARY

    @property
    def asks_entailment(self) -> bool:
        """Whether it asks the sequence classifier that the suite names."""
        return self.measure.endswith("entailment")

    @property
    def low(self) -> float:
        """The least a case can score."""
        return -self.weight if self.measure == "abstention" else 0.0

    @property
    def higher_is_better(self) -> bool:
        return self.measure not in LOWER_IS_BETTER


def is_stage_metric(text: str) -> bool:
    """Whether a metric's text begins with a stage, or with a mode and a stage."""
    parts = text.strip().split("(", 1)[0].split(".")
    return len(parts) > 1 and (parts[0] in (*STAGES, *MODES, "retrieved"))


def is_pipeline_scorer(name: str) -> bool:
    """Whether a scorer of a retrieval pipeline has this name, by which its rows are read."""
    try:
        return name == ATTRIBUTION or (is_stage_metric(name) and str(parse_stage_metric(name)) == name)
    except ValueError:
        return False


def parse_stage_metric(text: str) -> StageMetric:
    """A metric from its text. Raises ValueError, naming the nearest, for what is not known."""
    refuse_long_name("a metric", text)
    if text.strip().split(".", 1)[0] in RANKING_STAGES:
        ranking = parse_ranking_metric(text)
        return StageMetric(ranking.stage, ranking.measure, ranking=ranking)
    match = _FORM.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a metric of a stage: write generation.em or context.recall@2000t")
    mode, stage, measure = match["mode"] or "", match["stage"], match["measure"]
    if mode == "retrieved":
        mode = ""
    elif mode and mode not in MODES:
        raise ValueError(f"{text!r}: unknown mode {mode!r} ({did_you_mean(mode, MODES)})")
    known = CONTEXT_MEASURES if stage == "context" else ANSWER_STAGES.get(stage)
    if known is None:
        raise ValueError(f"{text!r}: unknown stage {stage!r} ({did_you_mean(stage, STAGES)})")
    if measure not in known:
        raise ValueError(f"unknown {stage} metric {measure!r} ({did_you_mean(measure, known)})")
    if mode and stage == "context":
        raise ValueError(f"{text!r}: the context is that of what was retrieved; leave {mode} out")
    return StageMetric(
        stage, measure, mode, _tokens(text, stage, match["tokens"]), _weight(text, measure, match)
    )


def _tokens(text: str, stage: str, value: str | None) -> int | None:
    if (stage == "context") != (value is not None):
        message = "needs a budget: write @2000t" if stage == "context" else "takes no budget"
        raise ValueError(f"{text!r} {message}")
    if value is not None and int(value) == 0:
        raise ValueError(f"{text!r}: a budget counts from 1 token")
    return None if value is None else int(value)


def _weight(text: str, measure: str, match: re.Match[str]) -> float:
    if match["weight"] is None:
        return DEFAULT_WEIGHT
    if measure != "abstention":
        raise ValueError(f"{text!r}: lambda belongs to generation.abstention")
    try:
        weight = float(match["weight"])
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= GREATEST_WEIGHT:
        raise ValueError(f"{text!r}: lambda must be a number from 0 to {GREATEST_WEIGHT:g}")
    return weight
