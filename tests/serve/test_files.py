"""Files over HTTP and from an application: sent whole, and of the log only what they are."""

import asyncio
import json
from base64 import b64encode
from pathlib import Path
from threading import current_thread, main_thread
from types import SimpleNamespace
from typing import Any

import pytest

import prompteval
from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.prediction import Prediction
from prompteval.engine.logged_inputs import LogInputs
from prompteval.prompt.loader import load_prompt
from prompteval.serve.predict import decode_files
from prompteval.testing.server import FakeServer, Reply
from prompteval.workspace.tree import WorkingTree
from tests.media_files import data_url, pdf, png
from tests.serve.conftest import KEY, run, start

LOOK = """
from pydantic import BaseModel
from prompteval import File, Prompt, file, user

class Inputs(BaseModel):
    photo: File
    note: str = ""

prompt = Prompt(inputs=Inputs, output=str, messages=[user("What is it? {{ note }}", file("{{ photo }}"))])
"""
RED = png()
VALUE = prompteval.File.from_bytes(RED).value


def workspace(root: Path, server: FakeServer) -> None:
    profile = f'[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "FAKE_KEY"\n'
    (root / "prompteval.toml").write_text(f'default_model = "m"\n{profile}')
    (root / "prompts/look").mkdir(parents=True)
    (root / "prompts/look/v1.py").write_text(LOOK)
    (root / "red.png").write_bytes(RED)


def test_s28_a_file_comes_as_a_data_url_or_is_refused(tmp_path: Path) -> None:
    """Its limits come first; a path of the server's machine is never read; the log has its kind and size."""
    with FakeServer([Reply("", text="a square")]) as server:
        workspace(tmp_path, server)
        run(tmp_path, "lock")
        service = start(tmp_path, "--log", "log.jsonl", "--log-inputs", "full", "--max-body", "2000")
        try:
            ask = lambda photo: service.post("/v1/prompts/look", {"photo": photo})  # noqa: E731
            assert ask(data_url(RED, "image/png")).json["output"] == "a square"
            refused = [
                (ask(data_url(png(noise=3_000), "image/png")), 413),
                *(
                    (ask(wrong), 422)
                    for wrong in (
                        "red.png",
                        "/etc/passwd",
                        data_url(RED, "image/gif"),
                        "data:,x",
                        dict(VALUE),
                        3,
                    )
                ),
            ]
            assert [answer.status for answer, _ in refused] == [status for _, status in refused]
            for wrong in ("red.png", 3, "https://example.org/a.png"):
                (error,) = ask(wrong).json["errors"]
                assert error == {"field": "photo", "message": "must be a data URL"}
            described = service.get("/openapi.json").json["components"]["schemas"]
        finally:
            service.stop()
    (line,) = service.lines()
    assert isinstance(line, Prediction)
    assert line.inputs == {"photo": VALUE}
    assert b64encode(RED)[:40] not in (tmp_path / "log.jsonl").read_bytes()
    assert "data URL" in json.dumps(described)


@pytest.mark.parametrize(
    ("photo", "apart"),
    [(data_url(RED, "image/png"), False), (data_url(png(noise=100_000), "image/png"), True), (data_url(png(noise=100_000), "image/gif"), True)],
)  # fmt: skip
def test_a_file_of_a_request_is_decoded_once(
    tmp_path: Path, photo: str, apart: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large one off the event loop, also one that is refused."""
    with FakeServer() as server:
        workspace(tmp_path, server)
        prompt = load_prompt(WorkingTree(tmp_path), "look", 1)
    threads: list[bool] = []
    decode = prompteval.File.of_data_url
    monkeypatch.setattr(
        prompteval.File,
        "of_data_url",
        lambda url: (threads.append(current_thread() is main_thread()), decode(url))[1],
    )
    call: Any = SimpleNamespace(
        inputs={"photo": photo}, served=SimpleNamespace(bound=SimpleNamespace(prompt=prompt))
    )
    asyncio.run(decode_files(call, len(photo)))
    if not prompt.input_errors(call.inputs):
        assert prompt.render(call.inputs)[0].files
        assert prompt.file_inputs.stored(call.inputs)["photo"] == call.inputs["photo"].file.value
    assert threads == [not apart]


@pytest.mark.parametrize(
    ("policy", "logged"),
    [("full", VALUE), ("redacted", VALUE), ("features", {"media_type": "image/png", "bytes": len(RED)})],
)
def test_an_application_sends_a_file_and_logs_what_it_is(
    tmp_path: Path, policy: LogInputs, logged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a path, by its bytes, and as a data URL: one request each, all the same."""
    monkeypatch.setenv("FAKE_KEY", KEY)
    with FakeServer([Reply("", text="a square")]) as server:
        workspace(tmp_path, server)
        look = prompteval.load("look", workspace=tmp_path, log=str(tmp_path / "log.jsonl"), log_inputs=policy)
        files = [
            prompteval.File.from_path(tmp_path / "red.png"),
            prompteval.File.from_bytes(RED),
            data_url(RED, "image/png"),
        ]
        assert [look(photo=file) for file in files] == ["a square"] * 3
        assert len({look.render(photo=file)[0].canonical for file in files}) == 1
        look.close()
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [(line.get("inputs") or line["features"])["photo"] for line in lines] == [logged] * 3


def test_an_application_says_what_is_wrong_with_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path as a text, a type that the model does not take, and a model that takes none."""
    monkeypatch.setenv("FAKE_KEY", KEY)
    with FakeServer() as server:
        workspace(tmp_path, server)
        look = prompteval.load("look", workspace=tmp_path)
        with pytest.raises(InvalidInput, match=r"inputs\.photo: must be .* File\.from_path reads a path"):
            look(photo="red.png")
        with pytest.raises(prompteval.ProviderError, match="m takes no file like this: it is a PDF"):
            look(photo=prompteval.File.from_bytes(pdf()))
        with pytest.raises(UsageError, match=r"text\.png: it is of no known type"):
            (tmp_path / "text.png").write_text("hello")
            prompteval.File.from_path(tmp_path / "text.png")
        with pytest.raises(InvalidInput, match="local/use takes no files"):
            prompteval.load("look", workspace=tmp_path, model="local/use")
        assert server.stats["requests"] == 0
