"""Repeats: how often a case runs, what its rows become."""

from collections.abc import Sequence
from typing import Any

import pytest

from prompteval.analysis.columns.entry_columns import EntryColumns, build_columns
from prompteval.analysis.estimates import estimate
from prompteval.core.stored import StoredRow, StoredScore
from prompteval.metrics.names import parse_metric
from prompteval.metrics.table import metric_spec
from prompteval.plan.measures import Measure
from prompteval.plan.repeats import Repeats, agreed_labels
from prompteval.stats.interval import t01, wilson


def measure(text: str) -> Measure:
    name = parse_metric(text)
    return Measure(str(name), name, metric_spec(name), "s")


def collected(
    runs: dict[str, Sequence[float | None]], repeats: Repeats | None = None, **case: Any
) -> EntryColumns:
    """The columns of cases by their scores, None where a repeat could not be scored."""
    rows = []
    for case_id, scores in sorted(runs.items()):
        for turn, value in enumerate(scores):
            score = StoredScore("s", value, "scored" if value is not None else "failed")
            rows.append(StoredRow(case_id, turn, "ok", 1.0, repeat=case.get("repeat"), scores=(score,)))
    return build_columns(rows, ["s"], [], keep_ids=False, repeats=repeats)


def test_the_command_line_then_the_case_then_the_suite_says_how_often() -> None:
    """The first that says anything."""
    assert [Repeats(None, 2).of(own) for own in (None, 5)] == [2, 5]
    assert Repeats(3, 2).of(5) == 3


def test_the_interval_is_over_cases() -> None:
    """Ten times the repeats of steady cases is not ten times the evidence."""
    once = {f"c{i}": [float(i % 3 > 0)] for i in range(30)}
    often = {name: scores * 10 for name, scores in once.items()}
    few, many = (
        estimate(measure("accuracy"), collected(runs).of(measure("accuracy"))) for runs in (once, often)
    )
    assert (few.n, many.n, few.value) == (30, 30, many.value)
    values = collected(once).scores["s"].values
    assert (many.low, many.high) == (t01(list(values), 0.0, 1.0).low, t01(list(values), 0.0, 1.0).high)  # type: ignore[arg-type]
    assert many.high - many.low > 0.9 * (few.high - few.low)  # type: ignore[operator]


def test_a_case_asked_five_times_counts_as_much_as_one_asked_once() -> None:
    """The mean over cases of their means, each stable or not."""
    found = collected({"a": [1.0, 0.0, 0.0, 0.0, 0.0], "b": [1.0], "c": [0.0]})
    told = estimate(measure("accuracy"), found.of(measure("accuracy")))
    assert told.value == pytest.approx((0.2 + 1 + 0) / 3)
    assert (told.n, told.repeated, told.stable, told.method) == (3, 1, 0, "t01")
    assert [(case.case_id, case.scores) for case in found.flaky] == [("a", (1.0, 0.0, 0.0, 0.0, 0.0))]


def test_reduced_to_yes_or_no_it_is_a_proportion() -> None:
    """Any, all and pass@k of exactly k runs take Wilson; pass@k of more runs the mean's interval."""
    found = collected({"a": [1.0, 0.0, 0.0], "b": [1.0, 1.0, 1.0]})
    for text in ("accuracy(reduce=any)", "pass@3"):
        told = estimate(measure(text), found.of(measure(text)))
        assert (told.value, told.low, told.method) == (1.0, wilson(2, 2).low, "wilson")
    told = estimate(measure("pass^2"), found.of(measure("pass^2")))
    assert (told.value, told.method) == (0.5, "t01")


def test_a_case_with_too_few_repeats_is_missing() -> None:
    """It never counts as right or wrong; where every case lacks them there is a reason."""
    found = collected({"a": [1.0, 0.0], "b": [1.0]})
    told = estimate(measure("pass@2"), found.of(measure("pass@2")))
    assert (told.value, told.n, told.missing) == (1.0, 1, 1)
    none = estimate(measure("pass@3"), found.of(measure("pass@3")))
    assert none.value is None and "no case has them" in none.reason


def test_a_repeat_that_could_not_be_scored_makes_the_case_missing_but_from_the_mean() -> None:
    """All of three cannot be told from two."""
    found = collected({"a": [1.0, None, 1.0], "b": [0.0, 0.0, 0.0]})
    for text, n, missing in (("accuracy(reduce=all)", 1, 1), ("pass^2", 1, 1), ("accuracy", 2, 0)):
        told = estimate(measure(text), found.of(measure(text)))
        assert (told.n, told.missing) == (n, missing), text


def test_a_case_that_did_not_run_to_its_end_is_not_counted() -> None:
    """Two of three runs are no case yet, and its own `repeat` is known from what is stored."""
    runs = {"a": [1.0, 1.0], "b": [1.0, 1.0, 1.0]}
    assert collected(runs, Repeats(None, 3)).outcomes == {"ok": 1}
    assert collected(runs, Repeats(None, 3), repeat=2).outcomes == {"ok": 2}


def test_the_class_of_a_case_is_what_most_repeats_gave() -> None:
    """An even tie is no class; so is a majority of outputs that are none."""
    assert agreed_labels([("x", "y"), ("x", "x"), ("x", "y")]) == ("x", "y")
    assert agreed_labels([("x", "y"), ("x", "x")]) == ("x", None)
    assert agreed_labels([("x", None), ("x", "x"), ("x", None)]) == ("x", None)
