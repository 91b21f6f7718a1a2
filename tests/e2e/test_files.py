"""Suites whose cases have images and documents, over sockets: run, cache, replay, compare and what is stored."""

import asyncio
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from prompteval import File
from prompteval.core.errors import ProviderError
from prompteval.core.media import value_text
from prompteval.core.request import Request
from prompteval.engine.batch_mode import BatchDirectory, _send
from prompteval.engine.stored import thumbnails
from prompteval.testing.server import FakeServer, Reply
from prompteval.view.documents import case_in_full, run_columns
from prompteval.view.labels import sheet_json, sheet_of
from prompteval.workspace.settings import find_workspace
from tests.e2e.conftest import Workspace
from tests.hostile import Asked, Hostile, completion, whole
from tests.media_files import data_url, pdf, png

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


def _chat_images(body: Any) -> list[str]:
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
    "chat": Api('provider = "openai"', _chat_images, completion),
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
    base = url if api.profile.startswith('provider = "openai"') else url.removesuffix("/v1")
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


@pytest.mark.parametrize("name", APIS)
def test_a_suite_of_images_from_check_to_replay(name: str, empty: Workspace) -> None:
    """Each API is sent the images; the cache, a recording and its replay know them by their hashes alone."""
    api = APIS[name]
    with Hostile(sees(api)) as server:
        colours(empty, api, server.url)
        empty.run("check", code=0)
        first = empty.run_json("colour", "--record", "evals/rec.jsonl", "-o", "rows.jsonl", "-o", "page.html")
        again = empty.run_json("colour")
        assert len(server.asked) == 2
    replayed = empty.run_json("colour", "--replay", "evals/rec.jsonl", "--offline")
    for run, served in ((first, "attempts"), (again, "cached"), (replayed, "replayed")):
        (result,) = run["results"]
        assert (result["metrics"]["accuracy"]["value"], result["usage"][served]) == (1.0, 2)
    stored = contents(empty.root)
    held = [
        path for path, data in stored.items() if b64encode(RED)[:60] in data or b64encode(BLUE)[:60] in data
    ]
    assert held in ([], ["page.html"])
    rows = map(json.loads, (empty.root / "rows.jsonl").read_text().splitlines())
    photos = {row["case_id"]: row["inputs"]["photo"] for row in rows}
    assert photos == {"red": File.from_bytes(RED).value, "blue": File.from_bytes(BLUE).value}
    assert b"images/red.png" not in b"".join(stored.values())


SAID = '{"when": ".", "output": {"colour": "red"}}\n'


@pytest.fixture
def offline(empty: Workspace) -> Workspace:
    """The same suite with a scripted model that always says red."""
    colours(empty, APIS["chat"], "http://127.0.0.1:9/v1")
    empty.write("model.jsonl", SAID)
    empty.write("evals/colour.yaml", SUITE.replace("[seen]", "[scripted/model.jsonl]").replace("0.9", "0.4"))
    return empty


def test_a_case_and_the_page_show_kind_size_and_a_small_image(offline: Workspace) -> None:
    """The image itself in the page alone, up to a bound; a page of a stored run has it too."""
    noisy = png(noise=70_000)
    (offline.root / "datasets/images/red.png").write_bytes(noisy)
    offline.run("run", "colour", "-o", "page.html", code=0)
    shown = offline.run("show", "last", "--case", "blue").stdout
    assert f"photo  a PNG image, {len(BLUE)} bytes, sha256 {File.from_bytes(BLUE).sha256[:12]}" in shown
    assert "[a PNG image, 73 bytes" in shown
    offline.run("report", "last", "-o", "again.html", code=0)
    for page in ("page.html", "again.html"):
        text = (offline.root / page).read_text()
        assert f'"images":["{data_url(BLUE, "image/png")}"]' in text
        assert text.count(";base64,iVBOR") == 1
        assert f"a PNG image, {len(noisy):,} bytes" in text
    kept = offline.root / ".prompteval/thumbnails" / File.from_bytes(BLUE).sha256
    assert (kept.read_bytes(), oct(kept.stat().st_mode)[-3:]) == (BLUE, "600")


def test_s33_a_thumbnail_of_another_content_is_not_shown(offline: Workspace) -> None:
    """A file under the name of a hash that it does not have, and one that leads out, are left out."""
    offline.run("run", "colour", code=0)
    kept = offline.root / ".prompteval/thumbnails"
    (kept / File.from_bytes(BLUE).sha256).write_bytes(png(rgb=(9, 9, 9)))
    red = kept / File.from_bytes(RED).sha256
    red.unlink()
    red.symlink_to(offline.root / "datasets/images/red.png")
    offline.run("report", "last", "-o", "page.html", code=0)
    assert "base64,iVBOR" not in (offline.root / "page.html").read_text()


