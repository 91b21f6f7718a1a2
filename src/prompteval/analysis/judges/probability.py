"""How well the probabilities of a judge tell what people pass from what they do not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prompteval.analysis.judges.rows import JudgedRow
from prompteval.judging.scale import JudgeScale
from prompteval.metrics.curves import placements, weighted_roc_auc
from prompteval.stats.interval import Interval, undefined
from prompteval.stats.resample import Codes, case_bca, logit_delong


@dataclass(frozen=True, slots=True)
class ProbabilityFigures:
    """Over `n` outputs: how often one that people pass has the higher probability, and the Brier scores.

    `brier` is the mean squared distance of the probability from what people say, `constant` that of always
    giving the share that people pass.
    """

    n: int
    auroc: Interval
    brier: float
    constant: float


def probability_figures(
    rows: Sequence[JudgedRow], scale: JudgeScale, clusters: Codes | None, seed: int
) -> ProbabilityFigures | None:
    """None where the judge gave no probabilities, or its labels do not pass or fail.

    `clusters` are codes of the cases where one has several rows, else None. Rows without a probability or
    without a majority among people are left out.
    """
    truths = [scale.truth(row.labels) for row in rows]
    kept = [
        n
        for n, (row, truth) in enumerate(zip(rows, truths, strict=True))
        if row.probability is not None and truth is not None
    ]
    if not scale.is_binary or not kept:
        return None
    given = np.array([rows[n].probability for n in kept], np.float64)
    truth = np.array([scale.value(word) for n in kept if (word := truths[n]) is not None], np.float64)
    people = float(truth.mean())
    brier = float(((given - truth) ** 2).mean())
    positive = truth == 1.0
    if not 0.0 < people < 1.0:
        auroc = undefined("logit-delong", "people gave all outputs the same label")
    elif clusters is None:
        auroc = logit_delong(*placements(given, positive))
    else:
        auroc = case_bca(weighted_roc_auc(given, positive), len(kept), seed=seed, clusters=clusters[kept])
    return ProbabilityFigures(len(kept), auroc, brier, people * (1.0 - people))
