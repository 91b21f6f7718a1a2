"""Any bytes in any file a user hands over are values or problems with a place, never an exception."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompteval.cases.load import load_cases
from prompteval.core.errors import InvalidInput, PromptevalError, RenderError
from prompteval.prompt.template import Template
from prompteval.providers.scripted import create as open_script
from prompteval.workspace.settings import find_workspace
from prompteval.workspace.suite import load_suite
from prompteval.workspace.tree import WorkingTree
from prompteval.workspace.yaml12 import parse

# Text that is nearly right, and bytes that are not text at all.
pieces = st.sampled_from(
    ['{"id": "a", "inputs": {}}', '{"id": 1, "inputs": [1]}', "id,inputs.m", "a,b", '"', "- id: a\n  inputs: {m: x}", ": ", "\n", "\r\n",
     "\t", "\ufeff", "[", "]", "{", "}", "&a", "*a", "!!x", "'", "#", "\x00", "\u2028", "cases:", "NaN", "1e999", "null", "prompt: p", "cases: c",
     "scorers:", "[exact]", "gate:", "models.m", "[tool]", "=", "\\ud800", "é"]
)  # fmt: skip
data = st.lists(pieces, max_size=8).map("".join).map(str.encode) | st.binary(max_size=60)


@pytest.mark.parametrize("name", ["c.jsonl", "c.csv", "c.yaml", "c.yml"])
@settings(max_examples=150, deadline=None)
@given(content=data)
def test_any_case_file_is_cases_or_problems(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    """Cases have an id and no id twice; problems name the file and a line that it has."""
    directory = tmp_path_factory.getbasetemp()
    (directory / name).write_bytes(content)
    seen = []
    try:
        for case in load_cases(WorkingTree(directory), name):
            seen.append(case.id)
    except InvalidInput as error:
        lines = len(content.decode("utf-8", "replace").splitlines()) + 1
        for problem in error.problems:
            assert problem.path == name and 0 <= problem.line <= lines and problem.code.startswith("PE")
            assert "\n" not in str(problem)
    else:
        assert len(seen) == len(set(seen)) and all(seen)


@settings(max_examples=150, deadline=None)
@given(content=data)
def test_any_suite_settings_or_script_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """Only errors that are meant for users come out."""
    directory = tmp_path_factory.getbasetemp() / "ws"
    directory.mkdir(exist_ok=True)
    for name in ("s.yaml", "prompteval.toml", "m.jsonl"):
        (directory / name).write_bytes(content)
    for work in (
        lambda: load_suite(WorkingTree(directory), "s.yaml"),
        lambda: find_workspace(directory),
        lambda: open_script("m.jsonl", None, directory),
    ):
        try:
            work()
        except PromptevalError as error:
            assert str(error)


# libyaml reads neither raw control characters nor pairs of surrogate escapes; both are refused with their place.
texts = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff")
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


@given(json_values)
def test_json_is_yaml(value: object) -> None:
    """Every JSON document reads as the same value in YAML, large numbers included."""
    assert parse(json.dumps(value, ensure_ascii=False), "a.yaml").value == value


@given(st.text())
def test_a_text_without_markup_renders_as_itself(text: str) -> None:
    """But for jinja's own marks and the last new line, nothing is changed."""
    plain = text.replace("{", "(").replace("\r", "")
    assert Template(plain, {}).render({}) == plain.removesuffix("\n")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["{{", "}}", "{%", "%}", " m ", "if", "for", "in", "endif", "|upper", "|", "'x'", "1", "+", "{#"]), max_size=7).map(" ".join))  # fmt: skip
def test_any_template_renders_or_says_why(source: str) -> None:
    """Half-written markup is a RenderError, nothing else."""
    try:
        Template(source, {}).render({"m": "x"})
    except RenderError as error:
        assert str(error)


@given(st.text(max_size=30))
def test_a_value_is_never_rendered_again(value: str) -> None:
    """S4 for any text: what a case brings is in the message as it is."""
    assert Template("<{{ m }}>", {}).render({"m": value}) == f"<{value}>"


def test_the_pieces_can_make_a_good_file(tmp_path: Path) -> None:
    """The fuzz above reaches files that are right, so it tests more than refusals."""
    (tmp_path / "c.jsonl").write_text('{"id": "a", "inputs": {}}\n{"id": 1, "inputs": [1]}')
    assert [case.id for case in load_cases(WorkingTree(tmp_path), "c.jsonl")] == ["a", "1"]
