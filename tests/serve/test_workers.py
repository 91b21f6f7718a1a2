"""Several workers on one address, and prompts.lock that moves while they run."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from prompteval.core.prediction import Prediction, record_of_line
from tests.ended import is_gone, until
from tests.serve.conftest import ROUTE, Service, run, serving, start


def _children(service: Service) -> list[int]:
    text = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text()
    return [int(one) for one in text.split()]


def _counted_in(root: Path) -> list[str]:
    """The files that the workers count in."""
    return sorted(file.name for file in (root / ".prompteval").glob("serve-*/*.db"))


def _metrics(connection: HTTPConnection) -> bytes:
    connection.request("GET", "/metrics", headers={"host": "localhost"})
    return connection.getresponse().read()


def _lines(root: Path) -> list[Prediction]:
    found = [
        record_of_line(line)
        for file in sorted(root.glob("log.jsonl*"))
        for line in file.read_bytes().splitlines()
    ]
    return [one for one in found if isinstance(one, Prediction)]


def test_an_alias_that_moves_is_served_without_a_restart(tmp_path: Path) -> None:
    """Loaded, warmed, then switched: requests of the meantime are answered, each by one of the versions."""
    with serving(tmp_path, "--log", "log.jsonl") as (service, _):
        (tmp_path / "prompts/route/v2.py").write_text(ROUTE.replace("Route a message", "Sort a message"))
        run(tmp_path, "lock")
        run(tmp_path, "lock", "alias", "set", "production", "route@v2")
        assert service.ask(prompt="route@production").json["prompt"] == "route@v1"
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(service.ask, prompt="route@production") for _ in range(40)]
            service.process.send_signal(signal.SIGHUP)
            assert {one.result().status for one in asked} == {200}
        until(lambda: service.ask(prompt="route@production").json["prompt"] == "route@v2")
        assert service.ask(prompt="route@v1").json["prompt"] == "route@v1"
        assert service.ask().json["prompt"] == "route@v2"  # the current version
        assert "/v1/prompts/route@v2" in service.get("/openapi.json").json["paths"]
        service.stop()
        assert service.event("reloaded")[0]["changed"] == ["route", "route@production", "route@v2"]


def test_sighup_reaches_every_worker(tmp_path: Path) -> None:
    """Each reads prompts.lock again, and from then on answers by the version that the alias names."""
    with serving(tmp_path, "--workers", "2") as (service, _):
        until(lambda: service.metric("prompteval_workers_ready") == 2)
        (tmp_path / "prompts/route/v2.py").write_text(ROUTE.replace("Route a message", "Sort a message"))
        run(tmp_path, "lock")
        run(tmp_path, "lock", "alias", "set", "production", "route@v2")
        service.process.send_signal(signal.SIGHUP)
        until(lambda: service.metric("prompteval_reloads_total", result="done") == 2)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: service.ask(prompt="route@production"), range(40)))
        assert {one.json["prompt"] for one in found} == {"route@v2"}
        assert service.stop() == 0
        assert {one["worker"] for one in service.event("reloaded")} == {1, 2}


def test_a_lock_that_is_wrong_leaves_what_is_served(tmp_path: Path) -> None:
    """It is counted and reported, and the next look that works is taken."""
    with serving(tmp_path) as (service, _):
        lock = tmp_path / "prompts/prompts.lock"
        text = lock.read_text()
        lock.write_text("{")
        service.process.send_signal(signal.SIGHUP)
        until(lambda: service.metric("prompteval_reloads_total", result="failed") == 1)
        assert service.ask(prompt="route@production").status == 200
        lock.write_text(text)
        service.process.send_signal(signal.SIGHUP)
        until(lambda: service.metric("prompteval_reloads_total", result="done") == 1)
        service.stop()
        assert "prompts.lock" in service.event("reload_failed")[0]["error"]


def test_a_version_that_cannot_be_loaded_leaves_what_is_served(tmp_path: Path) -> None:
    """Its module raises what nobody expects; the reload fails, and the next request is answered."""
    with serving(tmp_path, "--unpublished") as (service, _):
        (tmp_path / "prompts/route/v2.py").write_text(ROUTE + "\nraise SystemExit(3)\n")
        service.process.send_signal(signal.SIGHUP)
        until(lambda: service.metric("prompteval_reloads_total", result="failed") == 1)
        assert service.ask().json["prompt"] == "route@v1"
        service.stop()
        assert "v2" in service.event("reload_failed")[0]["error"]


def test_an_unpublished_version_is_refused_unless_it_is_asked_for(tmp_path: Path) -> None:
    """Before anything is listened to, with the command that publishes it."""
    with serving(tmp_path) as _:
        (tmp_path / "prompts/route/v2.py").write_text(ROUTE)
        service = start(tmp_path, "route@v1")
        assert service.ask().json["prompt"] == "route@v1" and service.ask(prompt="say").status == 404
        service.stop()
        with pytest.raises(AssertionError) as refused:
            start(tmp_path, "route")
        assert "route@v2 is not published" in str(refused.value)
        assert "prompteval lock route@v2" in str(refused.value)
        service = start(tmp_path, "route", "--unpublished")
        assert service.ask().json["prompt"] == "route@v2"
        service.stop()


def test_workers_write_files_of_their_own_and_metrics_sum_them(tmp_path: Path) -> None:
    """`FILE.1`, `FILE.2`; one `/metrics` for all; SIGTERM drains each; nothing is left behind."""
    with serving(tmp_path, "--workers", "2", "--log", "log.jsonl", latency_s=0.05) as (service, _):
        until(lambda: service.metric("prompteval_workers_ready") == 2)
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(lambda _: service.ask(), range(100)))
        assert [one.status for one in found] == [200] * 100
        assert service.metric("prompteval_predictions_total", outcome="ok") == 100
        asked = HTTPConnection("127.0.0.1", service.port)  # as Prometheus asks: one worker, again and again
        until(lambda: b'log_lines_total{result="written"} 100.0' in _metrics(asked))
        asked.close()
        counting = next((tmp_path / ".prompteval").glob("serve-*"))
        assert counting.stat().st_mode & 0o777 == 0o700
        assert service.stop() == 0
        assert {one.name for one in tmp_path.glob("log.jsonl*")} == {"log.jsonl.1", "log.jsonl.2"}
        assert {one.request_id for one in _lines(tmp_path)} == {one.json["request_id"] for one in found}
        assert not counting.exists() and len(service.event("stopped")) == 2


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced(tmp_path: Path) -> None:
    """Its counters stay, the other one answers meanwhile, and the new one is warm before it accepts."""
    with serving(tmp_path, "--workers", "2", "--log", "log.jsonl") as (service, _):
        until(lambda: service.metric("prompteval_workers_ready") == 2)
        first = [service.ask() for _ in range(10)]
        victim = _children(service)[0]
        os.kill(victim, signal.SIGKILL)
        statuses = []
        end = time.monotonic() + 4
        while time.monotonic() < end:
            try:
                statuses.append(service.ask().status)
            except (OSError, AssertionError):
                statuses.append(0)  # a connection that the killed worker had taken
        assert statuses.count(200) > 10 and set(statuses) <= {200, 0} and statuses.count(0) <= 3
        until(lambda: service.metric("prompteval_workers_ready") == 2)
        assert victim not in _children(service) and len(_children(service)) == 2
        total = len(first) + statuses.count(200)
        assert service.metric("prompteval_predictions_total", outcome="ok") == total
        left = {name.rpartition("_")[2] for name in _counted_in(tmp_path)}
        assert left == {"1.db", "2.db"}  # the new worker counts in the files of the one it replaces
        assert service.stop() == 0
        assert len(_lines(tmp_path)) == total and service.event("worker_died")[0]["code"] == -9


def test_ctrl_c_in_a_terminal_drains_every_worker(tmp_path: Path) -> None:
    """It is sent to all processes of the group at once, and what runs is answered all the same."""
    with serving(tmp_path, "--workers", "2", latency_s=1.0) as (service, upstream):
        until(lambda: service.metric("prompteval_workers_ready") == 2)
        with ThreadPoolExecutor(4) as pool:
            running = [pool.submit(service.ask) for _ in range(4)]
            until(lambda: upstream.stats["requests"] == 4)
            for process in (service.process.pid, *_children(service)):
                os.kill(process, signal.SIGINT)
            assert [one.result().status for one in running] == [200] * 4
        assert service.process.wait(20) == 130


def test_workers_end_with_their_supervisor(tmp_path: Path) -> None:
    """One that is killed leaves no process behind."""
    with serving(tmp_path, "--workers", "2") as (service, _):
        workers = _children(service)
        service.process.kill()
        assert service.process.wait() == -signal.SIGKILL
        until(lambda: all(is_gone(one) for one in workers))


def test_workers_that_still_start_end_with_their_supervisor_too(tmp_path: Path) -> None:
    """One that is killed while a worker loads its prompts: the worker compares with whom it was started by."""
    with serving(tmp_path) as _:
        slow = ROUTE.replace("\n", "\nimport time; time.sleep(2)\n", 1)
        (tmp_path / "prompts/route/v1.py").write_text(slow)
        service = start(tmp_path, "route@v1", "--workers", "2", "--unpublished", wait=False)
        until(lambda: len(_children(service)) == 2)
        workers = _children(service)
        service.process.kill()
        assert service.process.wait() == -signal.SIGKILL
        until(lambda: all(is_gone(one) for one in workers))
        service.stop()


def test_what_can_never_work_ends_with_2(tmp_path: Path) -> None:
    """A log in a directory that does not exist: said once, before there are workers."""
    with serving(tmp_path) as _, pytest.raises(AssertionError) as raised:
        start(tmp_path, "--workers", "2", "--log", "nowhere/log.jsonl", wait=False)
    said = "error: --log nowhere/log.jsonl: nowhere does not exist (create the directory first)\nexit 2\n"
    assert str(raised.value) == said
