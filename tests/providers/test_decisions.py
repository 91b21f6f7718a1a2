"""The Decisions API, written from OpenAI's API reference and held to the types of its client."""

import json
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from openai import OpenAI
from openai.types.decision import Decision
from pydantic import BaseModel, Field

from prompteval.core.errors import InvalidInput, ProviderError
from prompteval.core.observation import ALTERNATIVES
from prompteval.core.request import Message, Request
from prompteval.prompt.schema import strict_schema
from prompteval.providers.openai.batch_lines import batch_line
from prompteval.providers.openai.decisions import read_decision
from prompteval.providers.openai.shape import shape_of
from prompteval.testing.server import FakeServer, Reply
from prompteval.workspace.settings import ModelProfile, find_workspace
from tests.providers.test_both_apis import key, use  # noqa: F401

MESSAGES = (Message("system", "Judge."), Message("user", "a refund"))


class Word(Enum):
    yes = "yes"
    no = "no"


class Output(BaseModel):
    verdict: Word
    kind: Literal["x", "y"] = Field(description="Which kind?")
    polite: bool
    score: int = Field(ge=1, le=3)


class Reasoned(BaseModel):
    reasons: str
    verdict: Literal["yes", "no"]


SCHEMA = strict_schema(Output)
SAID = {"verdict": "no", "kind": "x", "polite": True, "score": 2}


def asked(schema: Any = SCHEMA, **more: Any) -> Request:
    return Request("m", MESSAGES, more.pop("params", {}), schema, **more)


def test_a_request_is_that_of_openais_own_client() -> None:
    """The same body, byte for byte as JSON values, and the fake server's answer has the client's types."""
    with FakeServer([Reply("refund", output=SAID)]) as server:
        reply = use(server, lambda provider: provider.complete(asked()), api="decisions")
        (body,) = server.requests
        found = OpenAI(base_url=server.url, api_key="k").decisions.create(**body)
        assert server.requests[1] == body
    assert isinstance(found, Decision) and [answer.type for answer in found.answers] == [
        "choice", "choice", "choice", "score",
    ]  # fmt: skip
    assert json.loads(reply.text) == SAID and reply.model_reported == "fake"
    assert [one["name"] for one in body["questions"]] == ["verdict", "kind", "polite", "score"]
    assert body["questions"][1]["instructions"] == "Which kind?"
    assert body["questions"][2]["choices"] == [{"value": True}, {"value": False}]
    assert [level["label"] for level in body["questions"][3]["levels"]] == ["1", "2", "3"]
    assert body["input"][0] == {"type": "message", "role": "system", "content": "Judge."}


def test_probabilities_tokens_and_confidence_come_with_the_answers() -> None:
    """In the form of those from log probabilities, so that a judge reads both alike."""
    schema = strict_schema(type("One", (BaseModel,), {"__annotations__": {"verdict": Literal["yes", "no"]}}))
    with FakeServer([Reply("refund", output={"verdict": "no"}, odds={"no": 0.8, "yes": 0.2})]) as server:
        reply = use(server, lambda provider: provider.complete(asked(schema)), api="decisions")
    assert reply.details[ALTERNATIVES] == {"verdict": {'"yes"': 0.2, '"no"': 0.8}}
    assert reply.confidence == 0.8 and reply.usage is not None and reply.usage.prompt_tokens == 40


def test_a_refused_question_is_a_refusal() -> None:
    """Whatever the other answers are."""
    with FakeServer([Reply("refund", output={**SAID, "kind": "neither"})]) as server:
        reply = use(server, lambda provider: provider.complete(asked()), api="decisions")
    assert (reply.finish, reply.refusal) == ("refusal", "no answer to kind")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (asked(strict_schema(Reasoned)), "reasons: the Decisions API writes no texts"),
        (asked(None), "needs an output with fields"),
        (asked(params={"temperature": 0.0}), "no parameter 'temperature'"),
        (asked(seed=1), "no parameter 'seed'"),
    ],
)
def test_what_it_cannot_be_asked_is_never_sent(request_: Request, message: str) -> None:
    """Texts, no fields, parameters; and no batch of it."""
    with FakeServer() as server, pytest.raises(ProviderError, match=message) as caught:
        use(server, lambda provider: provider.complete(request_), api="decisions")
    assert caught.value.kind == "unsupported" and not server.requests
    with pytest.raises(ProviderError, match="the Batch API takes no decisions"):
        batch_line("m", asked(), shape_of(ModelProfile("m", api="decisions")))


@pytest.mark.parametrize(
    "raw",
    [
        [], {"answers": []}, {"answers": [3]}, {"error": {"message": "x"}}, {"answers": [{"type": "choice"}]},
        {"answers": [{"type": "choice", "name": "a", "choice": "b", "probabilities": [3]}]},
        {"answers": [{"type": "score", "name": "a", "probabilities": []}]},
        {"answers": [{"type": "vote", "name": "a", "probabilities": []}]},
    ],
)  # fmt: skip
def test_a_reply_of_another_form_is_an_error_of_its_call(raw: Any) -> None:
    """Never a crash, and never an answer."""
    with pytest.raises(ProviderError):
        read_decision(raw, lambda: "", None, 0.0)


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ('api = "decisions"\nstream = true', "the Decisions API gives no streams"),
        ('api = "decisions"\npreset = "vllm"', "vllm has no Decisions API"),
        ('api = "decisions"\nstructured = "tool"', "the Decisions API is sent questions"),
        ('api = "decision"', "did you mean 'decisions'"),
    ],
)
def test_a_profile_that_cannot_be_is_a_problem_at_its_key(tmp_path: Path, profile: str, message: str) -> None:
    """Before anything is asked."""
    (tmp_path / "prompteval.toml").write_text(f'[models.m]\nmodel = "x"\n{profile}\n')
    with pytest.raises(InvalidInput) as caught:
        find_workspace(tmp_path)
    assert message in str(caught.value.problems[0])
