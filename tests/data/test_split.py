"""A split is the same for the same rows in any order, and rows that are added move none."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import UsageError
from prompteval.data.assign import Unit, by_hash, by_stratum, by_time, cutoffs, group_units
from prompteval.data.split import parse_ratios

RATIOS = {"train": 0.7, "dev": 0.15, "test": 0.15}
NAMES = st.lists(st.text(min_size=1, max_size=6), unique=True, max_size=60)
LABELLED = st.dictionaries(st.text(min_size=1, max_size=6), st.sampled_from("abc"), max_size=60)


@given(names=NAMES, more=NAMES, salt=st.text(max_size=4))
def test_b14_a_split_by_hash_depends_on_nothing_but_the_name(
    names: list[str], more: list[str], salt: str
) -> None:
    """B14: shuffled, or with rows added, each row is where it was."""
    sides = {name: by_hash(name, RATIOS, salt) for name in names}
    assert all(
        by_hash(name, RATIOS, salt) == sides[name] for name in [*more, *reversed(names)] if name in sides
    )


@given(rows=LABELLED, data=st.data())
def test_b14_a_stratified_split_is_the_same_when_shuffled(rows: dict[str, str], data: st.DataObject) -> None:
    """B14: and each side of each stratum has its share within one row."""
    units = [Unit(name, 1, label) for name, label in rows.items()]
    shuffled = data.draw(st.permutations(units))
    sides = by_stratum(units, RATIOS, "s")
    assert by_stratum(shuffled, RATIOS, "s") == sides
    for label in set(rows.values()):
        own = Counter(sides[name] for name in rows if rows[name] == label)
        assert all(abs(own[side] - share * own.total()) <= 1 for side, share in RATIOS.items())


@given(rows=LABELLED, more=LABELLED)
def test_growth_moves_no_row_of_a_stratified_split(rows: dict[str, str], more: dict[str, str]) -> None:
    """Rows that have a side keep it, whatever is added."""
    sides = by_stratum([Unit(name, 1, label) for name, label in rows.items()], RATIOS, "s")
    kept = [Unit(name, 1, label, sides[name]) for name, label in rows.items()]
    new = [Unit(name, 1, label) for name, label in more.items() if name not in rows]
    grown = by_stratum([*kept, *new], RATIOS, "s")
    assert {name: grown[name] for name in rows} == sides


@given(groups=st.lists(st.tuples(st.sampled_from("uvwxyz"), st.sampled_from("ab")), max_size=60))
def test_shares_are_within_the_largest_group(groups: list[tuple[str, str]]) -> None:
    """A group is never cut; what a side has too much or too little is one group at most."""
    units = group_units([(name, label, "") for name, label in groups])
    sides = by_stratum(units, RATIOS, "s")
    for stratum in {unit.stratum for unit in units}:
        own = [unit for unit in units if unit.stratum == stratum]
        total, largest = sum(unit.size for unit in own), max(unit.size for unit in own)
        for side, share in RATIOS.items():
            assert abs(sum(unit.size for unit in own if sides[unit.name] == side) - share * total) <= largest


def test_shares_by_hash_are_those_of_a_binomial() -> None:
    """Of 20,000 rows within four standard deviations."""
    counts = Counter(by_hash(f"row-{number}", RATIOS, "salt") for number in range(20_000))
    for side, share in RATIOS.items():
        assert abs(counts[side] - 20_000 * share) < 4 * (20_000 * share * (1 - share)) ** 0.5


def test_a_split_by_time_puts_the_past_first_and_equal_times_on_one_side() -> None:
    """A later row is never on an earlier side, and the cutoffs keep new rows where they belong."""
    ends = cutoffs([1.0, 2.0, 3.0, 3.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], {"train": 0.4, "test": 0.6})
    assert ends == {"train": 3.0}
    assert [by_time(time, ends, "test") for time in ("0", "3", "3.5", "2026-01-01")] == [
        "train",
        "train",
        "test",
        "test",
    ]


@pytest.mark.parametrize("text", ["train=.5,test=.6", "train", "train=0,test=1", "a=.5,a=.5", "", "a=x"])
def test_shares_that_make_no_whole_are_refused(text: str) -> None:
    """With what they add up to, or the part that is wrong."""
    with pytest.raises(UsageError, match="--ratios"):
        parse_ratios(text)


def test_shares_may_be_written_as_one_likes(tmp_path: Path) -> None:
    """In their order, blanks left out."""
    assert parse_ratios("train=.8, test=0.2") == {"train": 0.8, "test": 0.2}
