"""Typed prompts: loading, rendering, fingerprint, check."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from prompteval.core.errors import InvalidInput, RenderError, UsageError
from prompteval.core.request import Message
from prompteval.prompt.loader import load_prompt
from prompteval.prompt.messages import assistant, history, system, user
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.tree import WorkingTree
from tests.prompt.conftest import HEAD

Write = Callable[..., Prompt]
SIMPLE = 'prompt = Prompt(inputs=Inputs, output=Output, messages=[system("Sort."), user("{{ message }}")])'


def test_name_and_version_come_from_the_path(write_prompt: Write, tmp_path: Path) -> None:
    """The highest version is the current one; loading leaves no bytecode behind."""
    write_prompt(SIMPLE)
    prompt = write_prompt(SIMPLE, version=10)
    assert (prompt.name, prompt.version, prompt.reference) == ("p", 10, "p@v10")
    assert not list(tmp_path.rglob("__pycache__"))


def test_s4_values_are_rendered_once(write_prompt: Write) -> None:
    """Markup inside a value stays literal text."""
    text = "{{ 7*7 }}{% raw %}{# x #}"
    assert write_prompt(SIMPLE).render({"message": text})[-1] == Message("user", text)


def test_few_shot_pairs_and_history(write_prompt: Write) -> None:
    """Pairs stay in place; a history slot inserts the turns of the inputs."""
    head = """
from pydantic import BaseModel
from typing import Literal
from prompteval import Prompt, assistant, history, user
class Turn(BaseModel):
    role: Literal["user", "assistant"]
    content: str
class Inputs(BaseModel):
    turns: list[Turn]
    q: str
"""
    body = 'prompt = Prompt(inputs=Inputs, output=str, messages=[user("a"), assistant("b"), history("turns"), user("{{ q }}")])'
    prompt = write_prompt(body, head=head)
    turns = [{"role": "user", "content": "{{ x }}"}, {"role": "assistant", "content": "d"}]
    assert [m.content for m in prompt.render({"turns": turns, "q": "e"})] == ["a", "b", "{{ x }}", "d", "e"]
    assert prompt.check() == []


TURNS = HEAD.replace("message: str", "message: str\n    turns: list[str] = []")


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ('user("{{ mesage }} {{ message }}")', "mesage|PE302 template variable 'mesage' is not an input (did you mean 'message'?)"),
        ('user("mesage: {{ message }}"),\n  user("""\n\n  {{ mesage }}""")', "mesage }}|PE302"),
        ('user("{{ message }}"),\n  user("é" "x"\n    "{% if nope.mesage %}{% endif %}")', "nope|PE302"),
        ('user("{{ message }}{{ range(3) }}")', "range|PE302 template variable 'range' is not an input (templates have none of Jinja's own"),
        ('user("{{ message }}"),\n  history("trns")', '"trns"|PE302 history slot \'trns\' is not an input'),
        ('user("{{ message }}")', "turns: list|PE304 input 'turns' is used by no template"),
        ('user("{{ message }}{% include \'no.j2\' %}")', "no.j2|PE303"),
        ('user("{{ message }}" + str("{{ sum_of }}"))', "sum_of }}|PE302 template variable 'sum_of'"),
    ],
)  # fmt: skip
def test_b5_every_problem_stands_at_its_line_and_column(
    write_prompt: Write, messages: str, told: str
) -> None:
    """The source at the named place begins with the name: a typo, a slot, an unused input, an include."""
    there, told = told.split("|")
    prompt = write_prompt(
        f"prompt = Prompt(inputs=Inputs, output=Output, messages=[\n  {messages},\n])", head=TURNS
    )
    problem = next(found for found in prompt.check() if told in str(found))
    assert problem.path == "prompts/p/v1.py"
    assert prompt.source.splitlines()[problem.line - 1][problem.col - 1 :].startswith(there)


def test_b5_an_inherited_input_stands_at_the_inputs_of_the_prompt(write_prompt: Write) -> None:
    """A field that the class does not declare itself is named where the class is handed over."""
    head = HEAD + "class More(Inputs):\n    more: str\n"
    prompt = write_prompt(
        "prompt = Prompt(\n  inputs=More, output=str, messages=[user('{{ more }}')])", head=head
    )
    assert [str(found).split(" ")[:2] for found in prompt.check()] == [["prompts/p/v1.py:15:10", "PE304"]]


def test_b5_a_problem_in_a_template_file_names_that_file(write_prompt: Write) -> None:
    """The place is in the .j2 file, in an included one too."""
    body = (
        'prompt = Prompt(inputs=Inputs, output=Output, messages=[system(file="s.j2"), user("{{ message }}")])'
    )
    files = {"s_j2": "one\ntwo {{ nam }}{% include 't.j2' %}\n", "t_j2": "\n\n {{ title|upper }}"}
    told = [str(problem) for problem in write_prompt(body, **files).check()]
    assert told[0].startswith("prompts/p/s.j2:2:8 PE302 template variable 'nam'")
    assert told[1].startswith("prompts/p/t.j2:3:5 PE302 template variable 'title'")


@pytest.mark.parametrize(
    ("body", "files", "told"),
    [
        ("user('{{ message }}\\n{{ message')", {}, "prompts/p/v1.py:12:62 PE308 template: unexpected end"),
        ("user(file='s.j2')", {"s_j2": "\n{{ message|uper }}"}, "s.j2:2:1 PE308 template: unknown filter 'uper' (did you mean 'upper'?)"),
        ("user('{% include \"s.j2\" %}')", {"s_j2": "\n\n{% if %}"}, "prompts/p/s.j2:3:1 PE308"),
        ("user('{{ message is strng }}')", {}, "unknown test 'strng' (did you mean 'string'?)"),
    ],
)  # fmt: skip
def test_b5_a_template_that_does_not_compile_is_named_at_its_line(
    write_prompt: Write, body: str, files: dict[str, str], told: str
) -> None:
    """In the module, in a template file and in a file that it includes."""
    with pytest.raises(InvalidInput) as caught:
        write_prompt(f"prompt = Prompt(inputs=Inputs, output=Output, messages=[{body}])", **files)
    assert told in str(caught.value)


def test_b5_a_missing_value_is_an_error_not_an_empty_string(write_prompt: Write) -> None:
    """Rendering without an input fails."""
    with pytest.raises(RenderError, match="message"):
        write_prompt(SIMPLE).render({})


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("prompt = 1", "PE307 the module defines no `prompt`"),
        ("p = Prompt(inputs=Inputs, output=str, messages=[user('{{ message }}')])", "rename 'p' to 'prompt'"),
        ("def x(:", "v1.py:12:7 PE305 not Python"),
        ("1/0", "v1.py:12:1 PE306 ZeroDivisionError"),
        ("prompt = Prompt(inputs=Inputs, output=str, messages=[])", "messages= is empty"),
        (
            "prompt = Prompt(inputs=dict, output=str, messages=[user('x')])",
            "inputs= must be a pydantic model",
        ),
        (
            "prompt = Prompt(inputs=Inputs, output=3, messages=[user('x')])",
            "output= must be a pydantic model",
        ),
        ("prompt = Prompt(inputs=Inputs, output=str, messages=[user('{{ message')])", "PE308"),
        (
            "prompt = Prompt(inputs=Inputs, output=str, messages=[user(file='no.j2')])",
            "PE303 template file 'no.j2'",
        ),
    ],
)
def test_broken_modules_say_what_and_where(write_prompt: Write, body: str, told: str) -> None:
    """Each mistake of a prompt's author is one line with file and line."""
    with pytest.raises(InvalidInput, match=told):
        write_prompt(body)


