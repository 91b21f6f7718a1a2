"""A key that is refused ends a run after the calls on their way: of a judge and of an endpoint too."""

import json
from typing import Any

from prompteval.testing.server import FakeServer, Fault, Reply
from tests.faults.conftest import make
from tests.hostile import Hostile

CASES = 150
REFUSED = b"HTTP/1.1 401 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
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


FIREWALL = Fault("status", 403, "forbidden")
ANSWERED = [None] * 40


def test_a_403_of_one_case_ends_no_run_whose_calls_were_answered(live: Any) -> None:
    """A firewall that stops one text is a wrong request of its case; a 401 ends the run also then."""
    with live(CASES, {"faults": [*ANSWERED, FIREWALL]}) as ws:
        assert "stopped" not in ws.run("run", "-q", "--no-cache", code=3)[0]
        assert ws.server.stats["requests"] == CASES
        (failed,) = (row["error"] for row in ws.rows() if row["error"])
        assert "bad_request" in failed and "HTTP 403 forbidden" in failed
    with live(CASES, {"faults": [*ANSWERED, Fault("status", 401, "revoked")]}) as ws:
        assert "stopped: HTTP 401 revoked" in ws.run("run", "-q", "--no-cache", code=3)[0]


def test_a_403_before_any_answer_ends_a_run(live: Any) -> None:
    """As a key that may not use the model."""
    with live(CASES, {"faults": [FIREWALL] * CASES}) as ws:
        assert "stopped: HTTP 403 forbidden" in ws.run("run", "-q", code=3)[0]
        assert ws.server.stats["requests"] < CASES / 2


def test_a_403_of_one_judgement_leaves_the_others_to_be_made(tmp_path: Any) -> None:
    """Every case is judged but that one."""
    with FakeServer([Reply("", output={"verdict": "yes"})], faults=[*ANSWERED, FIREWALL]) as server:
        ws = make(tmp_path / "ws", server, CASES)
        ws.write("prompts/helpful/v1.py", JUDGE)
        ws.write("evals/s.yaml", SUITE)
        ws.write("s.jsonl", json.dumps({"when": "", "output": {"team": "support"}}) + "\n")
        assert "1 case of 150 could not be scored" in ws.run("run", "-q", code=3)[0]
        assert server.stats["requests"] == CASES


def test_a_403_in_a_second_suite_is_of_one_case_too(live: Any) -> None:
    """The model of both is the same, and has answered the first."""
    with live(len(ANSWERED), {"faults": [*ANSWERED, FIREWALL]}) as ws:
        text = (ws.root / "evals" / "s.yaml").read_text()
        ws.write("evals/t.yaml", text)
        ws.run("run", "-q", "--no-cache", code=3)
        assert ws.server.stats["requests"] == 2 * len(ANSWERED)


ENDPOINT = "endpoint: {{url: '{url}'}}\ncases: ../datasets/c.jsonl\nscorers: [exact]\nmetrics: [accuracy]\n"


def test_an_endpoints_refused_key_ends_the_run(tmp_path: Any) -> None:
    """With the status in the last line."""
    with Hostile(lambda asked: [REFUSED]) as server:
        ws = make(tmp_path / "ws", server, CASES)  # type: ignore[arg-type]
        ws.write("evals/s.yaml", ENDPOINT.format(url=server.url))
        printed = ws.run("run", "-q", code=3)[0]
        assert "stopped: the first 5 calls failed" in printed and "HTTP 401" in printed
        assert len(server.asked) < CASES / 2


def test_what_an_endpoint_refuses_of_one_case_is_that_cases(tmp_path: Any) -> None:
    """A 401 among answers is an error of its case, and those that a resumed run begins with stop nothing."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    answers = iter([answer, *[REFUSED] * 18])
    with Hostile(lambda asked: [next(answers, answer)]) as server:
        ws = make(tmp_path / "ws", server, 12)  # type: ignore[arg-type]
        ws.write("evals/s.yaml", ENDPOINT.format(url=server.url))
        assert "11 errors" in (first := ws.run("run", "-j", "1", code=3)[0]) and "stopped" not in first
        assert "5/12 scored" in ws.run("run", "-j", "1", "--resume", code=3)[0]  # 7 more were refused


RAG = """cases: ../datasets/c.jsonl
rag: {{corpus: ../corpus/d.jsonl, chunker: none, question: message, retriever: {retriever}}}
metrics: [retrieval.recall@1]
"""
DOCUMENT = '{"id": "d0", "title": "", "text": "the first"}\n'


def with_gold(ws: Any, retriever: str) -> None:
    """A suite of retrieval alone, whose cases all ask for the one document."""
    ws.write("corpus/d.jsonl", DOCUMENT)
    lines = (
        json.dumps({"id": f"c{n}", "inputs": {"message": f"question {n}"}, "gold": [[{"doc": "d0"}]]})
        for n in range(CASES)
    )
    ws.write("datasets/c.jsonl", "\n".join(lines) + "\n")
    ws.write("evals/s.yaml", RAG.format(retriever=retriever))


def test_a_retrievers_refused_key_ends_the_run(tmp_path: Any) -> None:
    """As the key of a model does, with the status in the last line."""
    with Hostile(lambda asked: [REFUSED]) as server:
        ws = make(tmp_path / "ws", server, CASES)  # type: ignore[arg-type]
        with_gold(ws, f"{{endpoint: '{server.url}'}}")
        printed = ws.run("run", "-q", code=3)[0]
        assert "stopped:" in printed and "HTTP 401" in printed
        assert len(server.asked) < CASES / 2


def test_an_encoders_refused_key_ends_the_run(live: Any) -> None:
    """Once the corpus is embedded, the questions are not asked one by one of a server that refuses them."""
    faults = [None, *[Fault("status", 401, "invalid_api_key")] * 4 * CASES]
    with live(CASES, {"faults": faults}) as ws:
        with_gold(ws, "{kind: dense, model: m}")
        printed = ws.run("run", "-q", code=3)[0]
        assert "stopped:" in printed and "HTTP 401" in printed
        assert ws.server.stats["requests"] < CASES / 2
