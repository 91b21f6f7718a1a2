"""Files that cannot be sent, and models that take none: problems before anything is asked."""

import json
import re

import pytest

from tests.e2e.conftest import Workspace
from tests.e2e.image_suite import PROMPT
from tests.e2e.image_suite import empty as empty
from tests.e2e.image_suite import offline as offline
from tests.media_files import pdf, png


def test_everything_that_is_wrong_with_files_is_said_before_the_run(offline: Workspace) -> None:
    """At the line of the case, with what was meant; a model that does not take them, at the case or the prompt."""
    rows = [("none", "images/rad.png"), ("page", "page.png"), ("number", 3)]
    lines = [{"id": name, "inputs": {"photo": photo}, "expected": {"colour": "red"}} for name, photo in rows]
    offline.write("datasets/colour.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    offline.write("datasets/page.png", "<html>")
    told = offline.run("check", code=2).stdout
    assert (
        "datasets/colour.jsonl:1:36 PE320 inputs.photo: images/rad.png: no such file (did you mean 'images/red.png'?)"
        in told
    )
    assert "datasets/colour.jsonl:2:36 PE320 inputs.photo: page.png: it is an HTML page" in told
    assert "datasets/colour.jsonl:3:38 PE320 inputs.photo: must be a path beside the case file" in told
    assert not (offline.root / ".prompteval").exists()


LIST = PROMPT.replace("photo: File", "photo: list[File]")


@pytest.mark.parametrize(
    ("prompt", "name", "text", "place"),
    [
        (PROMPT, "c.jsonl", '{"id": "a", "inputs": {"photo": "no.png"}}', "datasets/c.jsonl:1:33"),
        (LIST, "c.jsonl", '{"id": "a", "inputs": {"photo": ["images/red.png", "no.png"]}}', "datasets/c.jsonl:1:52"),
        (PROMPT, "c.csv", 'id;tags.t;inputs.photo\na;"x;\ny";no.png\n', "datasets/c.csv:3:4"),
        (LIST, "c.csv", 'id,inputs.photo\na,"[""no.png""]"\n', "datasets/c.csv:2:3"),
        (PROMPT, "c.yaml", "- id: a\n  inputs: {photo: no.png}\n", "datasets/c.yaml:2:19"),
        (LIST, "c.yaml", "- id: a\n  inputs:\n    photo:\n    - no.png\n", "datasets/c.yaml:4:7"),
        (PROMPT, "c.jsonl", '{"id": "a", "inputs": {"photo": "\\ud800.png"}}', "datasets/c.jsonl:1:33"),
        (PROMPT, "", "[{id: a, inputs: {photo: ../no.png}}]", "evals/colour.yaml:2:33"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_sent_is_at_its_value(
    offline: Workspace, prompt: str, name: str, text: str, place: str
) -> None:
    """In each form that cases are written in."""
    offline.write("prompts/colour/v1.py", prompt)
    if name:
        offline.write(f"datasets/{name}", text)
    cases = f"../datasets/{name}" if name else text
    offline.write("evals/colour.yaml", f"prompt: colour\ncases: {cases}\nmodels: [scripted/model.jsonl]\n")
    told = offline.run("check", code=2).stdout
    assert f"{place} PE320 inputs.photo" in told


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (
            "seen",
            "datasets/colour.jsonl:2:33 PE343 case 'p': inputs.photo is a PDF document: seen takes PNG, JPEG, GIF, WebP alone",
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


def test_a_type_that_is_not_taken_is_said_once_with_the_number_of_cases(offline: Workspace) -> None:
    """And the advice names no kind that nothing needs."""
    (offline.root / "datasets/page.pdf").write_bytes(pdf())
    lines = [{"id": f"p{number}", "inputs": {"photo": "page.pdf"}} for number in range(5)]
    offline.write("datasets/colour.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    offline.write("evals/colour.yaml", "prompt: colour\ncases: ../datasets/colour.jsonl\nmodels: [seen]\n")
    told = offline.run("check", code=2).stdout
    assert told.count("PE343") == 1
    assert (
        "colour.jsonl:1:34 PE343 case 'p0': inputs.photo is a PDF document, as in 4 more cases: seen" in told
    )
    assert 'write `files = ["image", "pdf"]` in a profile' in told


def test_a_file_over_the_limit_is_said_with_its_size_and_not_read(offline: Workspace) -> None:
    """A file of 200 MB, most of it a hole."""
    with (offline.root / "datasets/images/red.png").open("r+b") as file:
        file.truncate(200_000_000)
    assert (
        "images/red.png: the file has 200,000,000 bytes, at most 20,000,000 are sent"
        in offline.run("check", code=2).stdout
    )


@pytest.mark.parametrize(
    ("name", "cases", "place"),
    [
        ("c.csv", "id,inputs.photo\na,images/red.png\nb,page.pdf\n", "datasets/c.csv:3:3"),
        ("c.yaml", "- {id: b, inputs: {photo: page.pdf}}\n", "datasets/c.yaml:1:27"),
        ("", "[{id: a, inputs: {photo: ../datasets/images/red.png}}, {id: b, inputs: {photo: ../datasets/page.pdf}}]", "evals/colour.yaml:2:87"),
    ],
)  # fmt: skip
def test_a_type_that_is_not_taken_is_at_its_value(
    offline: Workspace, name: str, cases: str, place: str
) -> None:
    """In a table, in YAML and in the suite, also where cases share a line."""
    (offline.root / "datasets/page.pdf").write_bytes(pdf())
    if name:
        offline.write(f"datasets/{name}", cases)
    named = f"../datasets/{name}" if name else cases
    offline.write("evals/colour.yaml", f"prompt: colour\ncases: {named}\nmodels: [seen]\n")
    assert f"{place} PE343 case 'b': inputs.photo is a PDF document" in offline.run("check", code=2).stdout


def test_files_in_a_message_of_the_system_are_refused_in_words(offline: Workspace) -> None:
    """A user sees no error of Python."""
    offline.write(
        "prompts/colour/v1.py", PROMPT.replace('system("Name the colour.")', 'system("x", file("a.png"))')
    )
    told = offline.run("check", code=2).stdout
    assert (
        'PE306 system() takes no files (show them in a message of the user: user("...", file(...)))' in told
    )
