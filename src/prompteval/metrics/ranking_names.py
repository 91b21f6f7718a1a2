"""Names of ranking metrics: `ndcg@10`, `ndcg(gain=exp)@10`, `retrieval.recall@100`, `map`.

What is typed is what is printed: `str()` of a parsed name is its canonical text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from prompteval.core.problem import did_you_mean
from prompteval.core.text import refuse_long_name

_FORM = re.compile(
    r"\s*+(?:([a-z_]+)\.)?([a-z_]+)\s*+(?:\(\s*+((?:.*\S)?)\s*+\))?\s*+(?:@\s*+([0-9]+))?\s*+\Z"
)

STAGES = ("retrieval", "rerank")
GAINS = ("linear", "exp")
# Measure → its own parameters. `grade` is the least grade that counts as relevant.
MEASURES: Mapping[str, tuple[str, ...]] = {
    "ndcg": ("gain",),
    "recall": ("grade",),
    "rcap": ("grade",),
    "hit": ("grade",),
    "precision": ("grade",),
    "mrr": ("grade",),
    "map": ("grade",),
}
WITHOUT_CUTOFF = ("ndcg", "mrr", "map")


@dataclass(frozen=True, slots=True)
class RankingMetric:
    """A measure at a cut-off; `k` is None where the whole ranking is read."""

    measure: str
    k: int | None = None
    gain: str = "linear"
    grade: int = 1
    stage: str = ""

    def __str__(self) -> str:
        stage = f"{self.stage}." if self.stage else ""
        params = [f"gain={self.gain}"] if self.gain != "linear" else []
        params += [f"grade={self.grade}"] if self.grade != 1 else []
        inside = f"({', '.join(params)})" if params else ""
        return f"{stage}{self.measure}{inside}" + (f"@{self.k}" if self.k is not None else "")


def parse_ranking_metric(text: str, stages: tuple[str, ...] = STAGES) -> RankingMetric:
    """A ranking metric from its text; a stage must be one of `stages`, and stand there unless that is empty.

    Raises ValueError, naming the nearest, for what is not known.
    """
    refuse_long_name("a ranking metric", text)
    match = _FORM.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a ranking metric: write ndcg@10, ndcg(gain=exp)@10 or map")
    stage, measure, inside, cutoff = match[1] or "", match[2], match[3], match[4]
    if stage and stage not in stages:
        help = did_you_mean(stage, stages) or "no stage is named here"
        raise ValueError(f"{text!r}: unknown stage {stage!r} ({help})")
    if not stage and stages:
        raise ValueError(f"{text!r} needs a stage: write {stages[0]}.{text.strip()}")
    if measure not in MEASURES:
        raise ValueError(f"unknown ranking metric {measure!r} ({did_you_mean(measure, MEASURES)})")
    if cutoff is None and measure not in WITHOUT_CUTOFF:
        raise ValueError(f"{text!r} needs a cut-off: write {measure}@10")
    if cutoff is not None and int(cutoff) == 0:
        raise ValueError(f"{text!r}: the cut-off counts from 1")
    k = int(cutoff) if cutoff is not None else None
    params = _parameters(text, measure, inside or "")
    return RankingMetric(measure, k, params.get("gain", "linear"), int(params.get("grade", "1")), stage)


def _parameters(text: str, measure: str, inside: str) -> dict[str, str]:
    params: dict[str, str] = {}
    for part in inside.split(",") if inside else ():
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise ValueError(f"{text!r}: write parameter=value, not {part.strip()!r}")
        if key not in MEASURES[measure]:
            raise ValueError(f"{measure} has no parameter {key!r} ({did_you_mean(key, MEASURES[measure])})")
        if key in params:
            raise ValueError(f"{text!r}: duplicate parameter {key!r}")
        params[key] = value
    if params.get("gain", "linear") not in GAINS:
        raise ValueError(f"{text!r}: gain must be one of {', '.join(GAINS)}")
    if not re.fullmatch(r"[1-9][0-9]{0,8}", params.get("grade", "1")):
        raise ValueError(f"{text!r}: grade must be a whole number from 1")
    return params
