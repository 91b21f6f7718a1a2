"""What a judge is worth beside people, in figures."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from prompteval.analysis.judges.probability import ProbabilityFigures, probability_figures
from prompteval.analysis.judges.rows import JudgedRow
from prompteval.core.fingerprint import fingerprint
from prompteval.judging.labels import Word
from prompteval.judging.scale import JudgeScale
from prompteval.metrics.regression import spearman
from prompteval.stats.interval import Interval, wilson
from prompteval.stats.judged.agreement import ac1, cohen_kappa, rating_table, scale_interval, table_interval
from prompteval.stats.judged.alpha import krippendorff_alpha
from prompteval.stats.judged.alt_test import EPSILON, AltTest, alt_test
from prompteval.stats.resample import Codes, case_bca

Unparsed = Literal["missing", "wrong"]
Floats = NDArray[np.float64]
# Where one label holds more than this share, kappa falls although raters agree, and AC1 is shown first.
SKEWED = 0.8
UNDEFINED = Interval(None, None, None, "bca", "nothing is labelled")


@dataclass(frozen=True, slots=True)
class Consistency:
    """How often a judge contradicts itself: over samples of one output, and over the orders of a pair."""

    asked_again: int = 0
    same: int = 0
    spread: float | None = None
    pairs: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class JudgeFigures:
    """A judge against people over some outputs.

    `n` outputs have a label of people and a verdict; `unparsed` have none, and `undecided` no majority among
    people. `constant` is the share that the most frequent label alone reaches. `positive` and `says` are the
    shares of passes by people and by the judge. `length` is the correlation of verdict and length, given
    what people say.
    """

    n: int
    unparsed: int
    undecided: int
    agreement: float | None
    constant: tuple[Word, float] | None
    length: float | None
    consistency: Consistency
    kappa: Interval = UNDEFINED
    ac1: Interval | None = None
    positive: float | None = None
    says: float | None = None
    sensitivity: Interval | None = None
    specificity: Interval | None = None
    spearman: Interval | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    annotators: int = 0
    alpha: float | None = None
    alt: AltTest | None = None
    probability: ProbabilityFigures | None = None
    slices: Mapping[str, Mapping[str, "JudgeFigures"]] = field(default_factory=dict)

    @property
    def is_skewed(self) -> bool:
        """Whether one label holds so much that kappa says little."""
        return self.constant is not None and self.constant[1] > SKEWED


def judge_figures(
    rows: Sequence[JudgedRow],
    scale: JudgeScale,
    *,
    unparsed: Unparsed = "missing",
    epsilon: float = EPSILON["skilled"],
    slices: Sequence[str] = (),
) -> JudgeFigures:
    """All figures, over the rows in order of case id; whole cases are drawn where one has several rows."""
    ordered = sorted(rows, key=lambda row: (row.case_id, row.replicate, row.output))
    whole = _figures(ordered, scale, unparsed, epsilon)
    parts: dict[str, dict[str, JudgeFigures]] = {}
    for tag in slices:
        by_value: dict[str, list[JudgedRow]] = {}
        for row in ordered:
            value = dict(row.tags).get(tag)
            if value is not None:
                by_value.setdefault(value, []).append(row)
        parts[tag] = {
            value: _figures(by_value[value], scale, unparsed, epsilon) for value in sorted(by_value)
        }
    return replace(whole, slices=parts)


def _figures(
    rows: Sequence[JudgedRow], scale: JudgeScale, unparsed: Unparsed, epsilon: float
) -> JudgeFigures:
    truths = [scale.truth(row.labels) for row in rows]
    decided = [(row, truth) for row, truth in zip(rows, truths, strict=True) if truth is not None]
    missing = sum(row.verdict is None for row, _ in decided)
    if unparsed == "missing" or scale.is_numeric:
        decided = [(row, truth) for row, truth in decided if row.verdict is not None]
    kept, truth = [row for row, _ in decided], [one for _, one in decided]
    verdicts: list[Word] = ["" if row.verdict is None else row.verdict for row in kept]
    alpha, alt = _among_people(rows, scale, epsilon)
    equal = [a == b for a, b in zip(truth, verdicts, strict=True)]
    blank = JudgeFigures(
        n=len(kept),
        unparsed=missing,
        undecided=sum(one is None for one in truths),
        agreement=float(np.mean(equal)) if equal else None,
        constant=_constant(truth),
        length=_length(kept, truth, verdicts, scale),
        consistency=_consistency(rows),
        annotators=len({name for row in rows for name in row.labels}),
        alpha=alpha,
        alt=alt,
    )
    seed = int(fingerprint([[str(one) for one in truth], [str(one) for one in verdicts]])[-12:], 16)
    if scale.is_numeric:
        return _on_scale(blank, truth, verdicts, seed, _clusters(kept))
    found = _of_words(blank, truth, verdicts, scale, seed, _clusters(kept))
    return replace(found, probability=probability_figures(kept, scale, _clusters(kept), seed))


def _on_scale(
    blank: JudgeFigures, truth: Sequence[Word], verdicts: Sequence[Word], seed: int, clusters: Codes | None
) -> JudgeFigures:
    first, second = np.asarray(truth, np.float64), np.asarray(verdicts, np.float64)
    ranks: Interval | None = None
    if len(set(truth)) > 1 and len(set(verdicts)) > 1:
        ranks = case_bca(spearman(first, second), len(first), seed=seed, clusters=clusters)
    kappa = finite(scale_interval(first, second, seed=seed, clusters=clusters))
    return replace(blank, kappa=kappa, spearman=ranks, positive=_mean(first), says=_mean(second))


def _of_words(
    blank: JudgeFigures,
    truth: Sequence[Word],
    verdicts: Sequence[Word],
    scale: JudgeScale,
    seed: int,
    clusters: Codes | None,
) -> JudgeFigures:
    first, second = (np.asarray(scale.codes(words), np.int32) for words in (truth, verdicts))
    classes = len(scale.labels) + int("" in verdicts)
    table = rating_table(first, second, classes)
    found = replace(
        blank,
        kappa=finite(table_interval(cohen_kappa, first, second, classes, seed=seed, clusters=clusters)),
        ac1=finite(table_interval(ac1, first, second, classes, seed=seed, clusters=clusters)),
        confusion=tuple(tuple(int(count) for count in line) for line in table),
    )
    if not scale.is_binary:
        return found
    people, judge = (np.array([scale.value(word) for word in words]) for words in (truth, verdicts))
    return replace(
        found,
        positive=_mean(people),
        says=_mean(judge),
        sensitivity=_rate(judge[people == 1] == 1),
        specificity=_rate(judge[people == 0] == 0),
    )


def finite(found: Interval) -> Interval:
    """The interval; undefined with a reason where the figure is not a number."""
    if found.value is None or math.isfinite(found.value):
        return found
    return Interval(None, None, None, found.method, "all labels, or all verdicts, are the same")


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def _rate(right: NDArray[np.bool_]) -> Interval:
    return wilson(float(right.sum()), len(right))


def _clusters(rows: Sequence[JudgedRow]) -> NDArray[np.int32] | None:
    ids = [row.case_id for row in rows]
    if len(set(ids)) == len(ids):
        return None
    return np.unique(np.asarray(ids), return_inverse=True)[1].astype(np.int32)


def _constant(truth: Sequence[Word]) -> tuple[Word, float] | None:
    if not truth:
        return None
    word, count = max(sorted(Counter(truth).items(), key=lambda pair: str(pair[0])), key=lambda pair: pair[1])
    return word, count / len(truth)


def _length(
    rows: Sequence[JudgedRow], truth: Sequence[Word], verdicts: Sequence[Word], scale: JudgeScale
) -> float | None:
    """The partial rank correlation of verdict and length, given what people say; None where undefined."""
    known = [
        (row.length, scale.value(a), scale.value(b))
        for row, a, b in zip(rows, truth, verdicts, strict=True)
        if row.length is not None
    ]
    if len(known) < 3:
        return None
    size, people, judge = (np.asarray(column, np.float64) for column in zip(*known, strict=True))
    if len(set(judge)) < 2 or len(set(size)) < 2:
        return None
    ones = np.ones(len(size))
    of_judge, of_people, both = (
        float(spearman(left, right)(ones)) for left, right in ((judge, size), (people, size), (judge, people))
    )
    below = (1.0 - of_people**2) * (1.0 - both**2)
    return (of_judge - of_people * both) / math.sqrt(below) if below > 1e-9 else None


def _consistency(rows: Sequence[JudgedRow]) -> Consistency:
    sampled = [row for row in rows if len(row.samples) > 1]
    paired = [row.order_changed for row in rows if row.order_changed is not None]
    spread = float(np.mean([np.std(row.samples, ddof=1) for row in sampled])) if sampled else None
    same = sum(len({_side(row, value) for value in row.samples}) == 1 for row in sampled)
    return Consistency(len(sampled), same, spread, len(paired), sum(paired))


def _side(row: JudgedRow, value: float) -> float:
    """What one asking gave; of a probability, whether it passes."""
    return value if row.probability is None else float(value > 0.5)


def _among_people(
    rows: Sequence[JudgedRow], scale: JudgeScale, epsilon: float
) -> tuple[float | None, AltTest | None]:
    """(Krippendorff's alpha among people, whether the judge may stand for one of them)."""
    level: Literal["nominal", "interval"] = "interval" if scale.is_numeric else "nominal"
    ratings: dict[str, dict[str, Word]] = {}
    judge: dict[str, Word] = {}
    for place, row in enumerate(rows):
        for annotator, label in row.labels.items():
            ratings.setdefault(annotator, {})[str(place)] = label
        if row.verdict is not None:
            judge[str(place)] = row.verdict
    if len(ratings) < 2:
        return None, None
    units = [list(row.labels.values()) for row in rows]
    return krippendorff_alpha(units, level), alt_test(judge, ratings, epsilon=epsilon, level=level)
