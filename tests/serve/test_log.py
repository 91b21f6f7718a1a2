"""The prediction log: every sink, what is lost where, and what is written of personal data."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import UsageError
from prompteval.core.prediction import Feedback, LogRecord, Prediction, record_line, record_of_line
from prompteval.core.prediction_sink import LogLine
from prompteval.engine.prediction_log import MOST_WAITING, PredictionLog, open_log
from prompteval.store.predictions import open_sink
from prompteval.store.predictions.jsonl import JsonLinesSink
from prompteval.store.predictions.sqlite import SqliteSink, read_sqlite
from tests.postgres_server import postgres_server
from tests.serve.conftest import serving, start

ONE = Prediction(1_800_000_000.0, "r1", "route@v1", "sha256:0", "m", "ok", 1.0, "out", {"message": "hello"})


def _line(record: LogRecord) -> LogLine:
    return LogLine(record, record_line(record))


def _lines(path: Path) -> list[LogRecord]:
    return [record_of_line(line) for line in path.read_bytes().splitlines()]


class Failing:
    """A sink that fails so many times before it takes what it is given."""

    def __init__(self, times: int) -> None:
        self.times, self.taken, self.removed = times, list[LogRecord](), list[float]()

    def write(self, lines: Any) -> None:
        if self.times:
            self.times -= 1
            raise OSError("disk full")
        self.taken += [line.record for line in lines]

    def remove_before(self, time: float) -> None:
        self.removed.append(time)

    def close(self) -> None:
        """Nothing to close."""


def test_a_log_writes_what_it_is_given_in_order(tmp_path: Path) -> None:
    """From many threads, whole lines, and counted."""
    log = open_log(str(tmp_path / "log.jsonl"), "full")
    threads = [
        threading.Thread(
            target=lambda n=n: [log.record(replace(ONE, request_id=f"{n}-{i}")) for i in range(200)]
        )
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    found = [one.request_id for one in _lines(tmp_path / "log.jsonl")]
    assert len(found) == 800 == log.written and log.dropped == 0
    assert all(
        [one for one in found if one[0] == str(n)] == [f"{n}-{i}" for i in range(200)] for n in range(4)
    )


def test_a_sink_that_fails_is_tried_again_and_reported_once() -> None:
    """Nothing is lost while there is room, and no call notices."""
    sink, failures = Failing(2), list[Exception]()
    log = PredictionLog(sink, "full", on_failure=failures.append)
    for number in range(3):
        log.record(replace(ONE, request_id=str(number)))
    until = time.monotonic() + 10
    while log.written < 3:
        assert time.monotonic() < until
        time.sleep(0.01)
    log.close()
    assert [one.request_id for one in sink.taken] == ["0", "1", "2"] and log.dropped == 0
    assert [str(one) for one in failures] == ["disk full"]


def test_what_does_not_fit_is_dropped_and_counted() -> None:
    """A sink that is down holds so many records, and further calls still return at once."""
    log = PredictionLog(Failing(10**9), "full")
    started = time.monotonic()
    for _ in range(MOST_WAITING + 50):
        log.record(ONE)
    assert time.monotonic() - started < 5 and log.dropped == 50
    log._sink.times = 0  # type: ignore[attr-defined]
    log.close()
    assert log.written == MOST_WAITING


def test_a_forked_process_has_a_file_of_its_own(tmp_path: Path) -> None:
    """As servers do that load an application and then fork; at the end of each what waits is written."""
    script = (
        "import os, sys\n"
        "from tests.serve.test_log import ONE, open_log, replace\n"
        "log = open_log(sys.argv[1])\n"
        "log.record(ONE)\n"
        "if not os.fork():\n"
        "    log.record(replace(ONE, request_id='child'))\n"
        "    print(os.getpid())\n"
        "    sys.exit(0)\n"
        "os.wait()\n"
        "log.record(replace(ONE, request_id='parent'))\n"
    )
    path = tmp_path / "log.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    child = path.with_name(f"log.jsonl.{done.stdout.strip()}")
    assert [one.request_id for one in _lines(path)] == ["r1", "parent"]
    assert [one.request_id for one in _lines(child)] == ["child"]


def test_a_record_that_has_no_json_form_is_dropped_alone(tmp_path: Path) -> None:
    """The others are written; an application's dates and models have one."""
    log = open_log(str(tmp_path / "log.jsonl"), "full")
    log.record(replace(ONE, output={1: float("nan")}))
    log.record(replace(ONE, inputs={"when": time.gmtime, "path": tmp_path, "number": float("inf")}))
    log.close()
    assert (log.written, log.dropped) == (1, 1)
    inputs = _lines(tmp_path / "log.jsonl")[0].inputs  # type: ignore[union-attr]
    assert inputs is not None and inputs["path"] == str(tmp_path) and inputs["number"] is None