def test_everything_that_is_wrong_with_files_is_said_before_the_run(offline: Workspace) -> None:
    """At the line of the case, with what was meant; a model that does not take them, at the case or the prompt."""
    rows = [("none", "images/rad.png"), ("page", "page.png"), ("number", 3)]
    lines = [{"id": name, "inputs": {"photo": photo}, "expected": {"colour": "red"}} for name, photo in rows]
    offline.write("datasets/colour.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    offline.write("datasets/page.png", "<html>")
    told = offline.run("check", code=2).stdout
    assert (
        "datasets/colour.jsonl:1:1 PE320 inputs.photo: images/rad.png: no such file (did you mean 'images/red.png'?)"
        in told
    )
    assert "datasets/colour.jsonl:2:1 PE320 inputs.photo: page.png: it is an HTML page" in told
    assert "datasets/colour.jsonl:3:1 PE320 inputs.photo: must be a path beside the case file" in told
    assert not (offline.root / ".prompteval").exists()


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (
            "seen",
            "datasets/colour.jsonl:2:1 PE343 case 'p': inputs.photo is a PDF document: seen takes PNG, JPEG, GIF, WebP alone",
        ),
        (
            "openai/gpt-3.5-turbo",
            "prompts/colour/v1.py:11:90 PE343 openai/gpt-3.5-turbo takes no files, and colour@v1 has some",
        ),
        ("local/use", "PE343 local/use takes no files"),
        ("openai/gpt-6-luna", ""),
        ("scripted/model.jsonl", ""),
    ],
)
def test_a_model_that_takes_no_such_file_is_refused_before_the_run(
    offline: Workspace, model: str, told: str
) -> None:
    """A PDF to a server of images, an image to a model of text; nothing is asked."""
    (offline.root / "datasets/page.pdf").write_bytes(pdf())
    lines = [
        {"id": name, "inputs": {"photo": photo}}
        for name, photo in (("i", "images/red.png"), ("p", "page.pdf"))
    ]
    offline.write("datasets/colour.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    offline.write(
        "evals/colour.yaml", f"prompt: colour\ncases: ../datasets/colour.jsonl\nmodels: [{model}]\n"
    )
    done = offline.run("check")
    assert told in done.stdout
    assert ("PE343" in done.stdout) == bool(told)


def test_a_recording_says_which_file_changed(offline: Workspace) -> None:
    """A replay reads the file at hand, and never answers for another one."""
    offline.run("run", "colour", "--record", "rec.jsonl", code=0)
    (offline.root / "datasets/images/red.png").write_bytes(png(rgb=(1, 2, 3)))
    offline.run("run", "colour", "--replay", "rec.jsonl", "--no-cache", code=3)
    shown = offline.run("show", "last", "--case", "red").stdout
    old, new = (File.from_bytes(data).sha256[:12] for data in (RED, png(rgb=(1, 2, 3))))
    assert f"rec.jsonl is stale: a file changed since it was recorded: image/png, sha256 {old}" in shown
    assert f"is now image/png, {new}" in shown


def test_a_file_that_changes_during_the_run_is_an_error_of_its_case(empty: Workspace) -> None:
    """What was checked is sent, or nothing; the other case is answered."""
    first = []

    def made(asked: Asked) -> Iterable[bytes]:
        if not first:
            first.append(asked)
            (empty.root / "datasets/images/red.png").unlink()
        return sees(APIS["chat"])(asked)

    with Hostile(made) as server:
        colours(empty, APIS["chat"], server.url)
        lines = (empty.root / "datasets/colour.jsonl").read_text().splitlines()
        empty.write("datasets/colour.jsonl", "\n".join(reversed(lines)) + "\n")
        empty.run("run", "colour", "-j", "1", code=3)
    assert len(server.asked) == 1
    shown = empty.run("show", "last", "--case", "red").stdout
    assert "datasets/images/red.png cannot be read any more: no such file" in shown


