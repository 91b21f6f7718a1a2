"""Precision, recall, F1, MCC and kappa from confusion tables of shape (..., K, K + 1).

The last column counts outputs that are not a class; they are wrong for their expected class and
predict nothing. A class without any prediction has precision 0, as scikit-learn's
zero_division=0; a class that is neither expected nor predicted is left out of averages.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def per_class(tables: Array) -> tuple[Array, Array, Array, Array]:
    """(precision, recall, F1, support), each of shape (..., K)."""
    classes = tables.shape[-2]
    right = np.diagonal(tables[..., :classes], axis1=-2, axis2=-1).astype(np.float64)
    predicted = tables[..., :classes].sum(axis=-2).astype(np.float64)
    support = tables.sum(axis=-1).astype(np.float64)
    precision = ratio(right, predicted)
    recall = ratio(right, support)
    return precision, recall, ratio(2 * right, predicted + support), support


def averaged(tables: Array, which: str, average: str) -> Array:
    """precision, recall or f1, averaged over classes: macro, micro or weighted by support."""
    if average == "micro":
        return _micro(tables, which)
    precision, recall, f1, support = per_class(tables)
    values = {"precision": precision, "recall": recall, "f1": f1}[which]
    predicted = tables[..., : tables.shape[-2]].sum(axis=-2)
    weights = support if average == "weighted" else ((support + predicted) > 0).astype(np.float64)
    return ratio((values * weights).sum(axis=-1), weights.sum(axis=-1))


def one_class(tables: Array, which: str, index: int) -> Array:
    """precision, recall or f1 of one class."""
    precision, recall, f1, _ = per_class(tables)
    return {"precision": precision, "recall": recall, "f1": f1}[which][..., index]


def mcc(tables: Array) -> Array:
    """Matthews correlation coefficient over all classes (Gorodkin 2004, equation 8), -1 to 1.

    0 where only one class is expected or predicted, as scikit-learn has it.
    """
    right, support, predicted, total = _margins(tables)
    covariance = right * total - (support * predicted[..., :-1]).sum(axis=-1)
    spread = (total**2 - (support**2).sum(axis=-1)) * (total**2 - (predicted**2).sum(axis=-1))
    return ratio(covariance, np.sqrt(spread))


def kappa(tables: Array) -> Array:
    """Cohen's kappa of expected and predicted (Cohen 1960), -1 to 1; 0 where chance agrees always."""
    right, support, predicted, total = _margins(tables)
    chance = (support * predicted[..., :-1]).sum(axis=-1)
    return ratio(right * total - chance, total**2 - chance)


def _margins(tables: Array) -> tuple[Array, Array, Array, Array]:
    """(right, expected by class, predicted by column with the last for no class, all) as floats."""
    found = np.asarray(tables, np.float64)
    right = np.diagonal(found[..., :-1], axis1=-2, axis2=-1).sum(axis=-1)
    return right, found.sum(axis=-1), found.sum(axis=-2), found.sum(axis=(-2, -1))


def _micro(tables: Array, which: str) -> Array:
    classes = tables.shape[-2]
    right = np.diagonal(tables[..., :classes], axis1=-2, axis2=-1).sum(axis=-1).astype(np.float64)
    predicted = tables[..., :classes].sum(axis=(-2, -1)).astype(np.float64)
    total = tables.sum(axis=(-2, -1)).astype(np.float64)
    if which == "precision":
        return ratio(right, predicted)
    return ratio(right, total) if which == "recall" else ratio(2 * right, predicted + total)


def ratio(above: Array, below: Array) -> Array:
    """above / below, 0 where below is not above 0."""
    above, below = np.broadcast_arrays(np.asarray(above, np.float64), np.asarray(below, np.float64))
    return np.divide(above, below, out=np.zeros(above.shape), where=below > 0)
