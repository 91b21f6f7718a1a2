"""Which cases people label, and in which order they see the outputs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Chosen:
    """A case to label. `weight` is how many cases of its stratum it stands for, None without strata."""

    case_id: str
    weight: float | None = None


def chosen_cases(
    cases: Mapping[str, str | None], sample: int, seed: int, *, balanced: bool = False
) -> list[Chosen]:
    """`sample` of the cases, or all where there are fewer, in the order in which they are labelled.

    `cases` has the stratum of each. A simple random sample is the beginning of one order, so that a larger
    one holds it. A balanced one takes as many of each stratum as of any other while it has some.
    """
    ordered = sorted(cases, key=lambda case: rank(seed, case))
    if not balanced:
        return [Chosen(case) for case in ordered[:sample]]
    strata: dict[str, list[str]] = {}
    for case in ordered:
        strata.setdefault(cases[case] or "", []).append(case)
    taken = _taken({name: len(of) for name, of in strata.items()}, sample)
    found = [Chosen(case, len(of) / taken[name]) for name, of in strata.items() for case in of[: taken[name]]]
    return sorted(found, key=lambda one: rank(seed, one.case_id))


def _taken(sizes: Mapping[str, int], sample: int) -> dict[str, int]:
    """How many of each stratum: the same number, a smaller stratum whole."""
    taken = dict.fromkeys(sizes, 0)
    left = min(sample, sum(sizes.values()))
    while left:
        open_strata = [name for name in sorted(sizes) if taken[name] < sizes[name]]
        each = max(left // len(open_strata), 1)
        for name in open_strata:
            more = min(each, sizes[name] - taken[name], left)
            taken[name] += more
            left -= more
    return taken


def share_of(chosen: Sequence[Chosen], share: float) -> list[Chosen]:
    """The first part of the chosen cases, for a second annotator."""
    return list(chosen[: math.ceil(len(chosen) * share)])


def rank(seed: int, *parts: str) -> bytes:
    """By what cases, and the outputs of a case, are put in an order that says nothing of them."""
    return sha256("\0".join([str(seed), *parts]).encode("utf-8", "surrogatepass")).digest()
