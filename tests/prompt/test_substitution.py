"""A template of texts and variables gives what jinja2 gives for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Template as Jinja

from prompteval.core.errors import RenderError
from prompteval.prompt.substitution import MAX_CHARACTERS, substituted_parts
from prompteval.prompt.template import Template, environment

words = st.text(st.characters(exclude_characters="{}#%"), max_size=8)
values = st.text() | st.none() | st.booleans() | st.integers() | st.lists(st.text(max_size=3), max_size=2)


@given(words, words, words, values, values)
def test_text_is_that_of_jinja2(one: str, two: str, three: str, a: object, b: object) -> None:
    """For texts, which are put in as they are, markup included, and for all other values."""
    source = f"{one}{{{{ a }}}}{two}{{{{b}}}}{three}"
    assert Template(source, {}).render({"a": a, "b": b}) == Jinja(source).render(a=a, b=b)


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("a {{ b }}\nc", True),
        ("", True),
        ("{# left out #}{{ b }}{% raw %}{{ c }}{% endraw %}", True),
        ("{{ b | upper }}", False),
        ("{{ b.c }}", False),
        ("{{ self }}", False),
        ("{% if b %}x{% endif %}", False),
        ("{{ 'text' }}", False),
    ],
)
def test_only_texts_and_variables_are_put_together_here(source: str, plain: bool) -> None:
    """A filter, an attribute, a condition or a name that jinja2 defines is left to it."""
    assert (substituted_parts(environment({}).parse(source)) is not None) is plain


def test_what_is_absent_or_too_long_is_refused_as_before() -> None:
    """An undefined name and a text over the limit are a RenderError, in the words of jinja2 and of the limit."""
    with pytest.raises(RenderError, match="'b' is undefined"):
        Template("{{ a }}{{ b }}", {}).render({"a": "x"})
    half = "x" * (MAX_CHARACTERS // 2)
    assert len(Template("{{ a }}{{ a }}", {}).render({"a": half})) == MAX_CHARACTERS
    with pytest.raises(RenderError, match="longer than 2,000,000 characters"):
        Template("{{ a }}{{ a }}.", {}).render({"a": half})
