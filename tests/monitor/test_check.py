"""`monitor check`, from a log to a verdict, in this process."""

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.prediction import Feedback, record_line
from prompteval.monitor.check import Window, check_log
from prompteval.monitor.config import MonitorConfig, default_config, load_config
from prompteval.reference.index import find
from prompteval.report.monitoring.json import document
from prompteval.report.monitoring.schema import monitor_check_schema
from prompteval.report.monitoring.view import MonitorView, Signal
from prompteval.workspace.settings import Workspace
from tests.closed_schema import closed
from tests.monitor.logs import SHARES, START, predictions, write_config, write_log

MOVED = {"billing": 0.65, "technical": 0.05, "general": 0.2, "escalate": 0.1}


def nowhere() -> Workspace:
    raise AssertionError("a log is compared with a log without any workspace")


def check(
    directory: Path, reference: str, log: str, window: Window | None = None, **signals: Any
) -> MonitorView:
    config = load_config(write_config(directory / "monitor.yaml", **signals)) if signals else default_config()
    return check_log(log, reference, config, nowhere, window)


def signal(view: MonitorView, name: str) -> Signal:
    return next(one for one in view.signals if one.name == name)


@pytest.fixture
def reference(tmp_path: Path) -> str:
    return write_log(tmp_path / "reference.jsonl", predictions(2000, seed=1))


def test_a_shift_of_25_points_alerts_and_names_the_class(tmp_path: Path, reference: str) -> None:
    """Exit 1; what moved is there with both shares, and the interval lies beyond the threshold."""
    view = check(tmp_path, reference, write_log(tmp_path / "log.jsonl", predictions(800, MOVED, seed=2)))
    found = signal(view, "predictions")
    assert (view.verdict, view.exit_code) == ("alert", 1)
    assert found.low is not None and found.low > found.threshold == 0.15
    assert {name for name, _, _ in found.moved[:2]} == {"billing", "technical"}
    assert signal(view, "inputs.length").verdict == "quiet"


def test_no_change_and_a_change_of_five_points_are_quiet(tmp_path: Path, reference: str) -> None:
    """Also with many rows, where five points are certain: they do not matter."""
    near = {"billing": 0.45, "technical": 0.25, "general": 0.2, "escalate": 0.1}
    view = check(tmp_path, reference, write_log(tmp_path / "log.jsonl", predictions(4000, near, seed=3)))
    found = signal(view, "predictions")
    assert (view.verdict, view.exit_code) == ("quiet", 0)
    assert found.p is not None and found.p < 0.001 and found.verdict == "quiet"


def test_a_log_beside_itself_is_refused_but_for_a_part_of_it(tmp_path: Path, reference: str) -> None:
    """By another spelling of its path too: such a check would be quiet for ever."""
    (tmp_path / "link.jsonl").symlink_to(reference)
    for name in (reference, str(tmp_path / "." / "link.jsonl")):
        with pytest.raises(UsageError, match="is the log itself"):
            check(tmp_path, reference, name)
    assert check(tmp_path, reference, reference, Window(last=500)).signals


def test_an_empty_log_has_no_prediction_yet(tmp_path: Path, reference: str) -> None:
    """Which is another thing than lines that are none."""
    (tmp_path / "log.jsonl").write_text("")
    with pytest.raises(UsageError, match="there is no prediction in it yet"):
        check(tmp_path, reference, str(tmp_path / "log.jsonl"))


def test_a_few_rows_are_too_few_and_never_quiet(tmp_path: Path, reference: str) -> None:
    """Exit 3, and the sentence says what is missing."""
    view = check(tmp_path, reference, write_log(tmp_path / "log.jsonl", predictions(30, seed=4)))
    found = signal(view, "predictions")
    assert (view.verdict, view.exit_code, found.verdict) == ("too_few", 3, "too_few")
    assert "30 rows are too few to show a change of 30 points" in found.detail


