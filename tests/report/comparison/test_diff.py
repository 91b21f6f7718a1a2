"""The word diff joins to both texts, and says where it ends."""

from hypothesis import given
from hypothesis import strategies as st

from prompteval.report.comparison.diff import LONGEST, changed_words, word_diff

TEXT = st.lists(st.sampled_from(["pay", "now", " ", "\n", "é", "-"])).map("".join)


@given(TEXT, TEXT)
def test_parts_join_to_both_texts(before: str, after: str) -> None:
    """What stayed and went is A; what stayed and came is B."""
    parts = [*word_diff(before, after)]
    assert "".join(text for kind, text in parts if kind != "new") == before
    assert "".join(text for kind, text in parts if kind != "gone") == after


def test_what_is_not_compared_is_said() -> None:
    """Two long texts that differ at their ends only are not shown as equal."""
    same = "".join(f"word{number} " for number in range(LONGEST))
    assert [*word_diff(same + "a", same + "b")][-1] == ("same", "…")
    assert [*word_diff("a", "b")] == [("gone", "a"), ("new", "b")]


def test_one_sign_over_and_over_takes_no_time() -> None:
    """A model that stammers is shown as it is: the search would take minutes."""
    assert [*word_diff("!" * 2000, "?!" * 1000)] == [("gone", "!" * 2000), ("new", "?!" * 1000)]
    assert [*word_diff("!" * 2000, "!" * 2000)] == [("same", "!" * 2000)]


def test_an_output_that_one_side_keeps_is_told_apart() -> None:
    """A baseline keeps no outputs: what B says is new, and nothing is shown as if it stood on both sides."""
    assert [*changed_words(None, "yes")] == [("new", "yes")]
    assert [*changed_words("no", None)] == [("gone", "no")]
    assert [*changed_words(None, None)] == []
