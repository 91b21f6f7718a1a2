"""Suites of PDF documents and of audio, over sockets, for each API that takes them."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from prompteval import File
from tests.e2e.conftest import Workspace
from tests.e2e.image_suite import APIS, KEY, Api
from tests.hostile import Asked, Hostile, whole
from tests.media_files import data_url, mp3, pdf, wav

PROMPT = """from typing import Literal
from pydantic import BaseModel
from prompteval import File, Prompt, file, system, user

class Inputs(BaseModel):
    source: File

class Output(BaseModel):
    answer: Literal["first", "second"]

prompt = Prompt(inputs=Inputs, output=Output, messages=[system("Which is it?"), user("This:", file("{{ source }}"))])
"""
SUITE = "prompt: which\ncases: ../datasets/which.jsonl\nmodels: [m]\nscorers: [{exact: {field: answer}}]\nmetrics: [accuracy]\ngate: [accuracy >= 0.9]\n"
# Kind → the file at a path of the case, and the one inside of it, with their names and media types.
FILES = {
    "pdf": (
        (pdf("Invoice 7"), "invoice 7.pdf", "application/pdf"),
        (pdf("Invoice 8"), "", "application/pdf"),
    ),
    "audio": ((wav(), "spoken.wav", "audio/wav"), (mp3(), "", "audio/mpeg")),
}
# As docs/servers.md and docs/files.md have them.
TAKEN = [(api, "pdf") for api in APIS] + [("chat", "audio"), ("gemini", "audio")]


def sent_files(body: object) -> Iterator[bytes]:
    """The content of every file in a request, wherever it is placed."""
    if isinstance(body, list):
        for one in body:
            yield from sent_files(one)
    elif isinstance(body, dict):
        data = body.get("file_data") or body.get("data")
        if isinstance(data, str):
            yield b64decode(data.rpartition(",")[2], validate=True)
        for one in body.values():
            yield from sent_files(one)


def answers(api: Api, kind: str) -> Callable[[Asked], Iterable[bytes]]:
    """A model that tells the file of the path from the one inside of the case."""
    (first, *_), (second, *_) = FILES[kind]

    def made(asked: Asked) -> Iterable[bytes]:
        (content,) = sent_files(json.loads(asked.body))
        answer = {"answer": {first: "first", second: "second"}[content]}
        return whole(json.dumps(api.answer(json.dumps(answer))).encode())

    return made


def suite_of(root: Path, kind: str, api: Api, url: str) -> Workspace:
    """A workspace with two files of a kind: one beside its case, and one as a data URL."""
    made = Workspace(root)
    own = f'files = ["{kind}"]\n' if api.is_openai else ""
    base = api.base_url(url)
    profile = f'[models.m]\nmodel = "m"\nbase_url = "{base}"\napi_key_env = "OUR_KEY"\nmax_attempts = 1\n'
    made.write("prompteval.toml", f"{profile}{own}{api.profile}\n")
    made.write("prompts/which/v1.py", PROMPT)
    made.write("evals/which.yaml", SUITE)
    (first, name, _), (second, _, media_type) = FILES[kind]
    (root / "datasets").mkdir()
    (root / "datasets" / name).write_bytes(first)
    cases = [("first", name), ("second", data_url(second, media_type))]
    lines = [{"id": one, "inputs": {"source": source}, "expected": {"answer": one}} for one, source in cases]
    made.write("datasets/which.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    return made


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Workspace]:
    """Makes the workspace of a kind of files in a directory of its own."""
    monkeypatch.setenv("OUR_KEY", KEY)
    return lambda name, *rest: suite_of(tmp_path / name, *rest)


def keys(workspace: Workspace, recording: str) -> list[str]:
    """The keys of the requests of a recording, sorted."""
    return sorted(json.loads(line)["key"] for line in (workspace.root / recording).read_text().splitlines())


def holders(workspace: Workspace, kind: str, *outputs: str) -> list[str]:
    """The files, of the workspace and of what was printed, that have content of the files of the cases."""
    own = {"datasets/which.jsonl", f"datasets/{FILES[kind][0][1]}"}
    texts = {
        path.relative_to(workspace.root).as_posix(): path.read_bytes()
        for path in workspace.root.rglob("*")
        if path.is_file()
    }
    texts |= {f"output {number}": output.encode() for number, output in enumerate(outputs)}
    contents = [data for data, *_ in FILES[kind]]
    marks = [mark for data in contents for mark in (data[:40], b64encode(data)[:40])]
    return [name for name, text in texts.items() if name not in own and any(mark in text for mark in marks)]


@pytest.mark.parametrize(("name", "kind"), TAKEN)
def test_a_suite_of_documents_or_audio_from_check_to_replay(
    name: str, kind: str, made: Callable[..., Workspace]
) -> None:
    """Sent once, then cached and replayed; what is kept and printed has hashes, and no content."""
    api = APIS[name]
    with Hostile(answers(api, kind)) as server:
        here = made("here", kind, api, server.url)
        here.run("check", code=0)
        written = [piece for end in ("jsonl", "html", "md", "xml", "csv") for piece in ("-o", f"out.{end}")]
        first = here.run_json("which", "--record", "evals/rec.jsonl", *written)
        again = here.run_json("which")
        there = made("elsewhere/deep", kind, api, server.url)
        there.run_json("which", "--record", "evals/rec.jsonl")
        assert len(server.asked) == 4
    replayed = here.run_json("which", "--replay", "evals/rec.jsonl", "--offline")
    for run, served in ((first, "attempts"), (again, "cached"), (replayed, "replayed")):
        (result,) = run["results"]
        assert (result["metrics"]["accuracy"]["value"], result["usage"][served]) == (1.0, 2)
    assert keys(here, "evals/rec.jsonl") == keys(there, "evals/rec.jsonl")
    shown = here.run("show", "last", "--case", "first").stdout
    (data, path, _), _ = FILES[kind]
    assert re.search(
        rf"source  {path}, \S.*, {len(data)} bytes, sha256 {File.from_bytes(data).sha256[:12]}", shown
    )
    assert holders(here, kind, shown, json.dumps([first, again, replayed])) == []


@pytest.mark.parametrize(("name", "kind"), [("responses", "pdf"), ("gemini", "audio")])
def test_a_run_whose_second_file_was_not_answered_is_continued(
    name: str, kind: str, made: Callable[..., Workspace]
) -> None:
    """`--resume` sends the file that has no answer, and no other."""
    api, refused = APIS[name], list[Asked]()

    def failing(asked: Asked) -> Iterable[bytes]:
        if FILES[kind][1][0] in sent_files(json.loads(asked.body)) and not refused:
            refused.append(asked)
            return whole(b'{"error": {"message": "busy"}}', status="500 Internal Server Error")
        return answers(api, kind)(asked)

    with Hostile(failing) as server:
        here = made("here", kind, api, server.url)
        here.run("run", "which", "-j", "1", code=3)
        resumed = here.run_json("--resume")
        sent = [next(sent_files(json.loads(one.body))) for one in server.asked]
    (first, *_), (second, *_) = FILES[kind]
    assert sorted(sent) == sorted([first, second, second])
    assert resumed["results"][0]["metrics"]["accuracy"]["value"] == 1.0
    assert holders(here, kind) == []
