"""Metrics of stored runs over time."""

import json

import jsonschema

from prompteval.core.verdict import Estimate
from prompteval.engine.baseline import set_baselines
from prompteval.engine.history import history
from prompteval.plan.run_options import Selection
from prompteval.plan.shard import Shard
from prompteval.report.history import HistoryLine, HistoryPoint
from prompteval.report.page.history import history_json
from prompteval.report.page.schema import page_schema
from prompteval.report.result_view import FlakyCase
from tests.small_workspace import SUITE, Place, place

__all__ = ["place"]


def make_line(count: int) -> HistoryLine:
    """So many runs of one suite; the third is the baseline's, the last has an unstable case."""
    points = tuple(
        HistoryPoint(
            f"run-{n:03}", f"2026-11-{n % 28 + 1:02}T10:00:00", f"{n:010x}", "p@v1", "pass",
            {"accuracy": Estimate("accuracy", 0.5 + n / 90, 0.4 + n / 90, 0.6 + n / 90, 50)},
            (FlakyCase("c1", (1.0, 0.0)),) if n == count - 1 else (), n == 2,
        )
        for n in range(count)
    )  # fmt: skip
    return HistoryLine("s", "p", "m", ("accuracy",), {"accuracy": (0.6,)}, points)


def test_a_line_has_its_runs_in_order_with_limit_and_baseline(place: Place) -> None:
    """The oldest first; the gate's threshold; the run that the baseline is of."""
    place.write("evals/s.yaml", SUITE + "gate: [accuracy >= 0.25]\n")
    first = place.run()
    set_baselines(place.workspace, first.run_id, ())
    second = place.run()
    (line,) = history(place.workspace, 10)
    assert [point.run_id for point in line.points] == [first.run_id, second.run_id]
    assert [point.is_baseline for point in line.points] == [True, False]
    assert line.limits == {"accuracy": (0.25,)} and line.metrics == ("accuracy",)
    assert line.points[0].estimates["accuracy"] == first.results[0].metrics["accuracy"]


def test_runs_of_some_cases_are_listed_and_not_drawn(place: Place) -> None:
    """A shard and a selection are no points of the series; a note counts them; the gates are the whole run's."""
    place.write("evals/s.yaml", SUITE + "gate: [accuracy >= 0.25]\n")
    whole = place.run().run_id
    place.write("evals/s.yaml", SUITE + "gate: [accuracy >= 0.75]\n")
    limited = place.run(selection=Selection(limit=1)).run_id
    number = next(n for n in (1, 2) if Shard(n, 2).holds("s", "c1"))
    shard = place.run(shard=Shard(number, 2)).run_id
    (section,) = history_json(history(place.workspace, 10))["sections"]  # type: ignore[misc]
    (plot,) = section["drawn"]["plots"]
    assert [point[4].split()[0] for point in plot["points"]] == [whole] and plot["limits"] == [0.25]
    listed = [row[0] for row in section["tables"][0]["rows"]]
    assert listed == [f"{shard} (shard {number}/2)", f"{limited} (selection)", whole]
    (note,) = section["notes"]
    assert (
        note.startswith("2 runs of only some of the cases are listed and not drawn")
        and "1 shard (--shard) and 1 selection (" in note
    )


def test_a_run_that_stopped_early_is_drawn_as_one(place: Place) -> None:
    """Listed with the cases that ran, marked in the series, and counted in a note; one that ran all is not."""
    cases = ({"id": f"c{n:03}", "inputs": {"message": "x"}, "expected": "hello"} for n in range(200))
    place.write("datasets/c.jsonl", "".join(json.dumps(case) + "\n" for case in cases))
    place.write("evals/s.yaml", SUITE + "gate: [accuracy >= 0.5]\n")
    stopped, whole = place.run(stop_early="group-sequential"), place.run()
    early = stopped.results[0].stop_early
    assert early["cases"] < early["of"] == 200
    (line,) = history(place.workspace, 10)
    (section,) = history_json([line])["sections"]  # type: ignore[misc]
    assert [point[5] for point in section["drawn"]["plots"][0]["points"]] == [True, False]
    listed = [row[0] for row in section["tables"][0]["rows"]]
    assert listed == [whole.run_id, f"{stopped.run_id} (stopped early, {early['cases']} of 200 cases)"]
    assert section["notes"][0].startswith("1 run that --stop-early ended is drawn as a diamond")


def test_the_document_has_points_limits_and_unstable_cases() -> None:
    """It meets the published schema; the table begins with the newest run."""
    document = history_json([make_line(5)])
    jsonschema.validate(document, page_schema())
    (section,) = document["sections"]  # type: ignore[misc]
    plot, counts = section["drawn"]["plots"]
    assert [point[1] for point in counts["points"]] == [0, 0, 0, 0, 1] and counts["title"] == "unstable cases"
    assert [point[3] for point in plot["points"]] == [False, False, True, False, False] and plot[
        "limits"
    ] == [0.6]
    runs, unstable = section["tables"]
    assert runs["rows"][0][0] == "run-004" and "run-002 (baseline)" in runs["rows"][2]
    assert unstable["rows"] == [["c1", "1 of 2 right"]]
