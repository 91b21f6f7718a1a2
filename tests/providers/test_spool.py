"""The lines of a recording lie on disk until they are written in order."""

import json
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import StoreError
from prompteval.providers import spool
from prompteval.providers.spool import Spool

TEXTS = st.text(alphabet="ab", max_size=6)
MESSAGES = st.lists(st.tuples(st.sampled_from(["system", "user"]), TEXTS).map(list), min_size=1, max_size=3)


def line(messages: list[list[str]]) -> str:
    return json.dumps({"request": {"messages": messages}})


@given(recorded=st.lists(MESSAGES, max_size=12), start=st.integers(1, 12))
def test_lines_come_in_the_order_of_their_whole_messages(recorded: list[list[list[str]]], start: int) -> None:
    """However little of the messages is kept in memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "START", start)
        kept = Spool(Path("/tmp/r.jsonl"))
        for number, messages in enumerate(recorded):
            kept.keep(str(number), messages, line(messages))
        found = [json.loads(one)["request"]["messages"] for one in kept.ordered()]
        kept.close()
    assert found == sorted(recorded)


def test_a_line_takes_the_place_of_one_with_its_key(tmp_path: Path) -> None:
    """The last one is given back, and no file is seen beside the recording."""
    kept = Spool(tmp_path / "r.jsonl")
    for text in ("first", "second, longer"):
        kept.keep("k", [["user", text]], line([["user", text]]))
    assert "k" in kept
    assert [json.loads(one)["request"]["messages"] for one in kept.ordered()] == [
        [["user", "second, longer"]]
    ]
    assert list(tmp_path.iterdir()) == []
    kept.close()


def test_long_lines_are_not_kept_in_memory(tmp_path: Path) -> None:
    """Of a line of a megabyte a few hundred characters stay."""
    kept = Spool(tmp_path / "r.jsonl")
    kept.keep("k", [["system", "x" * 1_000_000], ["user", "y"]], line([["system", "x" * 1_000_000]]))
    assert sum(map(sys.getsizeof, kept._lines["k"].start)) < 2_000
    kept.close()


def test_a_folder_that_takes_nothing_is_an_error_of_the_recording(tmp_path: Path) -> None:
    """The message has the recording's own name."""
    with pytest.raises(StoreError, match=r"r\.jsonl"):
        Spool(tmp_path / "gone" / "r.jsonl").keep("k", [["user", ""]], "{}")


def test_a_full_disk_that_is_noticed_late_names_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """By reading a line back, or by closing, which write what was not yet written."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda dir: Path("/dev/full").open("r+b"))  # noqa: SIM115
    kept = Spool(Path("r.jsonl"))
    kept.keep("k", [["user", ""]], "{}")
    for use in (lambda: kept.read(0, 2), kept.close):
        with pytest.raises(StoreError, match=r"r\.jsonl: could not be written: No space left"):
            use()
