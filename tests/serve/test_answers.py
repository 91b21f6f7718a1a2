"""What the service answers, and what it says of the answer."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

import prompteval
from prompteval.core.prediction import Feedback, Prediction
from prompteval.engine.progress import Progress
from prompteval.engine.run import run_suites
from prompteval.plan.run_options import RunOptions
from prompteval.testing.server import FakeServer, Reply
from prompteval.workspace.settings import find_workspace
from tests.serve.conftest import KEY, ROUTE, Service, serving, start, write_workspace

Shared = tuple[Service, FakeServer]


def _logged(service: Service, request_id: str) -> Prediction:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        for record in service.lines():
            if isinstance(record, Prediction) and record.request_id == request_id:
                return record
        time.sleep(0.01)
    raise AssertionError("no line")


def test_an_answer_says_what_it_is_of(shared_service: Shared) -> None:
    """Output, version, fingerprint, model and an id of our own, in the body, the headers and the log."""
    service, _ = shared_service
    found = service.ask("pay me")
    body = found.json
    assert (found.status, body["output"]) == (200, {"team": "payments"})
    assert (body["prompt"], body["model"], found.headers["x-prompteval-prompt"]) == (
        "route@v1",
        "fake",
        "route@v1",
    )
    assert body["fingerprint"] == found.headers["x-prompteval-fingerprint"]
    line = _logged(service, found.headers["x-request-id"])
    assert (line.output, line.inputs) == (body["output"], {"message": "pay me"})
    assert (line.prompt, line.fingerprint, line.model) == (body["prompt"], body["fingerprint"], body["model"])
    assert line.usage is not None and line.latency_ms == pytest.approx(body["latency_ms"], abs=0.01)


@pytest.mark.parametrize("name", ["route", "route@v1", "route@production"])
def test_a_prompt_has_its_name_its_version_and_its_aliases(shared_service: Shared, name: str) -> None:
    """The line says by which alias it was asked for."""
    service, _ = shared_service
    found = service.ask(prompt=name)
    assert (found.status, found.json["prompt"]) == (200, "route@v1")
    alias = _logged(service, found.json["request_id"]).alias
    assert alias == ("production" if name.endswith("production") else "")


def test_a_text_is_streamed(shared_service: Shared) -> None:
    """Its pieces as events, then the whole as it would be answered at once, which is also what is logged."""
    service, _ = shared_service
    found = service.ask("story", "accept: text/event-stream", prompt="say")
    assert found.headers["content-type"] == "text/event-stream"
    pieces = found.body.split(b"event: text\r\n"[:-2] + b"\n")
    assert len(pieces) > 2 and b'event: done\ndata: {"output":"once upon a time"' in found.body
    line = _logged(service, found.headers["x-request-id"])
    assert line.output == "once upon a time" and line.first_token_ms is not None
    assert 0 < line.first_token_ms <= line.first_answer_ms <= line.latency_ms


def test_what_is_not_text_is_not_streamed(shared_service: Shared) -> None:
    """406 where only a stream is taken, the whole answer where that is taken too."""
    service, _ = shared_service
    assert service.ask("pay", "accept: text/event-stream").status == 406
    assert service.ask("pay", "accept: text/event-stream, */*").status == 200


def test_the_document_has_the_types_of_every_prompt(shared_service: Shared) -> None:
    """Inputs with their limits, the output with its labels, each refusal as problem details."""
    service, _ = shared_service
    document = service.get("/openapi.json").json
    schemas, post = document["components"]["schemas"], document["paths"]["/v1/prompts/route"]["post"]
    assert post["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/route_inputs")
    assert schemas["route_inputs"]["properties"]["message"]["maxLength"] == 4096
    assert schemas["Output"]["properties"]["team"]["enum"] == ["payments", "support"]
    assert {"400", "401", "404", "408", "413", "415", "422", "429", "503", "504"} <= post["responses"].keys()
    assert "/v1/prompts/route@production" in document["paths"] and "/v1/feedback" in document["paths"]


def test_feedback_is_a_line_that_names_its_request(shared_service: Shared) -> None:
    """A label or a score, one of the two, for an id of ours."""
    service, _ = shared_service
    request_id = service.ask().json["request_id"]
    taken = service.post(
        "/v1/feedback", {"request_id": request_id, "label": {"team": "support"}, "comment": "x"}
    )
    assert taken.status == 202
    wrong: list[Any] = [
        {"request_id": request_id}, {"request_id": "nope", "score": 1}, {"request_id": request_id, "score": "1"},
        {"request_id": request_id, "score": 1, "label": "a"}, {"request_id": request_id, "scoer": 1},
    ]  # fmt: skip
    assert [service.post("/v1/feedback", one).status for one in wrong] == [422] * len(wrong)
    _logged(service, service.ask().json["request_id"])
    said = [one for one in service.lines() if isinstance(one, Feedback)]
    assert [(one.request_id, one.label, one.comment) for one in said] == [
        (request_id, {"team": "support"}, "x")
    ]


def test_evaluation_application_and_service_send_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One rendering, one writer: what was evaluated is what is served."""
    monkeypatch.setenv("FAKE_KEY", KEY)
    inputs = {"message": "pay \u20ac 5 \u2028 {{ 7*7 }}", "channel": "chat"}
    with serving(tmp_path) as (service, upstream):
        (tmp_path / "evals").mkdir()
        (tmp_path / "evals/s.yaml").write_text(
            "prompt: route\ncases: ../c.jsonl\nmodels: [m]\nscorers: [{exact: {field: team}}]\nmetrics: [accuracy]\n"
        )
        case = {"id": "c", "inputs": inputs, "expected": {"team": "payments"}}
        (tmp_path / "c.jsonl").write_text(json.dumps(case) + "\n")
        run_suites(find_workspace(tmp_path), RunOptions(cache=False), Progress())
        route = prompteval.load("route@production", workspace=tmp_path)
        asyncio.run(route.acall(**inputs))
        assert service.ask(**inputs).status == 200  # type: ignore[arg-type]
        route.close()
        assert len(upstream.bodies) == 3 and len(set(upstream.bodies)) == 1


