"""A key that is refused ends a run after the calls on their way: of a judge and of an endpoint too."""

import json
from typing import Any

from prompteval.testing.server import Fault
from tests.faults.conftest import make
from tests.hostile import Hostile

CASES = 150
JUDGE = """
from typing import Literal
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str
    output: str

class Output(BaseModel):
    verdict: Literal["yes", "no"]

prompt = Prompt(inputs=Inputs, output=Output, messages=[user("{{ message }} {{ output }}")])
"""
SUITE = """prompt: route
cases: ../datasets/c.jsonl
models: [scripted/s.jsonl]
scorers: [{judge: {prompt: helpful, model: m, field: verdict}}]
metrics: [accuracy]
"""


def test_a_judges_refused_key_stops_its_calls(live: Any) -> None:
    """All cases are answered at once; the judge is asked of the first of them alone."""
    with live(CASES, {"faults": [Fault("status", 401, "invalid_api_key")] * CASES}) as ws:
        ws.write("prompts/helpful/v1.py", JUDGE)
        ws.write("evals/s.yaml", SUITE)
        ws.write("s.jsonl", json.dumps({"when": "", "output": {"team": "support"}}) + "\n")
        assert "HTTP 401 invalid_api_key" in ws.run("run", "-q", code=3)[0]
        assert ws.server.stats["requests"] < CASES / 2


def test_an_endpoints_refused_key_ends_the_run(tmp_path: Any) -> None:
    """With the status in the last line."""
    refused = b"HTTP/1.1 401 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    with Hostile(lambda asked: [refused]) as server:
        ws = make(tmp_path / "ws", server, CASES)  # type: ignore[arg-type]
        ws.write(
            "evals/s.yaml",
            f"endpoint: {{url: '{server.url}'}}\ncases: ../datasets/c.jsonl\nscorers: [exact]\nmetrics: [accuracy]\n",
        )
        assert "stopped: HTTP 401" in ws.run("run", "-q", code=3)[0]
        assert len(server.asked) < CASES / 2