def test_the_same_case_elsewhere_is_the_same_case(offline: Workspace, tmp_path: Path) -> None:
    """A file under another name in another directory: keys, rows and the fingerprint of the cases are equal."""
    offline.run("run", "colour", "--record", "one.jsonl", "-o", "one.rows.jsonl", code=0)
    images = offline.root / "datasets/images"
    images.rename(offline.root / "datasets/pictures")
    (offline.root / "datasets/pictures/red.png").rename(offline.root / "datasets/pictures/other.jpg")
    cases = (
        (offline.root / "datasets/colour.jsonl").read_text().replace("images/red.png", "pictures/other.jpg")
    )
    offline.write("datasets/colour.jsonl", cases)
    offline.run("run", "colour", "--record", "two.jsonl", code=0)
    keys = [
        [json.loads(line)["key"] for line in (offline.root / name).read_text().splitlines()]
        for name in ("one.jsonl", "two.jsonl")
    ]
    assert keys[0] == keys[1]
    one, two = (run["run_id"] for run in json.loads(offline.run("runs", "--json").stdout))
    (result,) = json.loads(offline.run("compare", one, two, "--json", code=0).stdout)["results"]
    assert (result["changed_cases"], result["paired"]) == ([], 2)


def test_the_page_has_the_prompt_with_its_files(offline: Workspace) -> None:
    """The input that a message shows stands between its texts."""
    offline.run("run", "colour", "-o", "page.html", code=0)
    page = (offline.root / "page.html").read_text()
    assert "user:\\nWhich?[input photo]" in page


JUDGE = """from typing import Literal
from pydantic import BaseModel
from prompteval import File, Prompt, file, user

class Inputs(BaseModel):
    photo: File
    output: str

class Output(BaseModel):
    label: Literal["yes", "no"]

prompt = Prompt(inputs=Inputs, output=Output, messages=[user("VERSION? {{ output }}", file("{{ photo }}"))])
"""


def judged(workspace: Workspace) -> None:
    """The suite with a judge that sees the photo too, and another version of it; one label."""
    for version in (1, 2):
        workspace.write(f"prompts/fits/v{version}.py", JUDGE.replace("VERSION", str(version)))
    workspace.write("judge.jsonl", '{"when": ".", "output": {"label": "yes"}}\n')
    judge = "scorers: [{judge: {prompt: fits@v1, model: scripted/judge.jsonl, field: label}}]"
    workspace.write(
        "evals/colour.yaml",
        SUITE.replace("[seen]", "[scripted/model.jsonl]").replace(
            "scorers: [{exact: {field: colour}}]", judge
        ),
    )
    workspace.write("labels.jsonl", '{"case_id": "red", "label": "yes", "annotator": "ann"}\n')


def test_a_judge_sees_the_files_of_a_case_in_a_run_and_of_a_stored_one(offline: Workspace) -> None:
    """Those that the suite's cases have now, by their hash; one that is gone is said."""
    judged(offline)
    offline.run("run", "colour", code=0)
    compared = offline.run("judge", "compare", "last", "fits@v1", "fits@v2", "--labels", "labels.jsonl")
    assert re.search(r"fits@v2 +1 ", compared.stdout)
    (offline.root / "datasets/images/red.png").write_bytes(png(rgb=(5, 5, 5)))
    gone = offline.run("judge", "compare", "last", "fits@v1", "fits@v2", "--labels", "labels.jsonl", code=2)
    assert "case 'red' had a PNG image, 75 bytes" in gone.stderr
    assert "restore the file" in gone.stderr


def test_a_conversation_shows_the_file_with_each_turn(empty: Workspace) -> None:
    """The model is sent the image with each user message; what was said before is text."""
    turns = [
        {"user": "Which?", "expected": {"colour": "red"}},
        {"user": "Sure?", "expected": {"colour": "red"}},
    ]
    with Hostile(sees(APIS["chat"])) as server:
        colours(empty, APIS["chat"], server.url)
        talk = PROMPT.replace("photo: File", "photo: File\n    said: list[dict]\n    text: str")
        talk = talk.replace("import File, Prompt, file,", "import File, Prompt, file, history,")
        talk = talk.replace('user("Which?", ', 'history("said"), user("{{ text }}", ')
        empty.write("prompts/colour/v1.py", talk)
        case = {"id": "red", "inputs": {"photo": "images/red.png"}, "turns": turns}
        empty.write("datasets/colour.jsonl", json.dumps(case) + "\n")
        empty.run("run", "colour", code=0)
    asked = [json.loads(one.body)["messages"] for one in server.asked]
    assert [[type(message["content"]).__name__ for message in messages] for messages in asked] == [
        ["str", "list"],
        ["str", "str", "str", "list"],
    ]


