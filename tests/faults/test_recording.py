"""`--record` over a run that was broken off: the recording of the whole, or a word on what it lacks."""

import json
import re
import time
from typing import Any

import pytest

from prompteval.core.strict_json import loads
from prompteval.testing.server import Fault
from tests.faults.conftest import KEY

# What is done to each line of a recording, by name.
SPOILT = {
    "no request": lambda line: line.pop("request"),
    "no response": lambda line: line.pop("response"),
    "request": lambda line: line.update(request="x"),
    "messages": lambda line: line["request"].update(messages=[["user", 1]]),
    "params": lambda line: line["request"].update(params=[1]),
    "details": lambda line: line["response"].update(details=[1]),
    "model": lambda line: line["response"].update(model_reported=5),
    "latency": lambda line: line["response"].update(latency_ms="x"),
    "nan": lambda line: line["response"].update(logprobs=[float("nan")]),
    "usage": lambda line: line["response"].update(usage={"prompt_tokens": -1}),
    "digits": lambda line: line["response"].update(latency_ms=int("9" * 400)),
    "key": lambda line: line.update(key=[1]),
    "deep": lambda line: line["response"].update(details={"a": loads("[" * 99 + "]" * 99)}),
    "unknown": lambda line: line["response"].update(served_by="live"),
}
QUOTA = Fault("status", 429, "insufficient_quota")


@pytest.mark.parametrize("name", SPOILT)
def test_f38_a_recorded_line_of_wrong_types_is_refused_at_the_line(live: Any, name: str) -> None:
    """PE402 at the second line and exit 2, for a replay and for a run that is to add to it."""
    with live(2) as ws:
        ws.result("--record", "r.jsonl")
        first, second = (ws.root / "r.jsonl").read_text().splitlines()
        line = loads(second)
        SPOILT[name](line)
        ws.write("r.jsonl", f"{first}\n{json.dumps(line)}\n")
        _, err = ws.run("run", "--replay", "r.jsonl", code=2)
        assert "r.jsonl:2:" in err and "PE402" in err


def test_b2_a_recording_hides_no_reply(live: Any) -> None:
    """A key twice in one object, two replies to one request: refused at the line; the same line again is harmless."""
    with live(1) as ws:
        ws.result("--record", "r.jsonl")
        line = (ws.root / "r.jsonl").read_text()
        ws.write("r.jsonl", line + line)
        assert ws.result("--replay", "r.jsonl")["usage"]["replayed"] == 1
        other = json.loads(line)
        other["response"]["text"] = "other"
        for hidden, told in (
            (line.replace('"text": ', '"text": "other", "text": '), ":1:1 PE402 .* duplicate key 'text'"),
            (line + json.dumps(other), ":2:1 PE402 .* another reply to the same request is at line 1"),
        ):
            ws.write("r.jsonl", hidden)
            assert re.search(told, ws.run("run", "--replay", "r.jsonl", code=2)[1])


def test_f38_a_recording_in_another_encoding_is_refused(live: Any) -> None:
    """UTF-16 and bytes that are no text: one line, exit 2."""
    with live(1) as ws:
        for data in ("{}".encode("utf-16"), b'{"key": "\xff"}', b"\0"):
            (ws.root / "r.jsonl").write_bytes(data)
            _, err = ws.run("run", "--replay", "r.jsonl", code=2)
            assert "r.jsonl:1:" in err


def replayed(ws: Any) -> int:
    return int(ws.result("--replay", "r.jsonl", "--offline", "--no-cache")["usage"]["replayed"])


@pytest.mark.parametrize("cache", ["--cache", "--no-cache"])
def test_a_resumed_run_adds_to_its_recording(live: Any, cache: str) -> None:
    """What the first part recorded stays, and the whole replays without a network."""
    with live(12, server={"faults": [None] * 5 + [QUOTA]}) as ws:
        ws.result("-j", "1", cache, "--record", "r.jsonl", code=3)
        assert len((ws.root / "r.jsonl").read_text().splitlines()) == 5
        ws.result("--resume", cache, "--record", "r.jsonl")
        assert len((ws.root / "r.jsonl").read_text().splitlines()) == 12
        assert replayed(ws) == 12


def test_what_a_killed_run_had_not_written_comes_from_the_cache(live: Any) -> None:
    """kill -9 before any recording is written: the resumed run writes all of it."""
    with live(20, server={"latency_s": 0.2}) as ws:
        process = ws.start("run", "-q", "-j", "5", "--record", "r.jsonl")
        while ws.server.stats["requests"] < 13:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        assert not (ws.root / "r.jsonl").exists()
        ws.result("--resume", "--record", "r.jsonl")
        assert replayed(ws) == 20


def test_what_is_known_nowhere_is_said(live: Any) -> None:
    """A first part without cache and recording: the count is told, since a replay would be stale."""
    with live(12, server={"faults": [None] * 5 + [QUOTA]}) as ws:
        ws.result("-j", "1", "--no-cache", code=3)
        _, err = ws.run("run", "--resume", "--no-cache", "--record", "r.jsonl", code=0)
        assert "5 replies of the run's first part are no longer known" in err


@pytest.mark.parametrize(
    ("arguments", "key"),
    [(("--max-cost", "1"), KEY), ((), ""), (("nope",), KEY), (("-k", "(", "--no-cache"), KEY)],
    ids=["unknown price", "no key", "no suite", "wrong selection"],
)
def test_a_run_that_is_refused_keeps_the_recording_that_was_there(
    live: Any, arguments: tuple[str, ...], key: str
) -> None:
    """Byte for byte: a recording is replaced when a run that wrote it has ended."""
    with live(2) as ws:
        ws.result("--record", "r.jsonl")
        before = (ws.root / "r.jsonl").read_bytes()
        ws.run("run", "--no-cache", "--record", "r.jsonl", *arguments, code=2, env={"FAKE_KEY": key})
        assert before and (ws.root / "r.jsonl").read_bytes() == before
