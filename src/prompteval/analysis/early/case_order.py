"""The seeded order of a job's cases, cut into portions with a look after each.

A case has a rank from its id and the fingerprint of all cases, so the order does not depend on the
file's; a portion holds the cases between two ranks, and nothing but numbers is kept in memory.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from prompteval.core.case import Case
from prompteval.core.fingerprint import seeded_rank
from prompteval.plan.jobs import Job
from prompteval.stats.sequential.decide import SequentialDesign
from prompteval.stats.sequential.looks import Look, planned_looks

# Betting may look as often as it likes; more looks would read the case files more often.
BETTING_LOOKS = 20


@dataclass(frozen=True, slots=True)
class CaseOrder:
    """The portions of a job.

    `ends` are the last rank of each portion, `cases` and `calls` how many cases and repeats there
    are up to it. `values` counts the cases of each (tag, value), `clustered` says whether a case
    names a cluster.
    """

    seed: str
    ends: tuple[int, ...]
    cases: tuple[int, ...]
    calls: tuple[int, ...]
    values: Mapping[tuple[str, str], int]
    clustered: bool

    def rank(self, case_id: str) -> int:
        """Where a case stands, from 0 to 2^64."""
        return seeded_rank(self.seed, case_id)

    def portions(self, job: Job) -> Iterator[Iterator[tuple[Case, int]]]:
        """The (case, replicate) of each portion, in the order of the files."""
        for after, end in pairwise((-1, *self.ends)):
            yield self._between(job, after, end)

    def _between(self, job: Job, after: int, end: int) -> Iterator[tuple[Case, int]]:
        return ((case, replicate) for case, replicate in job.work() if after < self.rank(case.id) <= end)

    def looks(self, design: SequentialDesign) -> tuple[Look, ...]:
        """The look after each portion."""
        if design.method == "group-sequential":
            return planned_looks(self.cases[-1], alpha=design.alpha, gates=design.tests)
        return tuple(Look(count, 0.0, 0.0) for count in self.cases)


def order_cases(job: Job, design: SequentialDesign, tags: frozenset[str]) -> CaseOrder:
    """One pass over the cases of a job, which has at least one."""
    order = CaseOrder(job.plan.facts.fingerprint, (), (), (), {}, False)
    ranks, repeats = array("Q"), array("I")
    values: Counter[tuple[str, str]] = Counter()
    clustered = False
    for case, replicate in job.work():
        if replicate:
            repeats[-1] += 1
            continue
        ranks.append(order.rank(case.id))
        repeats.append(1)
        clustered = clustered or case.cluster is not None
        values.update((tag, case.tags[tag]) for tag in tags if tag in case.tags)
    cuts = _cuts(len(ranks), design)
    where = np.argsort(np.frombuffer(ranks, np.uint64), kind="stable")
    calls = np.cumsum(np.frombuffer(repeats, np.uint32)[where])
    return CaseOrder(
        seed=order.seed,
        ends=tuple(ranks[where[cut - 1]] for cut in cuts),
        cases=cuts,
        calls=tuple(int(calls[cut - 1]) for cut in cuts),
        values=values,
        clustered=clustered,
    )


def _cuts(cases: int, design: SequentialDesign) -> tuple[int, ...]:
    if design.method == "group-sequential":
        return tuple(look.cases for look in planned_looks(cases))
    return tuple(sorted({-(-cases * step // BETTING_LOOKS) for step in range(1, BETTING_LOOKS + 1)}))
