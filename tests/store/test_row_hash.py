"""A row's hash is of its fields and of its texts, however long these are."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.fingerprint import canonical_json
from prompteval.core.observation import Score
from prompteval.store.hashes import row_hash
from prompteval.store.score_form import scores_json, stored_scores, stored_scores_of
from prompteval.store.typed import DAMAGE, loads

KEY = ("run", "suite", "target", "model", "c1", 0, "sha256:0", "ok", 1.5, None)


@given(st.text(st.characters(max_codepoint=127)), st.sampled_from([0, 10, 70_000]))
def test_hash_is_of_the_head_and_of_each_text_on_a_line(text: str, more: int) -> None:
    """Texts that are joined and texts that are hashed one by one have the hash of the same bytes."""
    texts = (text, "x" * more, text[::-1])
    head = canonical_json([*KEY, *map(len, texts)])
    expected = hashlib.sha256("\n".join((head, *texts)).encode()).hexdigest()
    assert row_hash(KEY, *texts) == f"sha256:{expected}"


@given(
    st.lists(st.builds(Score, st.text(max_size=5), st.floats(0, 1), reason=st.text(max_size=90)), max_size=5)
)
def test_scores_that_are_read_once_are_those_of_their_text(scores: list[Score]) -> None:
    """Short texts, which are remembered, and long ones are read as they are stored."""
    text = scores_json(tuple(scores))
    assert stored_scores_of(text) == stored_scores_of(text) == stored_scores(loads(text))


@pytest.mark.parametrize("text", ["[", "[1]", '[["s", "high"]]', '[["s", 1.0, "scored", [1, 2]]]'])
def test_damaged_scores_are_refused_each_time(text: str) -> None:
    """What could not be read is not remembered as read."""
    for _ in range(2):
        with pytest.raises(DAMAGE):
            stored_scores_of(text)
