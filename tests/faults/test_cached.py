"""F30 to F34: ids, the cache and its key, what works without a network."""

import json
import os
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from prompteval.testing.server import Fault


def test_f30_an_id_that_stands_twice_is_refused_with_both_lines(live: Any) -> None:
    """In one file and in two: exit 2, both places, and no call."""
    with live(4) as ws:
        text = (ws.root / "datasets/c.jsonl").read_text()
        ws.write("datasets/c.jsonl", text.replace("c0003", "c0001"))
        _, err = ws.run("run", code=2)
        assert "datasets/c.jsonl:4:" in err and "line 2" in err
        ws.write("datasets/c.jsonl", text)
        ws.write("datasets/d.jsonl", text.splitlines()[2] + "\n")
        suite = (ws.root / "evals/s.yaml").read_text()
        ws.write(
            "evals/s.yaml", suite.replace("../datasets/c.jsonl", "[../datasets/c.jsonl, ../datasets/d.jsonl]")
        )
        _, err = ws.run("run", code=2)
        assert "datasets/d.jsonl:1:1 PE321 duplicate id 'c0002', also in datasets/c.jsonl" in err
        assert ws.server.stats["connections"] == 0


def test_f30_cases_at_the_same_place_of_two_files_are_two_cases(live: Any) -> None:
    """Rows are kept by id and never by place."""
    with live(3) as ws:
        text = (ws.root / "datasets/c.jsonl").read_text()
        ws.write("datasets/d.jsonl", text.replace("c00", "d00"))
        suite = (ws.root / "evals/s.yaml").read_text()
        ws.write(
            "evals/s.yaml", suite.replace("../datasets/c.jsonl", "[../datasets/c.jsonl, ../datasets/d.jsonl]")
        )
        assert ws.result()["cases"]["scored"] == 6
        assert sorted(row["case_id"] for row in ws.rows()) == [
            "c0000",
            "c0001",
            "c0002",
            "d0000",
            "d0001",
            "d0002",
        ]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("prompteval.toml", '"fake"', '"other"'),
        ("prompts/route/v1.py", '"max_output_tokens": 100', '"max_output_tokens": 100, "temperature": 0.5'),
        ("prompts/route/v1.py", '"max_output_tokens": 100', '"max_output_tokens": 101'),
        ("prompts/route/v1.py", '"payments", "support"', '"payments", "support", "sales"'),
        ("prompts/route/v1.py", "Route.", "Route!"),
        ("prompts/route/v1.py", '"max_output_tokens": 100', '"max_output_tokens": 100, "seed": 7'),
    ],
)  # fmt: skip
def test_f31_a_reply_is_for_the_same_request_only(live: Any, path: str, old: str, new: str) -> None:
    """Model, parameters, schema or message changed: every case is called again, and back again none."""
    with live(3) as ws:
        assert ws.result()["usage"]["cached"] == 0
        text = (ws.root / path).read_text()
        assert old in text
        ws.write(path, text.replace(old, new))
        assert ws.result()["usage"]["cached"] == 0
        assert ws.server.stats["requests"] == 6
        ws.write(path, text)
        assert ws.result()["usage"]["cached"] == 3
        assert ws.server.stats["requests"] == 6


def test_f31_each_repeat_has_a_key_of_its_own(live: Any) -> None:
    """Two repeats are two calls, of which the cache knows one; and then both."""
    with live(3) as ws:
        ws.result()
        for calls, cached in ((6, 3), (6, 6)):
            assert ws.result("--repeat", "2")["usage"]["cached"] == cached
            assert ws.server.stats["requests"] == calls


def test_f32_a_damaged_reply_is_asked_for_again(live: Any) -> None:
    """One row of the cache is no JSON any more: one call, a warning that names it, the others cached."""
    with live(4) as ws:
        ws.result()
        with closing(sqlite3.connect(ws.root / ".prompteval" / "cache.sqlite")) as cache, cache:
            key = cache.execute("SELECT key FROM replies LIMIT 1").fetchone()[0]
            cache.execute("UPDATE replies SET response = substr(response, 1, 9) WHERE key = ?", (key,))
        cache.close()
        _, err = ws.run("run", code=0)
        assert f"the cached reply {key[:19]}... is damaged" in err
        assert ws.server.stats["requests"] == 5
        assert ws.result()["usage"]["cached"] == 4


DAMAGED = [
    "[" * 5000, '{"text": 5}', '{"text": "x", "logprobs": [NaN]}', '{"text": "x", "latency_ms": ' + "9" * 400 + "}", "[]",
    '{"text": "x", "usage": [1]}', '{"text": "x", "other": 1}', '{"text": "x", "details": [1]}', '{"text": "x", "finish": {}}',
]  # fmt: skip


def test_f38_a_cached_row_of_any_kind_is_asked_for_again(live: Any) -> None:
    """Deep, of wrong types, NaN, no text at all: each is one call more and a warning, and the run continues."""
    with live(len(DAMAGED) + 1) as ws:
        ws.result()
        with closing(sqlite3.connect(ws.root / ".prompteval" / "cache.sqlite")) as cache, cache:
            keys = [row[0] for row in cache.execute("SELECT key FROM replies")]
            for key, value in zip(keys, [*DAMAGED, b"\xff\xfe"], strict=True):
                cache.execute("UPDATE replies SET response = CAST(? AS TEXT) WHERE key = ?", (value, key))
        cache.close()
        _, err = ws.run("run", code=0)
        assert err.count("is damaged") == len(keys)
        assert ws.result()["usage"]["cached"] == len(keys)


def test_f34_tokens_are_counted_without_a_vocabulary_or_a_network(live: Any) -> None:
    """No vocabulary on disk or in a wheel, and a proxy that is dead: counted at once, and marked."""
    faults = [Fault("no_usage")] * 4
    with live(4, server={"faults": faults}, price={"input": 1.0, "output": 2.0}) as ws:
        ws.write("hidden/sitecustomize.py", "import sys\nsys.modules['rs_bpe'] = None\n")
        dead = "http://127.0.0.1:9"
        path = os.pathsep.join([str(ws.root / "hidden"), os.environ.get("PYTHONPATH", "")])
        env = {
            "TIKTOKEN_CACHE_DIR": str(ws.root),
            "PYTHONPATH": path,
            "HTTPS_PROXY": dead,
            "https_proxy": dead,
        }
        found = json.loads(ws.run("run", "--json", "-q", code=0, env=env)[0])["results"][0]
        assert found["usage"]["tokens_estimated"] and found["usage"]["attempts"] == 4
        assert 40 < found["usage"]["prompt_tokens"] < 800
        assert found["timing"]["wall_s"] < 5


def test_a_streamed_reply_is_cached_as_any(live: Any) -> None:
    """The model's words are the same however they come: the cache holds one reply, with its times if it was streamed."""
    with live(2) as ws:
        ws.run("run", code=0)
        ws.profile(stream=True)
        assert ws.result()["usage"]["cached"] == 2 and ws.server.stats["requests"] == 2
        assert ws.rows()[0]["first_token_ms"] is None
        assert ws.result("--no-cache")["usage"]["cached"] == 0 and ws.server.stats["requests"] == 4
        assert ws.rows()[0]["first_token_ms"] > 0
