"""Files of cases beside a plain run: judges, conversations, labels and batches."""

import json
import re
from base64 import b64decode, b64encode

import pytest

from prompteval import File
from prompteval.core.media import value_text
from prompteval.engine.stored import thumbnails
from prompteval.testing.server import FakeServer, Reply
from prompteval.view.documents import case_in_full, run_columns
from prompteval.view.labels import sheet_json, sheet_of
from prompteval.workspace.settings import find_workspace
from tests.e2e.conftest import Workspace
from tests.e2e.image_suite import APIS, BLUE, PROMPT, RED, SUITE, chat_images, colours, contents, sees
from tests.e2e.image_suite import empty as empty
from tests.e2e.image_suite import offline as offline
from tests.hostile import Hostile
from tests.media_files import data_url, png

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
    assert lines[0]["text"] == value_text(File.from_bytes(RED).value, "images/red.png")


def test_a_batch_has_the_files_and_leaves_none_behind(empty: Workspace) -> None:
    """Each line has its image; the upload is removed from the disk."""
    with FakeServer([Reply("", output={"colour": "blue"})]) as server:
        colours(empty, APIS["chat"], server.url)
        empty.write("evals/colour.yaml", SUITE.replace("0.9", "0.4"))
        done = empty.run_json("colour", "--batch", "--no-cache")
        assert done["results"][0]["metrics"]["accuracy"]["value"] == 0.5
        uploads = [json.loads(line) for line in next(iter(server._batches.files.values())).splitlines()]
        images = [image for line in uploads for image in chat_images(line["body"])]
        assert sorted(map(b64decode, images)) == sorted([RED, BLUE])
    assert not [path for path, data in contents(empty.root).items() if b64encode(RED)[:60] in data]
