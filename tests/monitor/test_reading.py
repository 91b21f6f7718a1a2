"""Reading a log: the same whatever the pieces and processes, and in bounded memory."""

import json
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import UsageError
from prompteval.monitor import read_log as module
from prompteval.monitor.fields import Reading, class_of, input_length, named_class, slice_value
from prompteval.monitor.read_log import read_log, window_of
from prompteval.monitor.sample import MOST_SAMPLED, TextSample
from prompteval.monitor.scan import LogSummary, scan_piece
from prompteval.monitor.sketch import MOST_EXACT, NumberSketch
from prompteval.monitor.texts import detect_language
from tests.monitor.logs import predictions, write_log

READING = Reading(
    "intent", ("length", "embedding"), (120.0,), ("channel",), cluster="channel", prompt="route_ticket"
)


def test_pieces_in_worker_processes_give_the_summary_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the last count, whatever the cuts; every line is read once."""
    rows = predictions(700, seed=1, errors=0.01, tags={"channel": "web"})
    rows += predictions(700, seed=2, tags={"channel": "mail"})
    name = write_log(tmp_path / "log.jsonl", rows)
    whole = read_log(name, READING)
    monkeypatch.setattr(module, "READ_ALONE", 0)
    monkeypatch.setattr(module, "PIECE_SIZE", 40_001)
    parted = read_log(name, READING, workers=2)
    assert whole.window.rows == 1400
    for path in ("window", "timeline"):
        assert comparable(getattr(parted, path).as_json()) == comparable(getattr(whole, path).as_json())


def comparable(value: object) -> object:
    """JSON without an order of what is counted."""
    if isinstance(value, list | tuple):
        return sorted((comparable(one) for one in value), key=repr)
    return {key: comparable(one) for key, one in value.items()} if isinstance(value, dict) else value


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_every_line_begins_in_one_piece(cut: int, other: int) -> None:
    """Two cuts anywhere, also inside a line or at its end."""
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        name = write_log(Path(directory) / "log.jsonl", predictions(8, seed=1))
        size = Path(name).stat().st_size
        cuts = [0, *sorted((min(cut, size), min(other, size))), size]
        found = LogSummary()
        for start, end in pairwise(cuts):
            raw = json.loads(json.dumps(scan_piece(name, start, end, {"field": "intent"})))
            found.merge(LogSummary.from_json(raw))
        assert found.window.rows == 8 and found.unread == 0


def test_a_sketch_is_exact_while_small_and_within_a_part_in_2048_beyond() -> None:
    """Counts are never lost, and merging in any order is the same."""
    generator = np.random.default_rng(0)
    values = generator.lognormal(5, 1, 3 * MOST_EXACT)
    whole, parts = NumberSketch(), [NumberSketch() for _ in range(3)]
    whole.add(values.tolist())
    for number, part in enumerate(parts):
        part.add(values[number::3].tolist())
    joined = NumberSketch.from_json(json.loads(json.dumps(parts[2].as_json())))
    for part in parts[:2]:
        joined.merge(part)
    assert whole.rounded and whole.n == joined.n == len(values)
    ordered, found = np.sort(values), np.repeat(whole.weighted().values, whole.weighted().counts)
    assert np.max(np.abs(found / ordered - 1)) <= 1 / 2048
    small = NumberSketch()
    small.add([3.0, 1.0, 3.0])
    assert (small.weighted().values.tolist(), small.weighted().counts.tolist()) == ([1.0, 3.0], [1, 2])


def test_the_sample_is_the_same_in_any_order() -> None:
    """5,000 rows by their ids, whoever read them."""
    ids = [f"r{n}" for n in range(7000)]
    orders = [ids, random.Random(1).sample(ids, len(ids))]
    found = []
    for order in orders:
        sample = TextSample()
        for start in range(0, len(order), 999):
            part = order[start : start + 999]
            sample.add(part, [f"text of {one}" for one in part])
        found.append(sample.texts())
    assert found[0] == found[1] and len(found[0]) == MOST_SAMPLED


def test_what_is_read_of_a_row() -> None:
    """A field, an only field, an outcome; an input logged whole or by its features."""
    assert named_class({"intent": "a"}, "") == "a" and named_class({"a": 1, "b": 2}, "b") == "2"
    assert named_class({"a": 1}, "b") == "(missing)"
    assert class_of({"outcome": "refused", "output": None}, "intent") == "(refused)"
    logged = {"features": {"message": {"length": 7}, "amount": {"value": 3.5}}, "tags": {"a": "b"}}
    assert input_length(logged) == 7.0 and slice_value(logged, "amount") == "3.5"
    assert (slice_value(logged, "a"), slice_value(logged, "none")) == ("b", "(missing)")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is the invoice that you sent to my address?", "en"), ("Wo ist die Rechnung, ich habe sie nicht", "de"),
        ("¿Dónde está la factura, por favor? no la tengo", "es"), ("où est la facture pour mon compte", "fr"),
        ("请问发票在哪里", "han"), ("請求書はどこですか", "ja"), ("где мой счёт", "cyrillic"), ("zzz", "other"), ("", "other"),
    ],
)  # fmt: skip
def test_languages_are_told_apart(text: str, language: str) -> None:
    """By script, and by common words."""
    assert detect_language(text) == language


def test_the_last_rows_are_found_from_the_end(tmp_path: Path) -> None:
    """Of two workers' files by their times; of one prompt alone where it is named."""
    first, second = predictions(300, seed=1), predictions(300, seed=2)
    write_log(tmp_path / "p.1", first[:200])
    write_log(tmp_path / "p.2", sorted([*first[200:], *second], key=lambda row: row.time))
    found = window_of(str(tmp_path / "p.*"), Reading(), seconds=None, last=100)
    times = sorted(row.time for row in (*first, *second))
    assert found.since == pytest.approx(times[-100], abs=0.001)
    assert read_log(str(tmp_path / "p.*"), found).window.rows in (100, 101)
    none = window_of(str(tmp_path / "p.*"), Reading(prompt="other"), seconds=None, last=100)
    assert none.since is None