def test_longer_inputs_alert_by_psi(tmp_path: Path, reference: str) -> None:
    """Twice as long; both directions of KL, KS and the null value stand beside it."""
    log = write_log(tmp_path / "log.jsonl", predictions(800, seed=5, length=120.0))
    found = signal(check(tmp_path, reference, log), "inputs.length")
    assert found.verdict == "alert" and found.measures["psi"].null is not None
    assert {"ks", "kl_window_from_reference", "kl_reference_from_window"} <= set(found.measures)


def test_slow_and_failing_calls_alert_without_a_reference(tmp_path: Path) -> None:
    """Percentile, both error budgets and the rate; one failure in ten rows does not."""
    log = write_log(tmp_path / "log.jsonl", predictions(3000, seed=6, errors=0.02, slow=0.05))
    signals = {"latency": {"p50_ms": 200, "p99_ms": 1500, "slo": 0.99}, "errors": {"rate": 0.001}}
    config = load_config(write_config(tmp_path / "monitor.yaml", **signals))
    view = check_log(log, None, config, nowhere)
    verdicts = {one.name: one.verdict for one in view.signals}
    assert verdicts == {
        "latency.p50_ms": "quiet", "latency.p99_ms": "alert", "errors": "alert", "latency.slo": "alert",
        "errors.budget": "alert",
    }  # fmt: skip
    rows = predictions(10, seed=7)
    one = [*rows[:9], predictions(1, seed=8, start=rows[-1].time, errors=1.0)[0]]
    few = check_log(write_log(tmp_path / "few.jsonl", one), None, config, nowhere)
    assert not few.alerts


def test_a_rate_of_0_allows_no_failure(tmp_path: Path) -> None:
    """One failed call alerts and none is quiet, of few rows too; there is no budget that could burn."""
    rows = predictions(20, seed=6)
    config = load_config(write_config(tmp_path / "monitor.yaml", errors={"rate": 0}))
    clean = check_log(write_log(tmp_path / "clean.jsonl", rows[:2]), None, config, nowhere)
    assert [(one.name, one.verdict) for one in clean.signals] == [("errors", "quiet")]
    rows[7] = predictions(1, seed=7, errors=1.0)[0]
    failing = check_log(write_log(tmp_path / "failing.jsonl", rows), None, config, nowhere)
    assert (failing.exit_code, signal(failing, "errors").verdict) == (1, "alert")
    assert "1 of 20 calls failed" in signal(failing, "errors").detail


def test_the_window_is_the_end_of_the_log_and_budgets_read_three_days(tmp_path: Path, reference: str) -> None:
    """A shift that is over is not in the last day, nor in the last rows."""
    old = predictions(900, MOVED, seed=9, seconds=86_400)
    new = predictions(900, seed=10, start=START + 86_400, seconds=86_400)
    log = write_log(tmp_path / "log.jsonl", [*old, *new])
    assert signal(check(tmp_path, reference, log), "predictions").n == 1800
    for window in (Window(seconds=86_000.0), Window(last=880)):
        found = signal(check(tmp_path, reference, log, window), "predictions")
        assert (found.n, found.verdict) == (pytest.approx(890, abs=15), "quiet")
    budget = signal(check(tmp_path, reference, log, Window(last=10)), "errors.budget")
    assert budget.n == 1800


