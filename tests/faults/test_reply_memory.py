"""Long replies: memory follows what is in flight and the bounds on what waits, never the number of cases."""

import json
from pathlib import Path

import pytest

from prompteval.testing.server import FakeServer, Reply
from tests.faults.conftest import KEY, Live, make
from tests.peak_memory import peak_mb

SIZE = 2_000_000
# Every bound on what waits, so low that few replies reach it.
LOWERED = (
    "from prompteval.engine import runner, row_groups; from prompteval.store import cache, writer;"
    f" runner.UNSCORED_BYTES = writer.QUEUED_BYTES = cache.RECENT_CHARACTERS = {2 * SIZE};"
    f" row_groups.BYTES_PER_GROUP = {SIZE}"
)
SUITE = """prompt: say
cases: ../datasets/c.jsonl
models: [m]
scorers: [exact]
metrics: [accuracy]
"""
PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

prompt = Prompt(inputs=Inputs, output=str, messages=[user("{{ message }}")])
"""


def write_cases(ws: Live, count: int) -> None:
    cases = ({"id": f"c{n}", "inputs": {"message": f"message {n}"}, "expected": "x"} for n in range(count))
    ws.write("datasets/c.jsonl", "".join(json.dumps(case) + "\n" for case in cases))


@pytest.mark.slow
def test_f39_memory_does_not_grow_with_the_long_replies(tmp_path: Path) -> None:
    """60 replies of 2 MB take hardly more than 10: unscored, stored, cached and recorded."""
    command = ("run", "-q", "-j", "4", "--record", "r.jsonl")
    with FakeServer([Reply("", text="x" * SIZE)], keep=False) as server:
        ws = make(tmp_path, server, 0)
        ws.write("prompts/say/v1.py", PROMPT)
        ws.write("evals/s.yaml", SUITE)
        write_cases(ws, 10)
        small = peak_mb(ws.root, *command, before=LOWERED, env={"FAKE_KEY": KEY})
        write_cases(ws, 60)
        large = peak_mb(ws.root, *command, before=LOWERED, env={"FAKE_KEY": KEY})
    assert large - small < 50 * SIZE / 1e6 / 3, f"{small:.0f} MB, then {large:.0f} MB"
