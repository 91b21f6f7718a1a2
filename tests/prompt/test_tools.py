"""Tools of a prompt: functions and models as definitions, and the arguments that models write."""

import json
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from prompteval.core.errors import InvalidInput
from prompteval.core.request import Message, Request
from prompteval.core.tools import RequestedCall
from prompteval.prompt.loader import load_prompt
from prompteval.prompt.lock import Lock, lock_text, published, read_lock
from prompteval.prompt.messages import history, user
from prompteval.prompt.prompt import Prompt
from prompteval.prompt.strict import strict_faults
from prompteval.prompt.tools import Tool, ToolFault, tools_of
from prompteval.workspace.tree import WorkingTree


class Currency(Enum):
    EUR = "EUR"
    USD = "USD"


def refund(
    order_id: str,
    amount: Annotated[float, Field(gt=0, description="In the order's currency.")],
    currency: Currency = Currency.EUR,
    reason: Literal["late", "broken"] | None = None,
    copy: bool = False,
) -> str:
    """Refund an order."""
    return f"{order_id} {amount} {currency} {reason} {copy}"


class GetOrder(BaseModel):
    """Look an order up."""

    order_id: str


class Inputs(BaseModel):
    message: str


def prompt(**more: Any) -> Prompt:
    return Prompt(inputs=Inputs, output=str, messages=[user("{{ message }}")], **more)


def call(name: str, arguments: object) -> RequestedCall:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return RequestedCall("c", name, text)


def test_a_function_is_told_with_its_types_and_docstring() -> None:
    """Name, description and strict schema come from the signature; null stands for a default left out."""
    told = Tool(refund).definition
    assert (told.name, told.description) == ("refund", "Refund an order.")
    fields = told.parameters["properties"]
    assert told.parameters["required"] == ["order_id", "amount", "currency", "reason", "copy"]
    assert fields["amount"]["description"] == "In the order's currency."
    assert fields["copy"] == {
        "anyOf": [{"type": "boolean"}, {"type": "null"}],
        "description": "null: the default, false",
    }
    assert strict_faults(told.parameters) == []


def test_a_model_is_a_tool_too() -> None:
    """A pydantic model has its class's name and docstring; without one of its own it has no description."""

    class Bare(BaseModel):
        x: int

    told = Tool(GetOrder).definition
    assert (told.name, told.description) == ("GetOrder", "Look an order up.")
    assert Tool(Bare).definition.description == ""


def test_arguments_are_read_as_the_tools_own_types() -> None:
    """Defaults fill in what is left out or null; what was written is kept without such nulls."""
    found = Tool(refund).read(call("refund", {"order_id": "a", "amount": 2, "copy": None, "reason": None}))
    assert found.fault == ""
    assert found.values == {"order_id": "a", "amount": 2, "reason": None}
    assert refund(**found.typed) == "a 2.0 Currency.EUR None False"


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"order_id": "a"}, "amount: Field required"),
        ({"order_id": "a", "amount": -1}, "amount: Input should be greater than 0"),
        ({"order_id": "a", "amount": 1, "why": "x"}, "why: Extra inputs are not permitted"),
        ('{"order_id": ', "the arguments of refund are not a JSON object"),
        ("[1]", "the arguments of refund are not a JSON object"),
    ],
)
def test_arguments_that_do_not_fit_say_why(arguments: object, fault: str) -> None:
    """Missing, wrong and unknown arguments, and text that is no JSON object, are one line each."""
    found = Tool(refund).read(call("refund", arguments))
    assert found.fault == fault
    assert (found.values is None) == isinstance(arguments, str)


@given(st.text())
def test_any_text_is_read_or_is_a_fault(text: str) -> None:
    """Whatever a model writes as arguments raises nothing."""
    found = Tool(GetOrder).read(call("GetOrder", text))
    assert bool(found.fault) != bool(found.typed)


def untyped(x) -> None: ...  # type: ignore[no-untyped-def]
def many(*x: int) -> None: ...
def named(**x: int) -> None: ...
def placed(x: int, /) -> None: ...
def foreign(x: Path | Tool) -> None: ...


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (untyped, "argument 'x' of tool 'untyped' has no type"),
        (many, "tool 'many' takes any number of arguments: *x: int"),
        (named, "tool 'named' takes arguments of any name: **x: int"),
        (placed, "tool 'placed' has an argument without a name: x: int"),
        (foreign, "the arguments of tool 'foreign' have no schema"),
        (lambda: None, "'<lambda>' is not the name of a tool"),
        ({"name": "x"}, "is not a tool"),
    ],
)
def test_what_has_no_schema_is_refused(source: Any, message: str) -> None:
    """A signature that no model could fill is refused, with the name of what is wrong."""
    with pytest.raises(ToolFault) as caught:
        Tool(source)
    assert message in str(caught.value)