def test_an_application_writes_the_same_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`load(log=...)`: a line for each call, also for one that failed; the file is its owner's alone (S23)."""
    monkeypatch.setenv("FAKE_KEY", KEY)
    with serving(tmp_path) as _:
        log = tmp_path / "app.jsonl"
        route = prompteval.load("route@production", workspace=tmp_path, log=str(log), log_inputs="features")
        assert route(message="pay").team == "payments"
        with pytest.raises(prompteval.OutputError):
            route(message="nonsense")
        route.close()
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        assert [(one["outcome"], one["alias"]) for one in lines] == [
            ("ok", "production"),
            ("invalid", "production"),
        ]
        assert lines[0]["features"] == {"message": {"length": 3}} and "inputs" not in lines[0]
        assert log.stat().st_mode & 0o777 == 0o600


def test_s20_an_answer_is_written_as_its_type_writes_it(tmp_path: Path) -> None:
    """By the names of the document, without what the type excludes or masks; the log hides the same."""
    output = """class Output(BaseModel):
    team: str = Field(alias="theTeam")
    note: str = Field("secret", exclude=True)
"""
    changed = ROUTE.replace(ROUTE[ROUTE.index("class Output") : ROUTE.index("prompt =")], output + "\n")
    with FakeServer([Reply("", output={"theTeam": "payments"})]) as upstream:
        write_workspace(tmp_path, upstream)
        (tmp_path / "prompts/route/v2.py").write_text(changed)
        service = start(tmp_path, "route@v2", "--unpublished", "--log", "log.jsonl")
        try:
            answer = service.ask(prompt="route@v2").json
            assert answer["output"] == {"theTeam": "payments"}
            assert (
                "theTeam"
                in service.get("/openapi.json").json["components"]["schemas"]["Output"]["properties"]
            )
            assert _logged(service, answer["request_id"]).output == {"team": "payments"}
        finally:
            service.stop()
