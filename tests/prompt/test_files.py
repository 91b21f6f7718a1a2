"""Files in prompts: where they are placed, what a message has of them, and what the fingerprint covers."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from prompteval import File, Prompt, assistant, file, history, system, user
from prompteval.core.errors import InvalidInput, RenderError, UsageError
from prompteval.core.media import FileValue
from prompteval.prompt.loader import load_prompt
from prompteval.workspace.tree import WorkingTree
from tests.media_files import data_url, pdf, png

RED, BLUE = File.from_bytes(png()), File.from_bytes(png(rgb=(0, 0, 255)))
MODULE = """from pydantic import BaseModel
from prompteval import File, Prompt, assistant, file, user

class Inputs(BaseModel):
    photo: File
    question: str

prompt = Prompt(inputs=Inputs, output=str, messages=[
    {messages}
])
"""


class Inputs(BaseModel):
    photo: File
    question: str = "?"
    more: list[File] = []
    scan: File | None = None
    day: date | None = Field(None, strict=True)


def asking(*messages: Any, inputs: type[BaseModel] = Inputs, output: Any = str) -> Prompt:
    return Prompt(inputs=inputs, output=output, messages=list(messages))


def test_files_stand_where_they_are_placed() -> None:
    """Between the texts, lists in order, and nothing where an input is None."""
    prompt = asking(
        user("A:", file("{{photo}}"), " {{ question }}", file("{{ more }}"), file("{{ scan }}"), "!")
    )
    (message,) = prompt.render({"photo": RED, "question": "{{ 7 }}", "more": [BLUE, RED]})
    assert list(message.parts) == ["A:", RED, " {{ 7 }}", BLUE, RED, "!"]


def test_a_template_file_comes_behind_the_files() -> None:
    """The order is that of the arguments."""
    part = user(file("{{ photo }}"), file="ask.j2")
    assert [type(piece).__name__ for piece in part.pieces] == ["FileSlot", "str"]
    with pytest.raises(UsageError, match="either a string or file="):
        user("text", file("{{ photo }}"), file="ask.j2")


@pytest.mark.parametrize("given", [RED, RED.value, data_url(png(), "image/png")])
def test_a_file_is_given_in_three_ways(given: object) -> None:
    """By itself, as a case has it, and as a data URL over HTTP; also beside a value that only JSON gives."""
    prompt = asking(user(file("{{ photo }}"), "{{ question }}{{ day }}"))
    for inputs in ({"photo": given}, {"photo": given, "day": "2026-11-29"}):
        assert prompt.input_errors(inputs) == []
        assert [placed.file for placed in prompt.render(inputs)[0].files] == [RED]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("a.png", "File.from_path reads a path"),
        ("", "is empty; it must be a path"),
        ("data:image/png;base64,AAAA", "no known type"),
        (dict(RED.value), "only the hash of the file is stored"),
        (7, "or a File in application code, not a whole number"),
        (None, "not null"),
    ],
)
def test_what_is_no_file_is_said_at_its_input(given: object, told: str) -> None:
    """With every other fault of the inputs."""
    prompt = asking(user(file("{{ photo }}")))
    (at, message, _), (other, *_) = prompt.input_errors({"photo": given, "day": "never"})
    assert (at, other) == (("photo",), ("day",))
    assert told in message
    with pytest.raises(RenderError, match="photo: "):
        prompt.render({"photo": given})


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: file(""), "takes an input or a name"),
        (lambda: file("{{ photo.x }}"), "more than the name of an input"),
        (lambda: user("a", "b"), "one text, or texts with files"),
        (lambda: user(3), "takes texts and files"),
        (lambda: user(), "either a string or file="),
        (lambda: system("a", file("b.png")), r"^system\(\) takes no files"),
        (lambda: assistant(file("b.png")), r"^assistant\(\) takes no files"),
        (lambda: system("a", "b"), "takes one text"),
    ],
)
def test_a_wrong_message_is_refused_where_it_is_written(make: Callable[[], object], told: str) -> None:
    """With what to write instead."""
    with pytest.raises(UsageError, match=told):
        make()


class Page(BaseModel):
    scan: File


class Deep(BaseModel):
    page: Page
    either: File | str
    photo: File


@pytest.mark.parametrize(
    ("prompt", "code", "told"),
    [
        (asking(user("{{ photo }}"), inputs=Page), "PE302", "'photo' is not an input"),
        (asking(user("{{ scan }}"), inputs=Page), "PE342", "the text of a message cannot hold it"),
        (asking(user(file("{{ scam }}")), inputs=Page), "PE302", "file input 'scam' is not an input"),
        (asking(user(file("{{ question }}"))), "PE342", "'question' is not a File"),
        (asking(user(file("{{ page }}")), inputs=Deep), "PE342", "'page.scan' is a File inside another type"),
        (asking(user(file("{{ photo }}")), inputs=Deep), "PE342", "'either' is a File inside another type"),
        (asking(user(file("{{ scan }}")), inputs=Page, output=Page), "PE342", "the output has a File"),
        (asking(user("Hi"), inputs=Page), "PE304", "input 'scan' is used by no template"),
    ],
)
def test_a_file_that_cannot_be_shown_is_a_problem(prompt: Prompt, code: str, told: str) -> None:
    """Before anything runs."""
    assert any(problem.code == code and told in problem.message for problem in prompt.check())


def loaded(root: Path, messages: str) -> Prompt:
    (root / "prompts/look").mkdir(parents=True, exist_ok=True)
    (root / "prompts/look/v1.py").write_text(MODULE.replace("{messages}", messages))
    return load_prompt(WorkingTree(root), "look", 1)


def test_a_file_beside_the_module_is_part_of_the_prompt(tmp_path: Path) -> None:
    """An example's image is in the message, and its bytes are in the fingerprint."""
    (tmp_path / "prompts/look").mkdir(parents=True)
    image = tmp_path / "prompts/look/red.png"
    image.write_bytes(png())
    text = 'user("What?", file("red.png")), assistant("Red."), user(file("{{ photo }}"), "{{ question }}"),'
    prompt = loaded(tmp_path, text)
    assert prompt.check() == []
    assert list(prompt.render({"photo": BLUE, "question": "?"})[0].parts) == ["What?", RED]
    image.write_bytes(png(rgb=(0, 0, 255)))
    assert prompt.render({"photo": BLUE, "question": "?"})[0].files[0].file.read() == png()
    assert loaded(tmp_path, text).fingerprint != prompt.fingerprint
    image.write_bytes(png())
    assert loaded(tmp_path, text).fingerprint == prompt.fingerprint


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("blue.png", "no such file (did you mean 'blau.png'?)"),
        ("text.png", "of no known type"),
        ("../../../out.png", "leads out of the workspace"),
        ("link.png", "file('link.png'): leads out of the workspace"),
        ("https://example.org/a.png", "is an address, and nothing is fetched"),
        ("none/blue.png", "file('none/blue.png'): no such file"),
    ],
)
def test_s5_a_file_beside_the_module_stays_inside(name: str, told: str, tmp_path: Path) -> None:
    """A path or a link that leads out, a missing file and one of another kind are problems at the message."""
    root = tmp_path / "workspace"
    (root / "prompts/look").mkdir(parents=True)
    (tmp_path / "out.png").write_bytes(png())
    (root / "prompts/look/blau.png").write_bytes(png())
    (root / "prompts/look/text.png").write_text("hello")
    (root / "prompts/look/link.png").symlink_to(tmp_path / "out.png")
    with pytest.raises(InvalidInput) as found:
        loaded(root, f'user(file("{name}"), file("{{{{ photo }}}}"), "{{{{ question }}}}"),')
    (problem,) = found.value.problems
    assert (problem.path, problem.line, problem.code) == ("prompts/look/v1.py", 9, "PE342")
    assert told in str(problem)


