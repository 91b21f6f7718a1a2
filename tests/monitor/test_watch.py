"""`monitor watch`: evidence over looks, alerts that start and end once, and a state that survives."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from prompteval.core.errors import UsageError
from prompteval.core.prediction import Prediction, record_line
from prompteval.monitor.check import reference_of
from prompteval.monitor.check_signals import reading_of
from prompteval.monitor.config import MonitorConfig, load_config
from prompteval.monitor.notify import deliver
from prompteval.monitor.reference import Reference
from prompteval.monitor.state import SignalState, WatchState, load_state, save_state
from prompteval.monitor.watch import Look, look, look_lines
from prompteval.plan.monitor_file import WatchFile
from prompteval.workspace.settings import Workspace
from tests.monitor.logs import START, predictions, write_config, write_log

MOVED = {"billing": 0.7, "technical": 0.0, "general": 0.2, "escalate": 0.1}
HOUR = 3600.0


def nowhere() -> Workspace:
    raise AssertionError("a log needs no workspace")


class Watched:
    """A log that grows by an hour of rows at a time, and the looks at it."""

    def __init__(self, directory: Path, **signals: Any) -> None:
        self.log = directory / "log.jsonl"
        self.log.write_text("")
        self.config: MonitorConfig = load_config(write_config(directory / "monitor.yaml", **signals))
        name = write_log(directory / "reference.jsonl", predictions(3000, seed=1))
        self.reference: Reference | None = reference_of(name, reading_of(self.config), self.config, nowhere)
        self.state = WatchState(str(self.log), name)
        self.hours = 0

    def hour(self, n: int = 300, shares: Any = None, **more: Any) -> Look:
        rows = predictions(
            n, shares or {"billing": 0.4, "technical": 0.3, "general": 0.2, "escalate": 0.1},
            seed=100 + self.hours, start=START + self.hours * HOUR, seconds=HOUR, **more,
        )  # fmt: skip
        self.hours += 1
        return self.look(rows)

    def look(self, rows: list[Prediction]) -> Look:
        with self.log.open("a") as file:
            file.writelines(record_line(row) + "\n" for row in rows)
        seen = look(str(self.log), self.reference, self.config, nowhere, self.state)
        self.state = seen.state
        return seen


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path, predictions={"field": "intent"}, watch={"every_s": 3600, "clear_after": 2})


def test_an_alert_starts_once_and_ends_after_two_clear_looks(watched: Watched) -> None:
    """Not again while it lasts; a look that is back within the threshold alone does not end it."""
    events = []
    for shares in (None, MOVED, MOVED, None, MOVED, None, None, None):
        seen = watched.hour(shares=shares)
        events += [(watched.hours, notice["event"], notice["signal"]) for notice in seen.notices]
    assert events == [(2, "start", "predictions"), (7, "end", "predictions")]
    assert [notice["event"] for notice in watched.state.pending] == ["start", "end"]


def test_each_row_is_used_by_one_look(watched: Watched) -> None:
    """The rows of two hours are those of two looks; a look without a new row changes nothing."""
    assert [watched.hour(n).view.rows for n in (300, 250)] == [300, 250]  # type: ignore[union-attr]
    before = watched.state
    seen = watched.look([])
    assert seen.view is None and seen.state == replace(before, looks=3)


def test_few_rows_wait_for_more(watched: Watched) -> None:
    """Ten rows a look are too few: they are read again with the next, and decide then."""
    rows = [watched.hour(10).view.rows for _ in range(8)]  # type: ignore[union-attr]
    assert rows[:7] == [10, 20, 30, 40, 50, 60, 70] and watched.state.read_until is not None


def test_evidence_of_one_hour_in_twenty_does_not_alert(watched: Watched) -> None:
    """A p value of 0.05 at each look is far from one false alarm in thirty days."""
    looks = 30 * 24.0
    state = SignalState()
    for _ in range(3):
        from prompteval.stats.drift.looks import alarms, e_value, next_evidence

        state = replace(state, evidence=next_evidence(state.evidence, e_value(0.05)))
    assert 0 < state.evidence < looks and not alarms(state.evidence, looks)


def test_errors_and_budgets_alert_and_end(tmp_path: Path) -> None:
    """A burst of failures starts the rate and the budget; both end when it is over."""
    watched = Watched(tmp_path, errors={"rate": 0.001}, watch={"every_s": 3600, "clear_after": 1})
    events: list[tuple[Any, ...]] = []
    for errors in (0.0, 0.05, 0.0, 0.0):
        events += [(n["event"], n["signal"]) for n in watched.hour(2000, errors=errors).notices]
    assert set(events) >= {("start", "errors"), ("start", "errors.budget"), ("end", "errors")}
    assert len(events) == len(set(events))


def test_a_rate_of_0_alerts_at_the_first_failure(tmp_path: Path) -> None:
    """One failed call in an hour starts the alert; an hour without one ends it."""
    watched = Watched(tmp_path, errors={"rate": 0}, watch={"every_s": 3600, "clear_after": 1})
    events = []
    for rows, errors in ((300, 0.0), (1, 1.0), (300, 0.0)):
        events += [(n["event"], n["signal"]) for n in watched.hour(rows, errors=errors).notices]
    assert events == [("start", "errors"), ("end", "errors")]


def test_a_field_that_no_output_has_is_said_at_each_look(tmp_path: Path) -> None:
    """Such a look is not quiet; no more is one with a slice that no row has."""
    seen = Watched(tmp_path, predictions={"field": "intend"}, slices=["chanel"]).hour()
    lines = list(look_lines(seen))
    assert lines[0] == "note: predictions: no output has the field 'intend'; did you mean 'intent'?"
    assert lines[1].startswith("note: slices: no row has a value of 'chanel'") and "quiet" not in lines[-1]


def test_the_state_survives_a_restart_and_is_of_one_log(tmp_path: Path, watched: Watched) -> None:
    """Read back equal, private, and refused for another log or when it is something else."""
    watched.hour(shares=MOVED)
    path = tmp_path / "state.json"
    save_state(path, watched.state)
    log, reference = watched.state.log, watched.state.reference
    assert load_state(path, log, reference) == watched.state and path.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="it is of log"):
        load_state(path, "other.jsonl", reference)
    for text in ("", "[]", '{"schema": "x"}', "{" + '"a":' * 50):
        path.write_text(text)
        with pytest.raises(UsageError, match="not a state"):
            load_state(path, log, reference)
    assert load_state(tmp_path / "none.json", log, reference) == WatchState(log, reference)


def test_a_slice_alerts_by_itself_and_ends_when_its_value_disappears(tmp_path: Path) -> None:
    """One channel drifts and the whole does not: its own alert starts once, and ends without its rows."""
    watched = Watched(
        tmp_path, predictions={"field": "intent"}, slices=["channel"],
        watch={"every_s": 3600, "clear_after": 2},
    )  # fmt: skip
    events, lines = list[tuple[Any, ...]](), list[str]()
    for mail in (True, True, True, False, False, False):
        start = START + watched.hours * HOUR
        rows = predictions(2000, seed=watched.hours, start=start, seconds=HOUR, tags={"channel": "web"})
        if mail:
            moved = {"start": start, "seconds": HOUR, "tags": {"channel": "mail"}}
            rows += predictions(300, MOVED, seed=50 + watched.hours, **moved)
        watched.hours += 1
        seen = watched.look(sorted(rows, key=lambda row: row.time))
        events += [(n["event"], n["slice"], n["signal"], watched.hours) for n in seen.notices]
        lines += look_lines(seen)
    assert [one[:3] for one in events] == [
        (event, "channel=mail", "predictions") for event in ("start", "end")
    ]
    assert events[0][3] <= 2 and events[1][3] == 5 and watched.state.alerting == []
    assert lines[0].startswith("alert start: channel=mail: predictions: the share of 'technical' fell")
    assert "alerting: channel=mail: predictions" in lines[1]


class _Receiver(BaseHTTPRequestHandler):
    answers = (500, 204)
    got: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append(json.loads(body))
        self.send_response(self.answers[min(len(self.got), 2) - 1])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        return


def test_a_webhook_that_fails_is_called_again_and_a_command_gets_json(tmp_path: Path) -> None:
    """Status 500 keeps the notice, 204 takes it; a command reads the notice on its standard input."""
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/alerts"
        watch = WatchFile.model_validate({"webhook": url})
        notice = {"event": "start", "signal": "errors"}
        assert deliver(notice, watch) == "webhook: status 500" and deliver(notice, watch) == ""
        assert _Receiver.got == [notice, notice]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    out = tmp_path / "notice.json"
    command = ["python3", "-c", f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read())"]
    assert deliver(notice, WatchFile.model_validate({"command": command})) == ""
    assert json.loads(out.read_text()) == notice
    assert "no-such-program" in deliver(notice, WatchFile.model_validate({"command": ["no-such-program"]}))
    assert "exit 3" in deliver(notice, WatchFile.model_validate({"command": ["sh", "-c", "exit 3"]}))