def test_unknown_prompt_and_version_get_a_way_forward(write_prompt: Write, tmp_path: Path) -> None:
    """A missing version lists those there are; a mistyped name gets the nearest."""
    write_prompt(SIMPLE)
    with pytest.raises(UsageError, match="it has v1"):
        load_prompt(WorkingTree(tmp_path), "p", 9)
    with pytest.raises(UsageError, match="did you mean 'p'"):
        load_prompt(WorkingTree(tmp_path), "P")


def test_errors_of_inputs_and_expected_name_the_field(write_prompt: Write) -> None:
    """Wrong type, unknown field and missing field each say so; a part of the output is enough."""
    prompt = write_prompt(SIMPLE)
    assert prompt.input_errors({"message": "x"}) == prompt.expected_errors({"intent": "billing"}) == []
    assert prompt.expected_errors({}) == []
    assert prompt.input_errors({"mesage": "x"})[1][2] == "did you mean 'message'?"
    assert prompt.expected_errors({"intnt": "billing"})[0][2] == "did you mean 'intent'?"
    assert "billing" in prompt.expected_errors({"intent": "biling"})[0][2]


class Inputs(BaseModel):
    m: str


def make(*texts: str, **more: object) -> Prompt:
    return Prompt(inputs=Inputs, output=str, messages=[user(text) for text in texts], **more)  # type: ignore[arg-type]


printable = st.text(
    alphabet=st.characters(blacklist_characters="{}", blacklist_categories=["Cs"]), min_size=1
)


@given(printable, printable)
def test_fingerprint_follows_the_templates(one: str, other: str) -> None:
    """Equal texts give equal fingerprints, other texts others."""
    assert (make(one).fingerprint == make(other).fingerprint) == (one == other)


@given(st.dictionaries(st.sampled_from(["temperature", "seed", "top_p"]), st.integers(0, 3)))
def test_fingerprint_follows_params_not_their_order(params: dict[str, int]) -> None:
    """Order of parameters does not matter, their values do."""
    assert (
        make("x", params=dict(reversed(params.items()))).fingerprint == make("x", params=params).fingerprint
    )
    assert make("x", params={**params, "stop": "a"}).fingerprint != make("x", params=params).fingerprint


def test_fingerprint_sees_roles_slots_and_types() -> None:
    """A message in another role, a slot, or another output is another prompt."""
    marks = {
        make("x").fingerprint,
        Prompt(Inputs, str, [system("x")]).fingerprint,
        Prompt(Inputs, str, [assistant("x")]).fingerprint,
        Prompt(Inputs, str, [history("m")]).fingerprint,
        Prompt(Inputs, Inputs, [user("x")]).fingerprint,
        Prompt(Inputs, str, [user("x")], model="openai/m").fingerprint,
    }
    assert len(marks) == 6


def test_version_and_description_do_not_count() -> None:
    """A copied version is recognised as unchanged."""
    assert make("x", version=3, description="new").fingerprint == make("x").fingerprint
