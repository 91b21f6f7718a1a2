"""The seeded order: every case in one portion, wherever it is in its file."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.analysis.early.case_order import order_cases
from prompteval.core.case import Case
from prompteval.stats.sequential.decide import SequentialDesign

WAYS = [SequentialDesign("group-sequential"), SequentialDesign("always-valid")]
IDS = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=60, unique=True)


def job(ids: list[str], repeats: int = 1, seed: str = "sha256:1") -> Any:
    """What `make_order` reads of a job."""
    cases = [Case(name, {}, tags={"half": "ab"[len(name) % 2]}) for name in ids]
    plan = SimpleNamespace(facts=SimpleNamespace(fingerprint=seed))
    return SimpleNamespace(
        plan=plan, work=lambda: ((case, turn) for case in cases for turn in range(repeats))
    )


@pytest.mark.parametrize("design", WAYS)
@given(ids=IDS, repeats=st.integers(1, 3))
def test_every_case_runs_in_one_portion(design: SequentialDesign, ids: list[str], repeats: int) -> None:
    """Portions part the work; cases and calls up to each are counted; the last look is at the end."""
    wanted = job(ids, repeats)
    order = order_cases(wanted, design, frozenset({"half"}))
    portions = [[(case.id, turn) for case, turn in portion] for portion in order.portions(wanted)]
    assert sorted(item for portion in portions for item in portion) == sorted(
        (name, turn) for name in ids for turn in range(repeats)
    )
    sums = [sum(len(portion) for portion in portions[: place + 1]) for place in range(len(portions))]
    assert tuple(sums) == order.calls and order.calls == tuple(repeats * count for count in order.cases)
    assert [look.cases for look in order.looks(design)] == list(order.cases) and order.cases[-1] == len(ids)
    assert sum(order.values.values()) == len(ids)


@given(IDS, st.randoms())
def test_the_order_of_the_file_does_not_matter(ids: list[str], chance: Any) -> None:
    """The same portions from a shuffled file; other ones from other content."""
    shuffled = chance.sample(ids, len(ids))
    first, again = (order_cases(job(some), WAYS[0], frozenset()) for some in (ids, shuffled))
    assert (first.ends, first.cases) == (again.ends, again.cases)
    other = order_cases(job(ids, seed="sha256:2"), WAYS[0], frozenset())
    assert other.rank(ids[0]) != first.rank(ids[0])
