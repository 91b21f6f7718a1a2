"""Metrics against scikit-learn, names, references."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from prompteval.metrics import references
from prompteval.metrics.classification import averaged, one_class, per_class
from prompteval.metrics.columns import Columns
from prompteval.metrics.defined import gate_note, undefined_reason
from prompteval.metrics.names import AVERAGES, PARAMETERS, parse_metric
from prompteval.metrics.table import metric_spec
from tests.metrics.builders import from_rows

LABELS = ["a", "b", "c"]
pairs = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from([*LABELS, None])), min_size=1, max_size=60
)


def columns(found: list[tuple[str, str | None]]) -> Columns:
    return from_rows((float(e == p), (e, p)) for e, p in found)


def sklearn_view(found: list[tuple[str, str | None]]) -> tuple[list[str], list[str], list[str]]:
    """(expected, predicted, classes) with no class at all as a label of its own."""
    expected, predicted = [e for e, _ in found], [p if p is not None else "~none" for _, p in found]
    return expected, predicted, sorted(set(expected) | {p for p in predicted if p != "~none"})


@given(pairs)
def test_per_class_figures_equal_scikit_learn(found: list[tuple[str, str | None]]) -> None:
    """Precision, recall, F1 and support of each class, to 1e-9."""
    expected, predicted, classes = sklearn_view(found)
    wanted = precision_recall_fscore_support(expected, predicted, labels=classes, zero_division=0)
    ours = per_class(columns(found).confusion())
    for mine, theirs in zip(ours, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-9)


@given(pairs, st.sampled_from(AVERAGES), st.sampled_from(["precision", "recall", "f1"]))
def test_averages_equal_scikit_learn(found: list[tuple[str, str | None]], average: str, which: str) -> None:
    """Macro, micro and weighted, to 1e-9."""
    expected, predicted, classes = sklearn_view(found)
    figures = precision_recall_fscore_support(
        expected, predicted, labels=classes, average=average, zero_division=0
    )
    wanted = figures[["precision", "recall", "f1"].index(which)]
    assert float(averaged(columns(found).confusion(), which, average)) == pytest.approx(wanted, abs=1e-9)


@given(pairs)
def test_confusion_equals_scikit_learn(found: list[tuple[str, str | None]]) -> None:
    """Counts by expected and predicted; the last column holds what is no class."""
    expected, predicted, classes = sklearn_view(found)
    wanted = confusion_matrix(expected, predicted, labels=[*classes, "~none"])[:-1]
    np.testing.assert_array_equal(columns(found).confusion(), wanted)


@given(pairs, st.randoms())
def test_row_order_does_not_matter(found: list[tuple[str, str | None]], random: object) -> None:
    """A shuffled file gives the same table."""
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(columns(found).confusion(), columns(shuffled).confusion())


def test_tables_are_computed_together() -> None:
    """A stack of tables gives what each gives alone."""
    generator = np.random.default_rng(0)
    tables = generator.integers(0, 9, size=(5, 3, 4))
    together = averaged(tables, "f1", "macro")
    np.testing.assert_allclose(together, [averaged(table, "f1", "macro") for table in tables])
    assert one_class(tables, "recall", 1).shape == (5,)


@pytest.mark.parametrize(
    "text",
    ["accuracy", "f1(average=macro)", "recall(label=billing)", "f1(average=micro, scorer=x)", "per_class"],
)
def test_names_print_as_they_parse(text: str) -> None:
    """The canonical text is its own parse."""
    assert str(parse_metric(text)) == text
    assert parse_metric(str(parse_metric(text))) == parse_metric(text)


def test_spacing_and_order_do_not_matter() -> None:
    """Two spellings of one metric are equal."""
    assert parse_metric(" f1( scorer=x ,average=macro )") == parse_metric("f1(average=macro, scorer=x)")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("acuracy", "did you mean 'accuracy'"), ("f1(avg=macro)", "did you mean 'average'"), ("f1(average=x)", "macro, micro, weighted"),
        ("f1(average=macro, label=a)", "not both"), ("f1(average)", "parameter=value"), ("f1((", "is not a metric"), ("accuracy(average=macro)", "no parameter"),
    ],
)  # fmt: skip
def test_wrong_names_say_why(text: str, told: str) -> None:
    """Nothing unknown is skipped."""
    with pytest.raises(ValueError, match=told):
        parse_metric(text)


def test_every_name_has_a_spec() -> None:
    """The table and the names agree."""
    for name in PARAMETERS:
        spec = metric_spec(parse_metric(name))
        made = {"confusion": spec.statistic, "sample": spec.sample, "pr": spec.sample}
        assert made.get(spec.kind, spec) is not None


def test_b13_one_class_and_no_cases_are_undefined_with_a_reason() -> None:
    """Neither 0 nor 1 nor NaN."""
    one = columns([("a", "a"), ("a", "a")])
    assert undefined_reason(parse_metric("f1"), one) == "only one class is expected"
    assert undefined_reason(parse_metric("accuracy"), columns([])) == "no case was scored"
    assert "no case has the class" in undefined_reason(
        parse_metric("f1(label=z)"), columns([("a", "b"), ("b", "b")])
    )
    assert "use mean" in undefined_reason(parse_metric("accuracy"), from_rows([(0.5, None)]))
    assert "compares no classes" in undefined_reason(parse_metric("f1"), from_rows([(1.0, None)]))


def test_macro_f1_is_not_gated_while_a_class_is_small() -> None:
    """Nine cases of a class are too few to decide on."""
    found: list[tuple[str, str | None]] = [("a", "a")] * 20 + [("b", "b")] * 9
    assert "class 'b' has under 10 cases" in gate_note(parse_metric("f1(average=macro)"), columns(found))
    assert gate_note(parse_metric("f1(average=macro)"), columns([*found, ("b", "a")])) == ""


@given(st.lists(st.sampled_from(LABELS), min_size=1))
def test_majority_is_the_most_frequent(expected: list[str]) -> None:
    """No constant guess does better."""
    guess = references.majority(expected)[0]
    assert expected.count(guess) == max(map(expected.count, LABELS))


@given(st.permutations([f"c{i}" for i in range(20)]))
def test_random_reference_follows_the_id(ids: list[str]) -> None:
    """The guess of a case does not depend on the order of the file."""
    labels = ["a", "b"] * 10
    guesses = dict(zip(ids, references.random(ids, labels), strict=True))
    assert guesses == dict(zip(sorted(ids), references.random(sorted(ids), labels), strict=True))
