"""A prompt in application code: the same rendering as in a run, and the same patience."""

import asyncio
import time
from typing import Any

import pytest

import prompteval
from prompteval.core.errors import InvalidInput, ProviderError
from prompteval.testing.server import FakeServer, Fault, Reply

PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

class Output(BaseModel):
    team: str

prompt = Prompt(inputs=Inputs, output=Output, messages=[user("{{ message }}")])
"""


def load(root: Any, server: FakeServer, monkeypatch: pytest.MonkeyPatch, profile: str = "") -> Any:
    monkeypatch.setenv("FAKE_KEY", "sk-test")
    settings = f'[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "FAKE_KEY"\n{profile}'
    (root / "prompts" / "route").mkdir(parents=True)
    (root / "prompts" / "route" / "v1.py").write_text(PROMPT)
    (root / "prompteval.toml").write_text(settings)
    return prompteval.load("route@v1", model="m", workspace=root)


def test_a_call_is_tried_again_as_in_a_run(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """429, 500 and a reset, then the answer: four attempts, the server's wish waited for."""
    faults = [
        Fault("status", 429, "rate_limit_exceeded", {"retry-after-ms": "300"}),
        Fault("status", 500),
        Fault("reset"),
    ]
    with FakeServer([Reply("", output={"team": "payments"})], faults=faults) as server:
        route = load(tmp_path, server, monkeypatch)
        started = time.monotonic()
        assert route(message="pay").team == "payments"
        assert time.monotonic() - started >= 0.3
        assert server.stats["requests"] == 4


def test_a_profile_says_how_often_and_how_long(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two attempts and no more; a quota is not tried again; the whole call keeps the case's deadline."""
    with FakeServer(
        faults=[Fault("status", 500)] * 2 + [Fault("status", 429, "insufficient_quota"), Fault("hang")]
    ) as server:
        route = load(tmp_path, server, monkeypatch, "max_attempts = 2\ntimeout_s = 1.0\n")
        for kind, requests in (("server", 2), ("quota", 3)):
            with pytest.raises(ProviderError) as raised:
                route(message="pay")
            assert (raised.value.kind, server.stats["requests"]) == (kind, requests)


def test_it_can_be_awaited_twice(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`acall` in a running loop, several at a time."""
    with FakeServer([Reply("", output={"team": "support"})]) as server:
        route = load(tmp_path, server, monkeypatch)

        async def both() -> list[Any]:
            found = await asyncio.gather(route.acall(message="a"), route.acall(message="b"))
            await route.aclose()
            return list(found)

        assert [found.team for found in asyncio.run(both())] == ["support", "support"]


def test_an_application_gets_the_calls_and_makes_them_itself(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run` gives the calls with their ids; the history takes them and their results to the next call."""
    script = Reply("go", tool_calls=[[("look", {"id": 1, "deep": None}), ("look", "{")]], text="done")
    module = """
from typing import Any
from pydantic import BaseModel
from prompteval import Prompt, history, user

class Inputs(BaseModel):
    steps: list[dict[str, Any]] = []

def look(id: int, deep: bool = False) -> str:
    \"\"\"Look it up.\"\"\"

prompt = Prompt(inputs=Inputs, output=str, messages=[user("go"), history("steps")], tools=[look])
"""
    with FakeServer([script]) as server:
        load(tmp_path, server, monkeypatch)
        (tmp_path / "prompts" / "route" / "v2.py").write_text(module)
        ask = prompteval.load("route@v2", model="m", workspace=tmp_path)
        reply = ask.run()
        first, second = reply.tool_calls
        assert (reply.output, first.name, first.arguments, first.unread) == (None, "look", {"id": 1}, "")
        assert (second.arguments, second.unread) == ({}, "{") and len({first.id, second.id, ""}) == 3
        made = [(first, '{"id": 1}'), (second, "{")]
        calls = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": text}}
            for call, text in made
        ]
        steps = [{"role": "assistant", "content": None, "tool_calls": calls}]
        steps += [{"role": "tool", "content": "found", "tool_call_id": call.id} for call, _ in made]
        assert (ask.run(steps=steps).output, ask.run(steps=steps).tool_calls) == ("done", ())
        assert server.requests[1]["messages"][1:] == steps


def test_an_application_refuses_tools_that_its_model_does_not_take(tmp_path: Any) -> None:
    """Found when the prompt is loaded, as `check` finds it."""
    (tmp_path / "prompts" / "route").mkdir(parents=True)
    (tmp_path / "prompteval.toml").write_text("")
    armed = PROMPT.replace(
        "prompt = Prompt(", "def look(id: int) -> str: ...\n\nprompt = Prompt(tools=[look], "
    )
    (tmp_path / "prompts" / "route" / "v1.py").write_text(armed)
    with pytest.raises(InvalidInput, match="local/use takes no tools"):
        prompteval.load("route", workspace=tmp_path)
