"""`map:`: any shape to a result by JMESPath."""

import pytest

from prompteval.core.errors import UsageError
from prompteval.plan.results.mapping import compile_map


def test_a_key_without_a_match_is_left_out() -> None:
    """So that a row without passages is one without the key, not one with none."""
    found = compile_map({"output": "a.text", "context": "docs[*].{doc: id}"})
    assert found.apply({"a": {"text": "x"}}) == {"output": "x"}
    assert found.apply({"docs": [{"id": "d"}]}) == {"context": [{"doc": "d"}]}


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"ouput": "a"}, "unknown key 'ouput' (did you mean 'output'?)"),
        ({"output": "a["}, "map: output is not JMESPath"),
        ({"output": "a" * 3000}, "longer than 2,000 characters"),
        ({"output": "(" * 1500}, "map: output is not JMESPath"),
    ],
)
def test_a_wrong_map_is_refused_with_its_key(texts: dict[str, str], told: str) -> None:
    """Before anything is run."""
    with pytest.raises(UsageError) as caught:
        compile_map(texts)
    assert told in str(caught.value)


def test_a_function_that_does_not_take_the_data_names_the_key() -> None:
    """`length` of a number is the map's fault, with the expression."""
    with pytest.raises(UsageError, match=r"map: output \(length\(a\)\)"):
        compile_map({"output": "length(a)"}).apply({"a": 1})


def test_keys_that_no_row_has_are_named_with_a_row() -> None:
    """A key that some row has is not."""
    found = compile_map({"output": "a", "context": "b"})
    assert found.absent([{"a": 1}, {"b": []}]) == []
    (told,) = found.absent([{"a": 1}])
    assert told == 'map: context matches nothing: b is in no row, such as {"a": 1}'


@pytest.mark.parametrize(
    "text",
    [
        " | ".join(["[@, @][]"] * 60),
        " | ".join(["[@, @]"] * 60),
        "to_string(" + " | ".join(["[@, @]"] * 60) + ")",
        " | ".join(["[@, @]"] * 60) + " | [@[0] == @[1]]",
        " | ".join(["join('', [@, @, @, @])"] * 40),
    ],
    ids=["flatten", "shared", "to_string", "equal", "join"],
)
def test_an_expression_that_explodes_is_refused_with_its_key(text: str) -> None:
    """In about a second, and before it has filled the memory."""
    with pytest.raises(UsageError, match=r"map: output .*(steps|nested|lists and objects)"):
        compile_map({"output": text}).apply("some text of a page" * 4)


def test_ten_thousand_passages_are_mapped() -> None:
    """The bound is far from what a system gives back."""
    docs = [{"id": f"d{n}", "text": "x" * 200, "score": n} for n in range(10_000)]
    found = compile_map({"retrieved": "docs[?score >= `0`].{doc: id, text: text, score: score}"})
    assert len(found.apply({"docs": docs})["retrieved"]) == 10_000  # type: ignore[arg-type]
