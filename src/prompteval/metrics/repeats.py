"""What a case is worth that ran more than once: reduced per case first, never pooled over cases."""

from dataclasses import replace
from fractions import Fraction
from math import comb

import numpy as np

from prompteval.metrics.columns import Codes, Columns


def pass_at_k(turns: int, right: int, k: int) -> float:
    """The chance that one of k runs is right, estimated from `right` of `turns` runs without bias.

    1 - C(n - c, k) / C(n, k), from Chen et al. 2021, "Evaluating Large Language Models Trained on
    Code", equation 1. Raises ValueError where fewer than k runs are there.
    """
    _enough(turns, right, k)
    return float(1 - Fraction(comb(turns - right, k), comb(turns, k)))


def pass_hat_k(turns: int, right: int, k: int) -> float:
    """The chance that all of k runs are right, estimated from `right` of `turns` runs without bias.

    C(c, k) / C(n, k), from Yao et al. 2024, "tau-bench: A Benchmark for Tool-Agent-User
    Interaction in Real-World Domains", where it is named pass^k. Raises ValueError where fewer
    than k runs are there.
    """
    _enough(turns, right, k)
    return float(Fraction(comb(right, k), comb(turns, k)))


def _enough(turns: int, right: int, k: int) -> None:
    if not 1 <= k <= turns or not 0 <= right <= turns:
        raise ValueError(f"{right} of {turns} runs right say nothing about {k}")


def reduce_cases(columns: Columns, how: str) -> Columns:
    """Each case by its repeats: their `mean`, or 1 where a `majority`, `any` or `all` are right.

    An even tie is not a majority. Scores other than 0 and 1 stay as they are, and the metric then
    says so.
    """
    if how == "mean" or not is_binary(columns):
        return columns
    turns, right = _counts(columns)
    held = {"majority": 2 * right > turns, "any": right > 0, "all": right == turns}[how]
    return replace(columns, values=held.astype(np.float64), repeated=False)


def pass_columns(columns: Columns, family: str, k: int) -> Columns:
    """`pass@` or `pass^` of k for each case, all of which ran at least k times."""
    if not is_binary(columns):
        return columns
    turns, right = _counts(columns)
    estimator = pass_at_k if family == "pass@" else pass_hat_k
    pairs, place = np.unique(np.stack([turns, right], axis=1), axis=0, return_inverse=True)
    known = np.asarray([estimator(int(n), int(c), k) for n, c in pairs], dtype=np.float64)
    return replace(columns, values=known[place.reshape(-1)], repeated=bool((turns > k).any()))


def is_binary(columns: Columns) -> bool:
    """Whether every score, of every repeat, is 0 or 1."""
    return columns.repeated or bool(((columns.values == 0) | (columns.values == 1)).all())


def _counts(columns: Columns) -> tuple[Codes, Codes]:
    """(runs, runs that were right) of each case."""
    turns = np.ones(len(columns), dtype=np.int32) if columns.turns is None else columns.turns
    return turns, np.rint(columns.values * turns).astype(np.int32)