def test_s23_the_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    """Also one that was there before; no link is followed, and no second process writes to it."""
    path = tmp_path / "log.jsonl"
    path.write_text("")
    path.chmod(0o644)
    sink = JsonLinesSink(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="another process writes"):
        JsonLinesSink(path)
    sink.close()
    JsonLinesSink(path).close()
    (tmp_path / "link").symlink_to(path)
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "", "missing/log.jsonl"):
        with pytest.raises(UsageError):
            JsonLinesSink(tmp_path / name)


def test_a_file_that_is_not_a_log_is_left_alone(tmp_path: Path) -> None:
    """Nothing is appended to somebody's notes, and to no source of the workspace."""
    notes = tmp_path / "notes.md"
    notes.write_text("# Notes\n")
    with pytest.raises(UsageError, match="is not a prediction log"):
        JsonLinesSink(notes)
    assert notes.read_text() == "# Notes\n"
    with serving(tmp_path) as _, pytest.raises(AssertionError, match="--log"):
        start(tmp_path, "--log", "prompts/route/v1.py")


def test_a_large_file_and_yesterday_s_are_set_aside(tmp_path: Path) -> None:
    """Under the name and the time; no line is lost or cut, and old files are removed."""
    path = tmp_path / "log.jsonl"
    sink = JsonLinesSink(path, rotate_bytes=1_000)
    for number in range(20):
        sink.write([_line(replace(ONE, request_id=str(number)))])
    files = sorted(tmp_path.glob("log.jsonl.*"))
    assert len(files) > 2 and path.stat().st_size <= 1_000
    found = [one.request_id for file in (*files, path) for one in _lines(file)]
    assert found == [str(number) for number in range(20)]
    os.utime(files[0], (1, 1))
    (tmp_path / "log.jsonl.other").write_text("mine")
    os.utime(tmp_path / "log.jsonl.other", (1, 1))
    sink.remove_before(time.time() - 60)
    sink.close()
    assert not files[0].exists() and files[1].exists() and (tmp_path / "log.jsonl.other").exists()
    os.utime(path, (1, 1))
    sink = JsonLinesSink(path)
    sink.write([_line(ONE)])
    sink.close()
    assert [one.request_id for one in _lines(path)] == ["r1"]


def test_a_file_that_was_moved_removed_or_emptied_is_followed_by_another(tmp_path: Path) -> None:
    """As logrotate and people do: no later line is in a file that has no name."""
    path = tmp_path / "log.jsonl"
    sink = JsonLinesSink(path, rotate_bytes=1_000)
    for number, change in enumerate((lambda: path.rename(tmp_path / "moved"), path.unlink, lambda: None)):
        sink.write([_line(replace(ONE, request_id=str(number)))])
        change()
    assert [one.request_id for one in _lines(tmp_path / "moved")] == ["0"]
    assert [one.request_id for one in _lines(path)] == ["2"]
    os.truncate(path, 0)
    sink.write([_line(ONE)] * 2)
    sink.close()
    assert len(_lines(path)) == 2 and not list(tmp_path.glob("log.jsonl.*"))


def test_a_directory_in_the_place_of_a_log_is_a_failure_until_it_is_removed(tmp_path: Path) -> None:
    """The lines wait, and are written once there is a file again."""
    path = tmp_path / "log.jsonl"
    sink = JsonLinesSink(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match="Is a directory"):
        sink.write([_line(ONE)])
    path.rmdir()
    sink.write([_line(ONE)])
    sink.close()
    assert len(_lines(path)) == 1


def test_a_database_that_was_removed_is_made_again(tmp_path: Path) -> None:
    """With the lines from then on."""
    path = tmp_path / "log.db"
    sink = SqliteSink(path)
    sink.write([_line(ONE)])
    path.rename(tmp_path / "old.db")
    sink.write([_line(ONE)] * 2)
    sink.close()
    assert len(list(read_sqlite(path))) == 2


def test_half_a_line_of_a_lost_machine_spoils_no_other(tmp_path: Path) -> None:
    """It is a line of its own, which is no record."""
    path = tmp_path / "log.jsonl"
    path.write_text('{"schema": "prompt')
    sink = JsonLinesSink(path)
    sink.write([_line(ONE)])
    sink.close()
    assert path.read_text().splitlines()[1:] == [record_line(ONE)]