def test_a_database_is_a_log_too(tmp_path: Path) -> None:
    """The same summary and the same last rows as of the lines in a file, with and without `sqlite:`."""
    from prompteval.core.prediction import record_line
    from prompteval.core.prediction_sink import LogLine
    from prompteval.store.predictions.sqlite import SqliteSink

    rows = predictions(400, seed=1, errors=0.01, tags={"channel": "web"})
    sink = SqliteSink(tmp_path / "log.db")
    sink.write([LogLine(row, record_line(row)) for row in rows])
    sink.close()
    plain = write_log(tmp_path / "log.jsonl", rows)
    for name in (str(tmp_path / "log.db"), f"sqlite:{tmp_path / 'log.db'}"):
        assert read_log(name, READING).as_json() == read_log(plain, READING).as_json()
        found = window_of(name, Reading(), seconds=None, last=50)
        assert found == window_of(plain, Reading(), seconds=None, last=50)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\xff\xfe{\0", "byte 0xff is not UTF-8"),
        (b'{"a": 1e999}', "not JSON"),
        (None, "from 0 to 1e[+]?[0-9]+, not 1e[+]300"),
    ],
)
def test_a_line_that_is_no_prediction_says_what_it_must_be(
    line: bytes | None, reason: str, tmp_path: Path
) -> None:
    """In the words of the file, not of the decoder; a latency that no column holds has its limit."""
    log = write_log(tmp_path / "log.jsonl", predictions(1, seed=1, latency_ms=1e300) if line is None else [])
    if line is not None:
        Path(log).write_bytes(line + b"\n")
    with pytest.raises(UsageError, match=reason):
        read_log(log, READING)
