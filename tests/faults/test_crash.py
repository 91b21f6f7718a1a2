"""F19 and F23 to F29: whatever ends the process, no finished case is lost and none is doubled."""

import json
import os
import random
import resource
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prompteval.engine.progress import Progress
from prompteval.engine.run import run_suites
from prompteval.plan.run_options import RunOptions
from prompteval.report.view import RunView
from prompteval.store.journal import AttemptJournal
from prompteval.store.results import SqliteStore
from prompteval.store.writer import Writer
from prompteval.testing.server import Fault
from prompteval.workspace.settings import find_workspace
from tests.ended import until
from tests.peak_memory import peak_mb

CASES = 40


def in_child(work: Callable[[], None]) -> int:
    """The wait status of a forked process that does the work; fast, for what is killed many times."""
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(60)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            work()
            os._exit(0)
        except BaseException:
            os._exit(70)
    return pid


def ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def run(root: Path, **options: Any) -> RunView:
    return run_suites(find_workspace(root), RunOptions(concurrency=4, cache=False, **options), Progress())


def killing_at(point: int) -> None:
    """Patch this process: it is killed right after the n-th write to the journal or the database."""
    writes = 0

    def counted(inner: Callable[..., Any]) -> Callable[..., Any]:
        def write(*arguments: Any) -> Any:
            nonlocal writes
            result = inner(*arguments)
            writes += 1
            if writes == point:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return write

    Writer._commit = counted(Writer._commit)  # type: ignore[method-assign]
    AttemptJournal._write = counted(AttemptJournal._write)  # type: ignore[method-assign]


def comparable(root: Path) -> str:
    """The summary and the rows of the last run without times, ids and what is not the same by nature."""
    store = SqliteStore.open(root / ".prompteval" / "results.sqlite", readonly=True)
    record = store.run("last")
    assert record.summary is not None
    summary = json.loads(json.dumps(record.summary))
    for result in summary["results"]:
        del result["timing"], result["usage"]["possibly_billed"]
    del summary["run_id"]
    rows = [
        (row.case.id, row.replicate, row.observation.output, str(row.scores))
        for row in store.rows(record.run_id)
    ]
    store.close()
    return json.dumps([summary, rows])


def check_after_kill(root: Path, expected: str) -> None:
    """The database is whole; resuming finishes the rest and ends as an uninterrupted run does."""
    database = root / ".prompteval" / "results.sqlite"
    if database.exists():
        connection = sqlite3.connect(database)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        began = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'runs'").fetchone()[0]
        begun = connection.execute("SELECT count(*) FROM runs").fetchone()[0] if began else 0
        connection.close()
    else:
        begun = 0

    def resume() -> None:
        try:
            run(root, resume="last" if begun else None)
        except Exception as error:
            if "no unfinished run" not in str(error):
                raise

    assert ended(in_child(resume)) == 0
    assert comparable(root) == expected


@pytest.fixture
def expected(live: Any, tmp_path: Path) -> str:
    """What an uninterrupted run ends in."""
    with live(CASES) as ws:
        os.environ["FAKE_KEY"] = "sk-test"
        assert ended(in_child(lambda: run(ws.root) and None)) == 0  # type: ignore[func-returns-value]
        found = comparable(ws.root)
        for file in (ws.root / ".prompteval").iterdir():
            file.unlink()
        (ws.root / ".prompteval").rmdir()
    return found


def forget(root: Path) -> None:
    for file in (root / ".prompteval").iterdir():
        file.unlink()


@pytest.mark.slow
def test_f19_killed_after_every_write(live: Any, expected: str) -> None:
    """After each write of the journal and each commit in turn, until the run outlives them all."""
    with live(CASES) as ws:
        for point in range(1, 400):

            def killed(point: int = point) -> None:
                killing_at(point)
                run(ws.root)

            code = ended(in_child(killed))
            assert code in (0, -signal.SIGKILL)
            check_after_kill(ws.root, expected)
            forget(ws.root)
            if code == 0:
                break
        assert 2 * CASES < point < 399


@pytest.mark.slow
def test_f19_killed_at_50_random_instants(live: Any, expected: str) -> None:
    """Wherever the process is: in a call, in a commit, at the start, at the end."""
    chance = random.Random(19)
    killed = 0
    with live(CASES, server={"latency_s": 0.01}) as ws:
        for _ in range(50):
            pid = in_child(lambda: run(ws.root) and None)  # type: ignore[func-returns-value]
            time.sleep(chance.uniform(0.0, 0.45))
            os.kill(pid, signal.SIGKILL)
            killed += ended(pid) != 0
            check_after_kill(ws.root, expected)
            forget(ws.root)
    assert killed > 10