def test_a_pattern_rotated_and_packed_files_are_one_log(tmp_path: Path, reference: str) -> None:
    """By name with what was set aside of it, or by a pattern."""
    rows = predictions(900, MOVED, seed=11)
    write_log(tmp_path / "p.jsonl", rows[600:])
    write_log(tmp_path / "p.jsonl.20260101T000000.000001Z", rows[:300])
    text = "".join(record_line(row) + "\n" for row in rows[300:600])
    (tmp_path / "p.jsonl.2.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "p.jsonl.bak").write_text("not of the log")
    for name in ("p.jsonl", "p.json*[lzZ]"):
        view = check(tmp_path, reference, str(tmp_path / name))
        assert view.total_rows == 900 and signal(view, "predictions").verdict == "alert"
    plain = check(tmp_path, reference, write_log(tmp_path / "all.jsonl", rows))
    assert (
        document(plain)["signals"]
        == document(check(tmp_path, reference, str(tmp_path / "p.jsonl")))["signals"]
    )


def test_lines_that_cannot_be_read_are_counted_and_shown(tmp_path: Path, reference: str) -> None:
    """Half a line, a wrong outcome, a time without a zone: the rows around them count."""
    rows = [record_line(row) for row in predictions(500, seed=12)]
    wrong = {
        3: rows[3][:40],
        7: rows[7].replace('"ok"', '"fine"'),
        9: rows[9].replace('.000Z"', '"').replace("Z", ""),
        11: "[]",
        13: rows[13].replace('"latency_ms":', '"latency_ms":1e400,"x":'),
        15: json.dumps({**json.loads(rows[15]), "time": "2026-99-99T00:00:00.000Z"}),
    }
    (tmp_path / "log.jsonl").write_text("\n".join(wrong.get(n, row) for n, row in enumerate(rows)) + "\n")
    view = check(tmp_path, reference, str(tmp_path / "log.jsonl"))
    assert (view.unread, view.total_rows) == (len(wrong), 500 - len(wrong))
    assert "log.jsonl:4: not JSON" in view.notes[0] and "log.jsonl:8: outcome is not one of" in view.notes[1]


def test_a_log_without_a_prediction_says_why(tmp_path: Path, reference: str) -> None:
    """Wrong files are exit 2 with the first line's fault; missing ones, and directories, too."""
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(UsageError, match=r"no line is a prediction; .*x.jsonl:1: "):
        check(tmp_path, reference, str(tmp_path / "x.jsonl"))
    for name, message in (
        ("none.jsonl", "no such file"),
        ("none*", "no file matches"),
        (".", "is a directory"),
    ):
        with pytest.raises(UsageError, match=message):
            check(tmp_path, reference, str(tmp_path / name))


def test_the_document_is_what_its_schema_says(tmp_path: Path, reference: str) -> None:
    """Alerts, slices, a signal with too few rows and a note; each signal has a meaning under its name."""
    rows = predictions(300, MOVED, seed=2, errors=0.1, slow=0.1, tags={"channel": "mail"})
    log = write_log(tmp_path / "log.jsonl", [*rows, Feedback(rows[0].request_id, label=rows[0].output)])
    (tmp_path / "log.jsonl").write_text(Path(log).read_text() + "{\n")
    view = check(
        tmp_path, reference, log, predictions={"field": "intent"}, slices=["channel"],
        inputs={"features": ["length", "language", "message"]}, errors={"rate": 0.001},
        latency={"p50_ms": 500, "p95_ms": 900, "p99_ms": 1500, "slo": 0.99}, feedback={"metric": "accuracy"},
    )  # fmt: skip
    found = json.loads(json.dumps(document(view), allow_nan=False))
    jsonschema.validate(found, closed(monitor_check_schema()))
    assert found["verdict"] == "alert" and found["slices"]["channel"]["mail"] and found["notes"]
    unknown = [name for name in found["signals"] if not find(name).entries]
    assert unknown == [] and len(found["signals"]) == 11


def test_slices_find_what_the_whole_hides(tmp_path: Path, reference: str) -> None:
    """A tenth of the rows moved: all rows together are quiet, the slice alerts."""
    rows = [*predictions(4000, seed=13, tags={"channel": "web"})]
    rows += predictions(400, MOVED, seed=14, tags={"channel": "mail"})
    log = write_log(tmp_path / "log.jsonl", rows)
    view = check(tmp_path, reference, log, predictions={"field": "intent"}, slices=["channel"])
    assert signal(view, "predictions").verdict == "quiet"
    assert [where for where, _ in view.alerts] == ["channel=mail"] and view.exit_code == 1


def test_rows_of_one_user_are_not_evidence_of_many(tmp_path: Path) -> None:
    """Twenty users who each ask one thing a hundred times: an alert, and too few by cluster."""

    def rows(seed: int) -> list[Any]:
        found = []
        for user in range(20):
            intent = list(SHARES)[(user * 7 + seed) % 4 if user % 3 else seed % 4]
            found += predictions(100, {intent: 1.0}, seed=seed * 100 + user, tags={"user": f"u{seed}-{user}"})
        return found

    reference = write_log(tmp_path / "reference.jsonl", rows(1))
    log = write_log(tmp_path / "log.jsonl", rows(2))
    alone = check(tmp_path, reference, log, predictions={"field": "intent"})
    together = check(tmp_path, reference, log, predictions={"field": "intent"}, cluster="user")
    assert signal(alone, "predictions").verdict == "alert"
    assert signal(together, "predictions").verdict == "too_few"


def test_feedback_drops_and_missing_labels_are_told(tmp_path: Path) -> None:
    """Labels that came later, joined by request; the share without them, by class."""

    def labelled(seed: int, right: float) -> list[Any]:
        rows = predictions(1500, seed=seed)
        said = []
        for number, row in enumerate(rows):
            if row.output["intent"] == "escalate" or number % 2:
                continue
            label = row.output["intent"] if number % 100 < 100 * right else "general"
            said.append(Feedback(row.request_id, label=label))
        return [*rows, *said]

    reference = write_log(tmp_path / "reference.jsonl", labelled(1, 0.95))
    log = write_log(tmp_path / "log.jsonl", labelled(2, 0.6))
    for metric in ("accuracy", "f1(average=macro)", "mcc"):
        view = check(tmp_path, reference, log, feedback={"metric": metric, "drop": 0.05}, predictions={})
        found = signal(view, "feedback")
        assert found.verdict == "alert" and found.low is not None and found.low > 0.05
        assert "'escalate' 100.0 %" in found.detail
    again = write_log(tmp_path / "again.jsonl", labelled(1, 0.95))
    same = check(tmp_path, reference, again, feedback={"metric": "accuracy", "drop": 0.05})
    assert signal(same, "feedback").verdict == "quiet"
    none = write_log(tmp_path / "none.jsonl", predictions(100, seed=3))
    assert check(tmp_path, reference, none, feedback={"metric": "accuracy"}).exit_code == 3


def test_accuracy_is_estimated_without_labels_and_never_alerts(tmp_path: Path) -> None:
    """From confidences that the reference's labels calibrate; the signal itself has too few labels."""
    right = {"billing": 0.8, "general": 0.2}
    rows = [
        *predictions(800, right, seed=1, confidence=0.9),
        *predictions(400, right, seed=2, confidence=0.3),
    ]
    said = [
        Feedback(one.request_id, label=one.output if number % 10 < 10 * (one.confidence or 0) else "other")
        for number, one in enumerate(rows)
    ]
    reference = write_log(tmp_path / "reference.jsonl", [*rows, *said])
    log = write_log(tmp_path / "log.jsonl", predictions(500, right, seed=3, confidence=0.3))
    view = check(tmp_path, reference, log, feedback={"metric": "accuracy"}, predictions={"field": "intent"})
    found = signal(view, "feedback")
    assert found.verdict == "too_few" and view.exit_code == 3
    assert found.measures["estimated_accuracy"].value == pytest.approx(0.3, abs=0.05)
    assert "an accuracy of 0.3" in found.detail and "the reference's labels say 0.7" in found.detail


def test_holm_takes_an_alert_that_chance_gives_among_many(tmp_path: Path) -> None:
    """Its interval is extended to the threshold, so that table and verdict agree."""
    from prompteval.monitor.check_signals import adjusted

    weak = Signal("a", "alert", 0.1, observed=0.2, low=0.11, high=0.3, p=0.03)
    rest = [Signal(f"q{n}", "quiet", 0.1, observed=0.0, low=0.0, high=0.1, p=0.9) for n in range(5)]
    (found, *_), _ = adjusted([weak, *rest], {})
    assert (found.verdict, found.low, found.p_adjusted) == ("quiet", 0.1, pytest.approx(0.18))
    (alone, *_), _ = adjusted([weak], {})
    assert alone.verdict == "alert"


def config_problems(directory: Path, text: str) -> list[str]:
    path = directory / "m.yaml"
    path.write_text(text)
    try:
        load_config(path)
    except InvalidInput as error:
        return [str(problem).removeprefix(f"{directory}/") for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("signals:\n  prediction: {}\n", "m.yaml:2:3 PE602 unknown key 'prediction' in signals (did you mean 'predictions'?)"),
        ("signals:\n  predictions: {shift: 15}\n", "m.yaml:2:24 PE601 shift must be a number from 0.001 to 1, not 15 (such as 0.15)"),
        ("signals: {}\n", "m.yaml:1:1 PE603 signals is empty (add `predictions: {shift: 0.15}`)"),
        ("signals:\n  latency: {slo: 0.99}\n", "m.yaml:2:18 PE601 slo is the share of requests under p99_ms (add `p99_ms: 1500`)"),
        ("signals:\n  feedback: {metric: acc}\n", "m.yaml:2:22 PE226 unknown metric 'acc'"),
        ("signals:\n", "m.yaml:1:9 PE601 signals must be a mapping, not null (such as {errors: {rate: 0.001}})"),
        ("signals: {errors: {}}\nwatch: {webhook: 'file:///a'}\n", "m.yaml:2:18 PE601 webhook must begin with http:// or https:// (such as https://alerts.example.org/prompteval)"),
        ("- a\n", "m.yaml:1:1 PE601 a monitor file is a mapping of keys to values (see `prompteval schema monitor`)"),
    ],
)  # fmt: skip
def test_a_monitor_file_is_checked_as_a_suite_is(tmp_path: Path, text: str, wanted: str) -> None:
    """File, line, column, code and the fix."""
    (found,) = config_problems(tmp_path, text)
    assert found.startswith(wanted)


