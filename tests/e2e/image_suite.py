"""A suite of two images, the APIs that can be sent them, and a model that sees their colour."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Workspace
from tests.hostile import Asked, completion, whole
from tests.media_files import data_url, png

KEY = "our-test-key-0123456789"
RED, BLUE = png(), png(rgb=(0, 0, 255))
PROMPT = """from typing import Literal
from pydantic import BaseModel
from prompteval import File, Prompt, file, system, user

class Inputs(BaseModel):
    photo: File

class Output(BaseModel):
    colour: Literal["red", "blue"]

prompt = Prompt(inputs=Inputs, output=Output, messages=[system("Name the colour."), user("Which?", file("{{ photo }}"))])
"""
SUITE = "prompt: colour\ncases: ../datasets/colour.jsonl\nmodels: [seen]\nscorers: [{exact: {field: colour}}]\nmetrics: [accuracy]\ngate: [accuracy >= 0.9]\n"


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("OUR_KEY", KEY)
    return Workspace(tmp_path)


@dataclass(frozen=True)
class Api:
    """An API as its documentation writes it: where images are in a request, and how an answer looks."""

    profile: str
    images: Callable[[Any], list[str]]
    answer: Callable[[str], Any]

    @property
    def is_openai(self) -> bool:
        return self.profile.startswith('provider = "openai"')

    def base_url(self, url: str) -> str:
        """The address in a profile, of a server's that ends in /v1: that of OpenAI's APIs keeps it."""
        return url if self.is_openai else url.removesuffix("/v1")


def chat_images(body: Any) -> list[str]:
    parts = [
        part
        for message in body["messages"]
        if isinstance(message["content"], list)
        for part in message["content"]
    ]
    return [part["image_url"]["url"].partition(",")[2] for part in parts if part["type"] == "image_url"]


def _response(text: str) -> Any:
    output = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}]
    return {"id": "r", "status": "completed", "output": output}


def _message(text: str) -> Any:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": text}], "usage": {"input_tokens": 3, "output_tokens": 1},
    }  # fmt: skip


def _candidate(text: str) -> Any:
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}]}


APIS = {
    "chat": Api('provider = "openai"', chat_images, completion),
    "responses": Api(
        'provider = "openai"\napi = "responses"',
        lambda body: [
            part["image_url"].partition(",")[2]
            for part in body["input"][-1]["content"]
            if "image_url" in part
        ],
        _response,
    ),
    "anthropic": Api(
        'provider = "anthropic"',
        lambda body: [part["source"]["data"] for part in body["messages"][-1]["content"] if "source" in part],
        _message,
    ),
    "gemini": Api(
        'provider = "gemini"',
        lambda body: [
            part["inlineData"]["data"] for part in body["contents"][-1]["parts"] if "inlineData" in part
        ],
        _candidate,
    ),
}


def sees(api: Api) -> Callable[[Asked], Iterable[bytes]]:
    """A model that tells the colour of the image that it is sent."""

    def made(asked: Asked) -> Iterable[bytes]:
        (image,) = api.images(json.loads(asked.body))
        colour = {RED: "red", BLUE: "blue"}[b64decode(image)]
        return whole(json.dumps(api.answer(json.dumps({"colour": colour}))).encode())

    return made


def colours(workspace: Workspace, api: Api, url: str) -> None:
    """The workspace of two images, one of them in its case."""
    base = api.base_url(url)
    profile = f'[models.seen]\nmodel = "m"\nbase_url = "{base}"\napi_key_env = "OUR_KEY"\n{api.profile}\n'
    workspace.write("prompteval.toml", profile)
    workspace.write("prompts/colour/v1.py", PROMPT)
    workspace.write("evals/colour.yaml", SUITE)
    (workspace.root / "datasets/images").mkdir(parents=True, exist_ok=True)
    (workspace.root / "datasets/images/red.png").write_bytes(RED)
    cases = [("red", "images/red.png"), ("blue", data_url(BLUE, "image/png"))]
    lines = [{"id": name, "inputs": {"photo": photo}, "expected": {"colour": name}} for name, photo in cases]
    workspace.write("datasets/colour.jsonl", "".join(json.dumps(line) + "\n" for line in lines))


def contents(root: Path) -> dict[str, bytes]:
    """Every file below a directory, but those of the images themselves."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix != ".png" and path.name != "colour.jsonl"
    }


SAID = '{"when": ".", "output": {"colour": "red"}}\n'


@pytest.fixture
def offline(empty: Workspace) -> Workspace:
    """The same suite with a scripted model that always says red."""
    colours(empty, APIS["chat"], "http://127.0.0.1:9/v1")
    empty.write("model.jsonl", SAID)
    empty.write("evals/colour.yaml", SUITE.replace("[seen]", "[scripted/model.jsonl]").replace("0.9", "0.4"))
    return empty
