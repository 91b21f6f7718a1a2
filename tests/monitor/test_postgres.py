"""The log in Postgres, checked, watched and picked from as a file is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prompteval.core.errors import StoreError
from prompteval.core.prediction import Feedback, Prediction, record_line
from prompteval.core.prediction_sink import LogLine
from prompteval.monitor.fields import Reading
from prompteval.monitor.labels import labelled_rows
from prompteval.monitor.read_log import last_rows, read_log, window_of
from prompteval.store.predictions import open_sink
from tests.forks import shared
from tests.monitor.logs import START, predictions, write_log
from tests.monitor.test_reading import comparable
from tests.postgres_server import postgres_server

pytestmark = pytest.mark.slow
READING = Reading("intent", ("length",), (120.0,), ("channel",))


@pytest.fixture(scope="module")
def rows() -> list[Prediction | Feedback]:
    found = predictions(1_500, seed=1, tags={"channel": "web"})
    return [*found, *(Feedback(one.request_id, label=one.output) for one in found[:40])]


@pytest.fixture(scope="module")
def postgres(rows: list[Prediction | Feedback]) -> Iterator[str]:
    """A server whose table has the rows."""
    with postgres_server() as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROMPTEVAL_STORE_URL", address)
        with pytest.raises(StoreError, match="the database has no log of predictions"):
            read_log("postgres", READING)  # and it is not made by reading
        sink = open_sink("postgres")
        sink.write([LogLine(row, record_line(row)) for row in rows])
        sink.close()
        yield address


def test_the_table_is_read_as_a_file_of_its_lines(
    postgres: str, rows: list[Prediction | Feedback], tmp_path: Path
) -> None:
    """The same counts, feedback and last rows; a window by time or by rows is the same too."""
    name = write_log(tmp_path / "log.jsonl", rows)
    table, file = (read_log(one, READING) for one in ("postgres", name))
    assert comparable(table.window.as_json()) == comparable(file.window.as_json())
    assert table.feedback == 40 and table.window.rows == 1_500
    assert labelled_rows("postgres", READING).pairs == labelled_rows(name, READING).pairs
    assert last_rows("postgres", 3, "") == last_rows(name, 3, "")
    for window in ({"seconds": 3_600.0, "last": None}, {"seconds": None, "last": 200}):
        assert window_of("postgres", READING, **window) == window_of(name, READING, **window)


def test_rows_that_a_look_does_not_need_stay_in_the_database(postgres: str) -> None:
    """Those before `oldest` are not sent at all."""
    late = read_log("postgres", replace(READING, oldest=START + 80_000.0))
    assert late.window.rows == 111 and late.feedback == 40


def test_check_takes_the_table_as_log_and_as_reference(postgres: str, tmp_path: Path) -> None:
    """Its last rows are quiet beside all of them; another log drifts from it."""
    shares = {"billing": 0.05, "technical": 0.85, "general": 0.1}
    write_log(tmp_path / "drifted.jsonl", predictions(1_000, shares, seed=3))
    env = {"PROMPTEVAL_STORE_URL": postgres}
    last = ("monitor", "check", "postgres", "--last", "1000", "--reference", "postgres")
    same = shared().run(tmp_path, *last, env=env)
    assert same.code == 0, same.stdout + same.stderr
    moved = shared().run(tmp_path, "monitor", "check", "drifted.jsonl", "--reference", "postgres", env=env)
    assert moved.code == 1 and "technical" in moved.stdout


def test_a_database_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """Without the password of the address."""
    pytest.importorskip("psycopg")
    env = {"PROMPTEVAL_STORE_URL": "postgresql://me:sEcretPassw0rd99@127.0.0.1:1/x"}
    last = ("monitor", "check", "postgres", "--last", "5", "--reference", "postgres")
    done = shared().run(tmp_path, *last, env=env)
    assert done.code == 2 and "postgres: cannot be reached" in done.stderr
    assert len(done.stderr.splitlines()) == 2 and "sEcret" not in done.stderr