def test_a_full_disk_leaves_no_half_of_a_line(tmp_path: Path) -> None:
    """What was written of a group is taken back, and the group is written whole once there is room."""
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.serve.test_log import ONE, JsonLinesSink, _line\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "sink = JsonLinesSink(Path(sys.argv[1]))\n"
        "sink.write([_line(ONE)])\n"
        "size = Path(sys.argv[1]).stat().st_size\n"
        "soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))\n"
        "try:\n    sink.write([_line(ONE)] * 3)\nexcept OSError:\n    print('full')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))\n"
        "sink.write([_line(ONE)] * 3)\n"
    )
    path = tmp_path / "log.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "full\n" and len(_lines(path)) == 4


def test_sqlite_has_the_same_lines(tmp_path: Path) -> None:
    """In the order they were written; old ones go; the file is its owner's alone (S23)."""
    path = tmp_path / "log.db"
    old = replace(ONE, time=1.0, request_id="old")
    records = [old, ONE, Feedback("r1", label="x")]
    log = open_log(f"sqlite:{path}", "full", keep_s=None)
    for record in records:
        log.record(record)
    log.close()
    assert [record_of_line(line) for line in read_sqlite(path)] == records
    assert path.stat().st_mode & 0o777 == 0o600
    sink = open_sink(f"sqlite:{path}")
    sink.remove_before(100.0)
    sink.close()
    assert [record_of_line(line) for line in read_sqlite(path)] == records[1:]
    (tmp_path / "other.db").write_text("not a database, but long enough to be looked at" * 100)
    with pytest.raises(UsageError):
        open_sink(f"sqlite:{tmp_path / 'other.db'}")


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgres_server() as address:
        yield address


@pytest.mark.slow
def test_postgres_has_the_same_lines(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writers share the table; a connection that breaks is made again."""
    from prompteval.store.predictions.postgres import connect, read_postgres

    monkeypatch.setenv("PROMPTEVAL_STORE_URL", postgres)
    first, second = open_sink("postgres"), open_sink("postgres")
    first.write([_line(replace(ONE, time=1.0, request_id="old")), _line(ONE)])
    second.write([_line(Feedback("r1", score=0.5))])
    with connect() as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    with pytest.raises(Exception, match="postgres: cannot be written"):
        first.write([_line(ONE)])
    first.write([_line(replace(ONE, request_id="again"))])
    first.remove_before(100.0)
    found = [record_of_line(line).request_id for line in read_postgres()]
    assert found == ["r1", "r1", "again"]
    first.close()
    second.close()


def test_a_database_that_is_not_there_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable to set, and without the password."""
    pytest.importorskip("psycopg")
    monkeypatch.setenv("PROMPTEVAL_STORE_URL", "postgresql://me:sEcretPassw0rd99@127.0.0.1:1/x")
    with pytest.raises(UsageError, match="PROMPTEVAL_STORE_URL") as raised:
        open_sink("postgres")
    assert "sEcret" not in str(raised.value)


class Collector(BaseHTTPRequestHandler):
    """Takes what is exported."""

    taken: list[bytes] = []  # noqa: RUF012 - the server makes an object for each request

    def do_POST(self) -> None:
        self.taken.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_s24_spans_have_names_and_figures_and_nothing_that_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Off unless asked for; then the GenAI names, without inputs, outputs, labels and comments."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    with pytest.raises(UsageError, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
        open_sink("otlp")
    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        sink = open_sink("otlp")
        said = replace(
            ONE, inputs={"message": "zebra"}, output="zebra", trace_id="0af7651916cd43dd8448eb211c80319c"
        )
        sink.write([_line(said), _line(Feedback("r1", label="zebra", comment="zebra"))])
        sink.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    data = b"".join(Collector.taken)
    assert b"zebra" not in data and b"gen_ai.request.model" in data and b"prompteval.fingerprint" in data
    assert bytes.fromhex("0af7651916cd43dd8448eb211c80319c") in data


def test_a_log_that_cannot_be_written_fails_no_request(tmp_path: Path) -> None:
    """Its disk is full: answers come as before, and the lines are counted as they are lost or late."""
    if not Path("/dev/full").exists():
        pytest.skip("this machine has no /dev/full")
    with serving(tmp_path, "--log", "log.jsonl", apart=True) as (service, _):
        import resource

        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        assert [service.ask().status for _ in range(5)] == [200] * 5
        assert service.metric("prompteval_log_lines_total", result="written") == 0
        resource.prlimit(
            service.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        )
        until = time.monotonic() + 10
        while service.metric("prompteval_log_lines_total", result="written") < 5:
            assert time.monotonic() < until
            time.sleep(0.05)
        service.stop()
        assert len(service.lines()) == 5 and service.event("log_failed")
        assert json.dumps(service.event("log_failed")[0]).count("File too large") == 1