def test_f19_what_was_on_its_way_is_possibly_billed(live: Any) -> None:
    """A kill with calls on their way: the resumed run finishes, and counts each as possibly billed."""
    with live(20, server={"faults": [*[None] * 10, *[Fault("hang")] * 5]}) as ws:
        process = ws.start("run", "-q", "-j", "5")
        until(lambda: ws.server.stats["requests"] == 15)
        process.kill()
        process.communicate()
        result = ws.result("--resume")
        assert result["cases"]["scored"] == 20
        assert result["usage"]["possibly_billed"] == 5
        assert ws.server.stats["requests"] >= 25
        assert sum(outcome is None for _, outcome in ws.attempts()) == 5


def test_f23_ctrl_c_once_drains_and_names_the_run(live: Any) -> None:
    """What is on its way ends and is stored; exit 130; the run continues where it stopped."""
    with live(60, server={"latency_s": 0.3}) as ws:
        process = ws.start("run", "-j", "5")
        until(lambda: ws.server.stats["requests"] >= 8)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, "Traceback" in err) == (130, False)
        assert "--resume-run" in out + err
        before = ws.server.stats["requests"]
        with ws.store() as store:
            assert len(list(store.rows(store.run("last").run_id))) == before
        assert ws.result("--resume", "-j", "20")["cases"]["scored"] == 60
        assert ws.server.stats["requests"] == 60


def test_f23_ctrl_c_waits_five_seconds_and_no_longer(live: Any) -> None:
    """Calls that would take a minute are given up after the drain; the run continues later."""
    with live(8, server={"latency_s": 60.0}) as ws:
        process = ws.start("run", "-j", "4")
        until(lambda: ws.server.stats["requests"] >= 4)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        out, err = process.communicate(timeout=30)
        assert 4.5 < time.monotonic() - started < 5 + 3
        assert (process.returncode, "--resume-run" in out + err) == (130, True)


def test_f23_ctrl_c_twice_stops_at_once(live: Any) -> None:
    """Nothing is waited for; the database is whole, and the run can continue."""
    with live(30, server={"latency_s": 3.0}) as ws:
        process = ws.start("run", "-j", "5")
        until(lambda: ws.server.stats["requests"] >= 5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        _, err = process.communicate(timeout=20)
        assert time.monotonic() - started < 2
        assert (process.returncode, "Traceback" in err) == (130, False)
        assert "--resume-run" in err
        connection = sqlite3.connect(ws.root / ".prompteval" / "results.sqlite")
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
        ws.server._latency_s = 0.0
        assert ws.result("--resume")["cases"]["scored"] == 30


def test_f24_a_full_disk_stops_the_calls(live: Any) -> None:
    """Files cannot grow past 200 kB: calls stop at once, exit 3, and what was stored is readable."""

    def small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    with live(3000, server={"latency_s": 0.005}) as ws:
        process = ws.start("run", "-q", "-j", "10", preexec_fn=small_files)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 3
        assert "could not be written" in err
        assert "--resume-run" in err
        requests = ws.server.stats["requests"]
        assert requests < 1500
        with ws.store() as store:
            stored = len(list(store.rows(store.run("last").run_id)))
        assert 0 < stored <= requests
        assert ws.result("--resume", "-j", "50")["cases"]["scored"] == 3000


def test_f25_two_runs_on_one_store(live: Any) -> None:
    """Both finish under their own ids."""
    with live(150, server={"latency_s": 0.01}) as ws:
        both = [ws.start("run", "-q", "--no-cache", "-j", "10") for _ in range(2)]
        for process in both:
            _, err = process.communicate(timeout=60)
            assert (process.returncode, "locked" in err) == (0, False), err
        with ws.store() as store:
            records = store.runs()
            assert [len(list(store.rows(record.run_id))) for record in records] == [150, 150]


def test_f26_a_folder_that_cannot_be_written_is_told_before_any_call(live: Any) -> None:
    """Where no directory can be made: exit 2 with the path, and no call."""
    with live(3) as ws:
        settings = (ws.root / "prompteval.toml").read_text()
        ws.write("prompteval.toml", f'store = "datasets/c.jsonl/r.sqlite"\n{settings}')
        assert "cannot be written" in ws.run("run", code=2)[1]
        assert ws.server.stats["requests"] == 0


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: path.write_text("notes, no database"), "is not a SQLite database"),
        (lambda path: os.truncate(path, path.stat().st_size - 4096), "was cut short"),
        (lambda path: _newer(path), "has schema version 99, this prompteval knows"),
    ],
)
def test_f27_a_store_that_cannot_be_used_is_told_before_any_call(live: Any, spoil: Any, told: str) -> None:
    """A text file, a truncated and a newer database: exit 2, no call, and not a byte is changed."""
    with live(300) as ws:
        ws.result()
        path = ws.root / ".prompteval" / "results.sqlite"
        spoil(path)
        before, calls = path.read_bytes(), ws.server.stats["requests"]
        assert told in ws.run("run", "--no-cache", code=2)[1]
        assert (path.read_bytes(), ws.server.stats["requests"]) == (before, calls)


