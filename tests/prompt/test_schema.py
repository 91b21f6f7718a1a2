"""The schema of an output: strict, closed to the network, bounded."""

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, Field

from prompteval.core.errors import InvalidInput
from prompteval.core.strict_json import MOST_DEEP
from prompteval.prompt.messages import user
from prompteval.prompt.prompt import Prompt

Write = Callable[..., Prompt]


class Node(BaseModel):
    name: str
    children: list["Node"] = []


class Code(BaseModel):
    code: str = Field(pattern="^(a+)+$")


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("f: 'Callable[[int], int]' = int", "`I` is not fully defined"),
        ("@classmethod\n    def __get_pydantic_json_schema__(c, s, h): raise OSError('no')", "OSError"),
    ],
)
def test_b11_a_model_whose_schema_cannot_be_written_is_told(
    write_prompt: Write, inside: str, reason: str
) -> None:
    """Whatever pydantic or the model's own code raises there is a problem of the prompt."""
    head = "from pydantic import BaseModel\nfrom prompteval import Prompt, user\n"
    body = f"class I(BaseModel):\n    m: str\n    {inside}\n"
    with pytest.raises(InvalidInput, match=f"PE309 params or schema: .*{reason}"):
        write_prompt(body + "prompt = Prompt(inputs=I, output=str, messages=[user('{{ m }}')])\n", head=head)


def prompt(output: Any) -> Prompt:
    return Prompt(inputs=Code, output=output, messages=[user("{{ code }}")])


@pytest.mark.parametrize(
    "reference", ["http://example.org/s.json", "file:///etc/passwd", "other.json#/x", "#/nope"]
)
def test_b11_a_reference_out_of_the_schema_is_an_error_and_no_call(
    write_prompt: Write, monkeypatch: pytest.MonkeyPatch, reference: str
) -> None:
    """`check` refuses it at the prompt; no socket is opened and no file read to find out."""
    monkeypatch.setattr(socket, "socket", None)
    monkeypatch.setattr(socket, "create_connection", None)
    head = "from pydantic import BaseModel, Field\nfrom prompteval import Prompt, user\n"
    body = (
        f"class I(BaseModel):\n    m: str\nclass O(BaseModel):\n"
        f"    x: str = Field(json_schema_extra={{'$ref': '{reference}'}})\n"
        "prompt = Prompt(inputs=I, output=O, messages=[user('{{ m }}')])\n"
    )
    with pytest.raises(InvalidInput) as caught:
        write_prompt(body, head=head)
    assert f"v1.py:7:10 PE309 params or schema: the schema refers to '{reference}'" in str(caught.value)


def test_b11_a_model_that_contains_itself_has_a_finite_schema() -> None:
    """The root is an object with its fields; the reference to itself stays a reference."""
    schema = prompt(Node).schema
    assert schema is not None
    assert (schema["type"], schema["required"]) == ("object", ["name", "children"])
    assert schema["properties"]["children"]["items"] == {"$ref": "#/$defs/Node"}
    jsonschema.validate({"name": "a", "children": [{"name": "b", "children": []}]}, schema)


@pytest.mark.parametrize("levels", [MOST_DEEP, 100_000])
def test_b11_an_output_nested_without_end_is_invalid(levels: int) -> None:
    """A recursive schema allows any depth; reading it stops at a bound, and says so."""
    parsed = prompt(Node).parse('{"name": "x", "children": [' * levels + "]}" * levels)
    assert parsed.outcome == "invalid" and parsed.failure is not None
    assert "nested deeper" in parsed.failure.message or "not JSON" in parsed.failure.message


def test_b11_a_pattern_bomb_ends_at_once() -> None:
    """`^(a+)+$` over 50 kB of output and of input takes linear time."""
    started = time.perf_counter()
    text = "a" * 50_000 + "b"
    assert prompt(Code).parse(json.dumps({"code": text})).outcome == "invalid"
    assert prompt(str).input_errors({"code": text})[0][0] == ("code",)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("where", ["inputs=Deep, output=str", "inputs=Plain, output=Deep"])
def test_b11_patterns_of_an_engine_that_may_not_end_are_refused(write_prompt: Write, where: str) -> None:
    """In inputs and outputs, in a model inside a model too."""
    head = "from pydantic import BaseModel, ConfigDict, Field\nfrom prompteval import Prompt, user\n"
    body = (
        "class Inner(BaseModel):\n    model_config = ConfigDict(regex_engine='python-re')\n"
        "    x: str = Field(pattern='^(a+)+$')\nclass Deep(BaseModel):\n    m: list[Inner]\n"
        f"class Plain(BaseModel):\n    m: str\nprompt = Prompt({where}, messages=[user('{{{{ m }}}}')])\n"
    )
    with pytest.raises(InvalidInput, match="PE309 params or schema: Deep sets regex_engine to python-re"):
        write_prompt(body, head=head)
