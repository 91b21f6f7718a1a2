"""Drift of inputs: numbers over the reference's deciles, categories, languages and embeddings of texts."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from prompteval.monitor.signals.predictions import PsiTest, psi_signal
from prompteval.monitor.signals.words import seed_of
from prompteval.monitor.sketch import NumberSketch
from prompteval.monitor.tally import Tally
from prompteval.report.monitoring.view import Measure, Signal
from prompteval.stats.drift.divergence import distances, kullback_leibler
from prompteval.stats.drift.domain import FEWEST_ROWS, domain_auroc
from prompteval.stats.drift.numbers import binned, decile_edges, kolmogorov_smirnov

Floats = NDArray[np.float64]
Embed = Callable[[Sequence[str]], Floats]
Detect = Callable[[str], str]


def number_signal(name: str, reference: NumberSketch, window: NumberSketch, threshold: float) -> Signal:
    """PSI over the reference's deciles; beside it Kolmogorov-Smirnov and both directions of KL."""
    before, after = reference.weighted(), window.weighted()
    edges = decile_edges(before)
    gap, p = kolmogorov_smirnov(before, after)
    counts = binned(before, edges), binned(after, edges)
    extra = {"ks": Measure(gap)} | (_directions(*counts) if before.n and after.n else {})
    medians = [_median(side.values, side.counts) for side in (before, after)]
    what = f"median {medians[0]:g} to {medians[1]:g}, KS {gap:.3f} (p = {p:.2g})"
    return psi_signal(name, *counts, threshold, test=PsiTest(p, what, extra, ordered=True))


def word_signal(
    name: str, reference: Counter[str], window: Counter[str], threshold: float, note: str = ""
) -> Signal:
    """PSI over categories; beside it the G-test's p and both directions of KL."""
    names = sorted({*reference, *window})
    before, after = (np.asarray([side[one] for one in names], np.int64) for side in (reference, window))
    beside = distances(before, after, seed=seed_of(name, before.tolist(), after.tolist()))
    if beside is None:
        return psi_signal(name, before, after, threshold, test=PsiTest(1.0, note))
    shares = [side / side.sum() for side in (before, after)]
    place = int(np.argmax(np.abs(shares[1] - shares[0])))
    what = f"{names[place]!r} {100 * shares[0][place]:.1f} % to {100 * shares[1][place]:.1f} %{note}"
    extra = {"total_variation": Measure(beside.total_variation, beside.total_variation_null)}
    extra |= _directions(before, after)
    return psi_signal(name, before, after, threshold, test=PsiTest(beside.p, what, extra))


def _directions(before: NDArray[np.int64], after: NDArray[np.int64]) -> dict[str, Measure]:
    there, back = kullback_leibler(before, after)
    return {"kl_window_from_reference": Measure(there), "kl_reference_from_window": Measure(back)}


def _median(values: Floats, counts: NDArray[np.int64]) -> float:
    if not len(values):
        return float("nan")
    return float(values[np.searchsorted(np.cumsum(counts), counts.sum() / 2.0)])


def language_signal(reference: Tally, window: Tally, threshold: float, detect: Detect) -> Signal:
    """Languages as they were logged; where they were not, of a sample of the texts of each side."""
    sides, sampled = [], False
    for side in (reference, window):
        logged = side.words.get("language")
        texts = side.sample.texts()
        sides.append(logged or Counter(detect(text) for text in texts))
        sampled = sampled or not logged
    note = (
        f"; of a sample of {sum(sides[0].values()):,} and {sum(sides[1].values()):,} rows" if sampled else ""
    )
    return word_signal("inputs.language", sides[0], sides[1], threshold, note)


def embedding_signal(reference: Tally, window: Tally, threshold: float, embed: Embed) -> Signal:
    """How well a classifier tells texts of the window from those of the reference, by their embeddings."""
    before, after = reference.sample.texts(), window.sample.texts()
    base = Signal("inputs.embedding", "too_few", threshold, "number", n=len(after), n_reference=len(before))
    if min(len(before), len(after)) < FEWEST_ROWS:
        return replace(base, detail=f"under {FEWEST_ROWS} texts on a side")
    seed = seed_of("embedding", len(before), len(after), before[:3], after[:3])
    test = domain_auroc(embed(before), embed(after), seed=seed)
    area = test.auroc
    if area.value is None:
        return replace(base, detail=area.reason)
    low = area.value if area.low is None else area.low
    high = area.value if area.high is None else area.high
    detail = (
        f"a classifier tells window from reference with an AUROC of {area.value:.3f}, 95 % interval "
        f"{low:.3f} to {high:.3f} (0.5 is not at all), sampled {len(before):,} and {len(after):,} texts"
    )
    found = replace(base, observed=area.value, low=low, high=high, p=test.p, detail=detail)
    beyond = low > threshold
    return replace(found, verdict="alert" if beyond else "quiet", excess_p=test.p if beyond else 1.0)
