"""Cases and observations are stored whole."""

from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.case import Case
from prompteval.core.observation import Observation
from prompteval.store.case_form import case_from, case_json
from prompteval.store.observation_form import observation_from, observation_json

texts = st.text(max_size=5)
cases = st.builds(
    Case, st.just("q"), st.dictionaries(texts, texts, max_size=2), expected=st.none() | texts,
    answers=st.lists(texts, max_size=2).map(tuple), answerable=st.none() | st.booleans(),
    tags=st.dictionaries(texts, texts, max_size=2), repeat=st.none() | st.integers(1, 9), cluster=st.none() | texts,
)  # fmt: skip


@given(cases)
def test_a_case_is_read_back_as_it_was(case: Case) -> None:
    """A question without an answer stays one."""
    assert case_from("q", case_json(case)) == case


@given(st.lists(st.fixed_dictionaries({"role": texts, "content": texts}), max_size=3).map(tuple))
def test_what_was_sent_is_read_back(sent: tuple[dict[str, str], ...]) -> None:
    """Every message, in its order."""
    seen = Observation("ok", text="x", sent=sent)
    assert observation_from("ok", 0.0, None, observation_json(seen)) == seen
