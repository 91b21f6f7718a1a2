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


def test_fields_that_changed_are_told_with_both_values() -> None:
    """A number is one word, all fields that changed are counted, what stayed is left out."""
    before = '{"total": 57265.0, "name": "A", "at": {"city": "Ulm", "zip": 1}, "gone": true, "same": [1]}'
    after = '{"total": 572.65, "name": "A", "at": {"city": "Bonn", "zip": 1}, "same": [1]}'
    told = "".join(text for _, text in changed_words(before, after))
    assert told == "3 fields: total: 57265.0 → 572.65; at.city: Ulm → Bonn; gone: true → (absent)"
    assert [*changed_words('{"a": 1}', '{"a": true}')] == [("same", "a: "), ("turned", "1 → true")]
    assert "".join(
        text
        for _, text in changed_words(
            *("{" + ",".join(f'"f{n}": {m}' for n in range(12)) + "}" for m in (1, 2))
        )
    ).endswith("; … 2 more")


def test_a_long_text_in_a_field_is_told_word_by_word() -> None:
    """And a number in a text is one word."""
    before = '{"answer": "The invoice of last March comes to 57265.0 euros in all."}'
    after = '{"answer": "The invoice of last March comes to 572.65 euros in all."}'
    parts = [*changed_words(before, after)]
    assert ("gone", "57265.0") in parts and ("new", "572.65") in parts and parts[0] == ("same", "answer: ")