def test_two_tools_of_one_name_are_refused() -> None:
    """A call names its tool, so names are unique."""
    with pytest.raises(ToolFault, match="duplicate tool 'refund'"):
        tools_of([refund, refund])


def test_tools_are_part_of_fingerprint_and_lock(tmp_path: Path) -> None:
    """A changed description changes the fingerprint and its part; without tools both are as before."""
    plain, armed = prompt(), prompt(tools=[GetOrder])
    assert "tools" not in plain.content
    assert plain.fingerprint != armed.fingerprint

    class GetOrder2(BaseModel):
        """Look up."""

        order_id: str

    GetOrder2.__name__ = "GetOrder"
    other = prompt(tools=[GetOrder2])
    assert published(armed).parts["tools"] != published(other).parts["tools"]
    (tmp_path / "prompts").mkdir()
    entries = {("a", 1): published(plain), ("b", 1): published(armed)}
    (tmp_path / "prompts/prompts.lock").write_text(lock_text(Lock(entries)))
    assert read_lock(WorkingTree(tmp_path)) == Lock(entries)


def test_the_published_prompts_of_this_repository_keep_their_fingerprints() -> None:
    """Versions that were published before prompts had tools are still what their lock says."""
    tree = WorkingTree(Path(__file__).parents[2])
    entries = read_lock(tree).versions
    assert entries
    for (name, version), entry in entries.items():
        assert load_prompt(tree, name, version).fingerprint == entry.fingerprint
        assert "tools" not in entry.parts


def test_tools_are_part_of_the_request_key_and_none_leave_it() -> None:
    """A request with tools has another key; one without has the key it always had."""
    bare = Request("m", (Message("user", "x"),))
    armed = Request("m", (Message("user", "x"),), tools=(Tool(GetOrder).definition,))
    assert "tools" not in bare.as_json()
    assert bare.key == "sha256:e6fc83dd24a17afd7c470e31157785a2d850ea8902aaf632d33683d0df776ed1"
    assert armed.key != bare.key
    assert armed.as_json()["tools"][0]["name"] == "GetOrder"


def test_a_fault_of_a_tool_stands_at_its_function(tmp_path: Path) -> None:
    """The problem is at the line of the function that cannot be described."""
    (tmp_path / "prompts/help").mkdir(parents=True)
    (tmp_path / "prompts/help/v1.py").write_text(
        "from pydantic import BaseModel\nfrom prompteval import Prompt, user\n\n"
        "class Inputs(BaseModel):\n    message: str\n\n"
        "def refund(order_id): ...\n\nprompt = Prompt(inputs=Inputs, output=str, tools=[refund],\n"
        '    messages=[user("{{ message }}")])\n'
    )
    with pytest.raises(InvalidInput) as caught:
        load_prompt(WorkingTree(tmp_path), "help")
    problem = caught.value.problems[0]
    assert (problem.path, problem.line, problem.code) == ("prompts/help/v1.py", 7, "PE337")


@pytest.mark.parametrize(
    ("tools", "choice", "message"),
    [
        ((), "auto", "params: tool_choice needs tools, and the prompt has none"),
        ((GetOrder,), "getorder", "params: unknown tool_choice 'getorder'"),
        ((GetOrder,), "GetOrder", ""),
        ((GetOrder,), "required", ""),
    ],
)
def test_the_choice_names_a_tool(tools: tuple[Any, ...], choice: str, message: str) -> None:
    """`tool_choice` is auto, none, required or one of the prompt's tools."""
    found = [problem.message for problem in prompt(tools=tools, params={"tool_choice": choice}).check()]
    assert found == ([message] if message else [])


def test_a_history_carries_calls_and_their_results() -> None:
    """An application goes on with a conversation that called tools."""

    class Talk(BaseModel):
        turns: list[dict[str, Any]]

    asked = call("refund", {"x": 1})
    turns = [
        {"role": "assistant", "content": None, "tool_calls": [asked.as_chat()]},
        {"role": "tool", "content": "done", "tool_call_id": "c"},
    ]
    found = Prompt(inputs=Talk, output=str, messages=[user("hi"), history("turns")]).render({"turns": turns})
    assert found[1:] == (Message("assistant", "", (asked,)), Message("tool", "done", (), "c"))
    assert found[1].as_chat() == turns[0]
    assert found[2].as_chat() == turns[1]