def _newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def test_f28_a_clock_that_jumps_back_harms_nothing(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Durations come from a monotonic clock, and so do limits."""
    with live(10, rpm=6000) as ws:
        monkeypatch.setenv("FAKE_KEY", "sk-test")
        jumps = iter(range(10**9, 0, -3600))
        monkeypatch.setattr(time, "time", lambda: float(next(jumps)))
        view = run(ws.root)
        assert view.exit_code == 0
        assert all(row.observation.latency_ms >= 0 for row in view.rows())
        assert 0 <= view.results[0].timing["wall_s"] < 30


@pytest.mark.parametrize("changed", ["prompt", "cases"])
def test_f29_changed_content_is_never_mixed(live: Any, changed: str) -> None:
    """A resume after the prompt or the case file changed: exit 2 with what changed, and no call."""
    with live(30, server={"faults": [None] * 5 + [_quota()]}) as ws:
        ws.result("-j", "1", code=3)
        before = ws.server.stats["requests"]
        path = ws.root / ("prompts/route/v1.py" if changed == "prompt" else "datasets/c.jsonl")
        text = path.read_text()
        path.write_text(text.replace("Route.", "Sort.").replace("help 0", "help zero"))
        _, err = ws.run("run", "--resume", code=2)
        assert "content changed: s: " in err
        assert ("targets route@v1 sha256:" in err) == (changed == "prompt")
        assert ws.server.stats["requests"] == before
        path.write_text(text)
        assert ws.result("--resume")["cases"]["scored"] == 30


def test_f33_a_cached_run_passes_offline_without_a_key(live: Any) -> None:
    """With every connection refused; and one case that is not cached is an error of its own."""
    with live(5) as ws:
        ws.result()
        before = ws.server.stats["connections"]
        ws.write(
            "prompteval.toml", (ws.root / "prompteval.toml").read_text().replace("FAKE_KEY", "NO_SUCH_KEY")
        )
        assert ws.result("--offline")["usage"]["cached"] == 5
        assert ws.server.stats["connections"] == before
        ws.cases(6)
        result = ws.result("--offline", code=3)
        assert (result["usage"]["cached"], result["cases"]["errors"]) == (5, 1)
        assert ws.server.stats["connections"] == before


def test_resume_has_its_own_mistakes(live: Any) -> None:
    """Nothing to continue, a complete run, a selection beside it, and a run that another process has."""
    with live(3) as ws:
        assert "no unfinished run" in ws.run("run", "--resume", code=2)[1]
        run_id = ws.result()["run_id"]
        assert f"run {run_id} is complete" in ws.run("run", "--resume-run", run_id, code=2)[1]
        assert "leave the others out" in ws.run("run", "--resume", "-k", "c0001", code=2)[1]
        ws.server._latency_s = 60.0
        process = ws.start("run", "--no-cache")
        until(lambda: ws.server.stats["requests"] >= 6)
        assert "being run by another process" in ws.run("run", "--resume", code=2)[1]
        process.kill()
        process.communicate()


def test_a_run_without_a_cache_is_continued_without_one(live: Any) -> None:
    """`--no-cache` is kept as the selection is: the rest is called, although the cache has every reply."""
    with live(4) as ws:
        ws.run("run", "-q", code=0)
        asked = ws.server.stats["requests"]
        ws.server._latency_s = 60.0
        process = ws.start("run", "--no-cache")
        until(lambda: ws.server.stats["requests"] != asked)
        process.kill()
        process.communicate()
        ws.server._latency_s = 0.0
        asked = ws.server.stats["requests"]
        ws.run("run", "-q", "--resume", code=0)
        assert ws.server.stats["requests"] >= asked + 4


def _quota() -> Any:
    return Fault("status", 429, "insufficient_quota")


@pytest.mark.slow
def test_f22_memory_does_not_grow_with_the_cases(live: Any) -> None:
    """120,000 cases take little more memory than 6,000, whole processes: cases and rows are streamed."""

    with live(6_000) as ws:
        ws.write(
            "model.jsonl",
            '{"when": "pay", "output": {"team": "payments"}}\n{"when": "", "output": {"team": "support"}}\n',
        )
        command = ("run", "-q", "--model", "scripted/model.jsonl")
        small = peak_mb(ws.root, *command)
        ws.cases(120_000)
        large = peak_mb(ws.root, *command)
    assert large < 300
    assert large - small < 114_000 * 200 / 1e6 + 30  # the hash of each id, its columns, and some slack
