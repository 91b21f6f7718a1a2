"""BLEU and chrF of a corpus from sums of per-case counts, 0 to 100, as sacrebleu defines them."""

import numpy as np
from numpy.typing import ArrayLike

from prompteval.metrics.classification import Array, ratio

BLEU_ORDER = 4
BLEU_WIDTH = 2 + 2 * BLEU_ORDER
CHRF_ORDER = 6
CHRF_WIDTH = 3 * CHRF_ORDER
CHRF_BETA = 2


def bleu(sums: Array) -> Array:
    """BLEU (Papineni et al. 2002) from sums of shape (..., 10): (...).

    The sums are answer length, reference length, matched 1- to 4-grams, all 1- to 4-grams of
    the answers. Orders without a match are smoothed by halving (NIST); an order without any
    n-gram, or no match at all, gives 0.
    """
    answer, reference = sums[..., 0], sums[..., 1]
    matched, total = sums[..., 2 : 2 + BLEU_ORDER], sums[..., 2 + BLEU_ORDER :]
    halvings = np.cumsum(matched == 0, axis=-1)
    smoothed = np.where(matched == 0, 0.5**halvings, matched)
    precisions = ratio(smoothed, total)
    usable = (matched.sum(axis=-1) > 0) & (total > 0).all(axis=-1) & (answer > 0)
    safe = np.where(usable[..., None], precisions, 1.0)
    brevity = np.minimum(1.0 - ratio(reference, np.where(usable, answer, 1.0)), 0.0)
    return np.where(usable, 100.0 * np.exp(brevity + np.log(safe).mean(axis=-1)), 0.0)


def chrf(sums: ArrayLike) -> Array:
    """chrF2 (Popović 2015) from sums of shape (..., 18): (...).

    The sums are, for 1- to 6-grams of characters, those of the answers, of the references, and
    the matched. Orders that one side lacks are left out of the mean.
    """
    found = np.asarray(sums, np.float64)
    by_order = found.reshape(*found.shape[:-1], CHRF_ORDER, 3)
    answer, reference, matched = by_order[..., 0], by_order[..., 1], by_order[..., 2]
    both = ((answer > 0) & (reference > 0)).astype(np.float64)
    orders = both.sum(axis=-1)
    precision = ratio((ratio(matched, answer) * both).sum(axis=-1), orders)
    recall = ratio((ratio(matched, reference) * both).sum(axis=-1), orders)
    factor = float(CHRF_BETA**2)
    return 100.0 * ratio((1.0 + factor) * precision * recall, factor * precision + recall)