def test_the_served_page_and_the_sheet_of_labels_show_the_image(
    offline: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person labels what the model saw: the image, and what it is in words."""
    monkeypatch.setenv("USER", "ann")
    judged(offline)
    judges = "judges: {fits: {labels: ../labels.jsonl, calibration: ../judges/fits.json}}\n"
    offline.write("evals/colour.yaml", (offline.root / "evals/colour.yaml").read_text() + judges)
    run_id = offline.run_json("colour")["run_id"]
    workspace = find_workspace(offline.root)
    images = thumbnails(workspace).data_url
    shown = {one["case_id"]: one for one in sheet_json(sheet_of(workspace, run_id), images)["outputs"]}
    assert shown["blue"]["images"] == [data_url(BLUE, "image/png")]
    assert shown["blue"]["inputs"] == [["photo", value_text(File.from_bytes(BLUE).value)]]
    (column,) = run_columns(workspace, run_id)
    case = case_in_full(workspace, column, "red", 0)
    assert case is not None
    lines = [line for part in case["parts"] if part["name"] == "inputs" for line in part["lines"]]
    assert lines[0]["images"] == [data_url(RED, "image/png")]


def test_files_that_are_too_much_together_are_refused_at_the_case(offline: Workspace) -> None:
    """Three images of 18 MB are over 50 MB, each of them may be sent; they are told apart by their bytes."""
    prompt = PROMPT.replace("photo: File", "photo: list[File]")
    offline.write("prompts/colour/v1.py", prompt)
    names = [f"images/{shade}.png" for shade in range(3)]
    for shade, name in enumerate(names):
        (offline.root / "datasets" / name).write_bytes(png(rgb=(shade, 0, 0), noise=18_000_000))
    lines = [{"id": f"c{count}", "inputs": {"photo": names[:count]}} for count in (2, 3)]
    offline.write("datasets/colour.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    offline.write(
        "evals/colour.yaml",
        "prompt: colour\ncases: ../datasets/colour.jsonl\nmodels: [scripted/model.jsonl]\n",
    )
    (told,) = offline.run("check", code=2).stdout.splitlines()
    assert re.match(
        r"datasets/colour\.jsonl:2:1 PE343 case 'c3': its files have 54,000,\d{3} bytes together", told
    )


def test_a_batch_has_the_files_and_one_that_is_gone_is_an_error_of_its_case(empty: Workspace) -> None:
    """The upload is removed from the disk; the other case is answered."""
    with FakeServer([Reply("", output={"colour": "blue"})]) as server:
        colours(empty, APIS["chat"], server.url)
        empty.write("evals/colour.yaml", SUITE.replace("0.9", "0.4"))
        done = empty.run_json("colour", "--batch", "--no-cache")
        assert done["results"][0]["metrics"]["accuracy"]["value"] == 0.5
        uploads = [json.loads(line) for line in next(iter(server._batches.files.values())).splitlines()]
        images = [image for line in uploads for image in _chat_images(line["body"])]
        assert sorted(map(b64decode, images)) == sorted([RED, BLUE])
    assert not [path for path, data in contents(empty.root).items() if b64encode(RED)[:60] in data]


def test_a_file_that_cannot_be_written_to_a_batch_stops_no_other(tmp_path: Path) -> None:
    """A line that is over the bound of a batch begins the next one; an error is kept for its case."""

    class Lines:
        """A client whose batches take 10 bytes and 2 lines."""

        most_bytes, most_lines = 10, 2

        def __init__(self) -> None:
            self.sent: list[bytes] = []

        def line(self, request: Request) -> bytes:
            if request.seed == 3:
                raise ProviderError("file", "a.png is gone")
            return b"x" * (request.seed or 0) + b"\n"

        async def submit(self, path: Path, run_id: str, part: int) -> str:
            self.keep(path)
            return f"batch{part}"

        def keep(self, path: Path) -> None:
            self.sent.append(path.read_bytes())

    client, directory = Lines(), BatchDirectory(tmp_path, "r")
    requests = [Request("m", (), seed=seed) for seed in (4, 4, 5, 3, 30, 1, 1, 2)]
    asyncio.run(_send(directory, "m", iter(requests), client, None))  # type: ignore[arg-type]
    directory.close(remove=True)
    assert [[len(line) for line in sent.splitlines()] for sent in client.sent] == [[4], [5], [30], [1, 2]]
    assert [error.kind for error in directory.errors.values()] == ["file"]