def test_the_contract_s_own_file_is_read(tmp_path: Path) -> None:
    """As it is written there."""
    path = tmp_path / "monitor.yaml"
    path.write_text(
        "signals:\n  predictions: {field: intent, shift: 0.15}\n"
        "  inputs: {features: [length, language, embedding], psi: 0.2}\n"
        "  latency: {p99_ms: 1500, slo: 0.99}\n  errors: {rate: 0.001}\n"
        '  feedback: {metric: "f1(average=macro)", drop: 0.05}\ncluster: user_id\n'
    )
    config: MonitorConfig = load_config(path)
    assert config.file.cluster == "user_id" and config.signals.feedback is not None


def test_a_name_that_no_row_has_is_never_quiet(tmp_path: Path, reference: str) -> None:
    """A misspelt field, slice or cluster is exit 3 with the name that was meant; one side that has it is enough."""
    log = write_log(tmp_path / "log.jsonl", predictions(2000, seed=2, tags={"channel": "web"}))
    field = check(tmp_path, reference, log, predictions={"field": "intend"})
    assert (field.exit_code, signal(field, "predictions").verdict) == (3, "too_few")
    assert signal(field, "predictions").detail == "no output has the field 'intend'; did you mean 'intent'?"
    good = {"field": "intent"}
    for more in ({"slices": ["chanel"]}, {"cluster": "chanel"}):
        view = check(tmp_path, reference, log, predictions=good, **more)
        sentence = f"{next(iter(more))}: no row has a value of 'chanel'; did you mean 'channel'?"
        assert (view.verdict, view.exit_code, [*view.notes]) == ("too_few", 3, [sentence])
    there = check(tmp_path, log, reference, predictions=good, slices=["channel"], cluster="message")
    assert (there.exit_code, there.notes) == (0, [])
