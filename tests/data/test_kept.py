"""Rows in a file without a name are the rows that were kept."""

import tempfile
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import StoreError
from prompteval.data.equal import first_equal, repeats
from prompteval.data.kept import KeptRows
from prompteval.data.rows import DataRow

texts = st.text(st.characters(exclude_categories=()), max_size=30)  # halves of surrogate pairs too
rows = st.builds(
    DataRow, st.sampled_from(["a", "b"]), st.integers(1, 9), texts, texts, texts, texts, texts, texts
)


@given(given=st.lists(rows, max_size=20), start=st.integers(0, 20))
def test_rows_are_given_back_as_they_were(given: list[DataRow], start: int) -> None:
    """By place, in order, and from a place on; also while rows are still added."""
    with closing(KeptRows()) as kept:
        for row in given:
            kept.append(row)
            assert kept[len(kept) - 1] == row
        part = kept[start:]
        assert (list(kept), list(part), len(part)) == (given, given[start:], len(given[start:]))
        assert [part[place] for place in range(len(part))] == given[start:]
        with pytest.raises(IndexError):
            kept[len(given)]


@given(given=st.lists(rows, max_size=20), cut=st.slices(20), inner=st.slices(8))
def test_a_part_is_what_a_list_gives(given: list[DataRow], cut: slice, inner: slice) -> None:
    """Its end and its step count too, and a part of a part; places from the end as well."""
    with closing(KeptRows()) as kept:
        for row in given:
            kept.append(row)
        assert list(kept[cut]) == given[cut]
        assert list(kept[cut][inner]) == given[cut][inner]
        assert not given or kept[-1] == given[-1]


def test_the_texts_are_not_in_memory() -> None:
    """10,000 texts of 4,000 characters, 40 MB, take under 8 MB; blocks are read and forgotten."""
    tracemalloc.start()
    try:
        with closing(KeptRows()) as kept:
            for place in range(10_000):
                kept.append(DataRow("f", place, str(place), f"{place:010}" * 400))
            assert sum(len(row.text) for row in kept) == 40_000_000
            assert repeats(first_equal(kept, lambda row: row.text)) == []
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_a_full_temporary_directory_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is first noticed by reading a row back, by closing, or by making the file."""
    full = Path("/dev/full")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda buffering: full.open("r+b", buffering))
    kept = KeptRows()
    kept.append(DataRow("f", 1, "a", "text"))
    for use in (lambda: kept[0], kept.close):
        with pytest.raises(StoreError, match="could not be written: No space left on device"):
            use()
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    with pytest.raises(StoreError, match="/nowhere/at/all: could not be written: No such file"):
        KeptRows()


@given(values=st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=30))
def test_the_first_row_of_a_value_is_found(values: list[str]) -> None:
    """As by a search for each; a row without a value is like no other."""
    given = [DataRow("f", 1, "", value) for value in values]
    wanted = [values.index(value) if value else -1 for value in values]
    found = first_equal(given, lambda row: row.text)
    assert found.tolist() == wanted
    assert repeats(found) == [place for place, first in enumerate(wanted) if -1 < first < place]
