"""The cases of a small suite are read once, those of a large one again, one at a time."""

from prompteval.core.case import Case
from prompteval.plan.kept_cases import MOST_KEPT_CHARACTERS, KeptCases


def case(number: int) -> Case:
    return Case(id=f"c{number}", inputs={"text": "a"})


def test_what_is_few_is_kept_by_source_and_in_order() -> None:
    """Every source gives what was added to it; one that has nothing is read again."""
    kept = KeptCases()
    for number in range(4):
        kept.add("ab"[number % 2], case(number), 10)
    assert [one.id for one in kept.of("a") or ()] == ["c0", "c2"]
    assert [one.id for one in kept.of("b") or ()] == ["c1", "c3"]
    assert kept.of("c") is None


def test_what_is_too_much_is_not_kept_at_all() -> None:
    """A part of a source must never pass for the whole of it, nor one source for all of them."""
    kept = KeptCases()
    kept.add("a", case(1), MOST_KEPT_CHARACTERS)
    assert kept.of("a") is not None
    kept.add("b", case(2), 1)
    kept.add("c", case(3), 1)
    assert all(kept.of(name) is None for name in "abc")