def test_a_file_beside_a_template_file_is_at_its_name_in_the_module(tmp_path: Path) -> None:
    """The template of the message has no mistake; other faults of files are in the module too."""
    (tmp_path / "prompts/look").mkdir(parents=True)
    (tmp_path / "prompts/look/ask.j2").write_text("{{ question }}")
    with pytest.raises(InvalidInput) as found:
        loaded(tmp_path, 'user(\n        file("{{ photo }}"), file("none.png"), file="ask.j2"),')
    (problem,) = found.value.problems
    assert str(problem).startswith("prompts/look/v1.py:10:35 PE342 file('none.png'): no such file")
    prompt = loaded(tmp_path, 'user(file("{{ photo }}"), file("{{ fotos }}"), file="ask.j2"),')
    assert [str(one).split()[:2] for one in prompt.check()] == [["prompts/look/v1.py:9:57", "PE302"]]


def test_a_prompt_without_files_has_the_fingerprint_that_it_had() -> None:
    """Locks of published versions hold."""

    class Plain(BaseModel):
        a: str

    prompt = asking(user("{{ a }}"), history("a"), inputs=Plain)
    assert prompt.content["messages"] == [["user", "{{ a }}"], ["history", "a"]]
    with_file = asking(user("Look:", file("{{ photo }}")))
    assert with_file.content["messages"] == [["user", ["Look:", {"input": "photo"}]]]


def test_a_fault_of_one_text_is_at_its_line(tmp_path: Path) -> None:
    """Where a message has several."""
    with pytest.raises(InvalidInput) as found:
        loaded(tmp_path, 'user("{{ question }}",\n    file("{{ photo }}"),\n    "{{ oops"),')
    (problem,) = found.value.problems
    assert (problem.code, problem.line) == ("PE308", 11)


def test_values_of_a_case_are_read_as_the_types_say() -> None:
    """A value of a file is JSON, and is a File to the prompt."""
    prompt = asking(
        user(file("{{ photo }}"), file("{{ more }}"), "{{ question }}{{ day }}", file("{{ scan }}"))
    )
    inputs = {"photo": FileValue(RED), "more": [FileValue(File.from_bytes(pdf()))]}
    assert prompt.input_errors(inputs) == []
    assert len(prompt.render(inputs)[0].files) == 2
