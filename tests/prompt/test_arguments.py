"""Arguments of a prompt that are of another type: a problem at its line, never a crash."""

from typing import Any

import pytest
from pydantic import BaseModel

from prompteval import Prompt, user
from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.params import param_fault
from prompteval.prompt.loader import load_prompt
from prompteval.workspace.tree import WorkingTree
from tests.small_workspace import PROMPT, Place
from tests.small_workspace import place as place


class Inputs(BaseModel):
    q: str


def look(name: str) -> str:
    """Look it up."""
    return name


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("params", [("temperature", 0)], "params= must be a mapping of names to values, not [('temperature', 0)]"),
        ("params", None, "params= must be a mapping"), ("params", {1: 2}, "params= must be a mapping"),
        ("model", 5, 'model= must be a model such as "openai/NAME", not 5'),
        ("description", 5, "description= must be a string, not 5"),
        ("tools", None, "tools= must be a list of functions or models, not null"),
        ("tools", {"look": look}, "tools= must be a list of functions or models, not {'look'"),
        ("tools", iter([look]), "tools= must be a list of functions or models, not <list_iterator"),
        ("messages", iter([user("{{ q }}")]), "messages= must be a list, not <list_iterator"),
        ("messages", [], "messages= is empty"), ("messages", 0, "messages= must be a list, not 0"),
        ("messages", user("{{ q }}"), "messages= must be a list, not one message"),
        ("messages", "{{ q }}", "messages= must be a list, not '{{ q }}'"), ("messages", None, "messages= is empty"),
        ("messages", [{"role": "user"}], "{'role': 'user'} is not a message"),
    ],
)  # fmt: skip
def test_an_argument_of_another_type_is_named(name: str, value: Any, told: str) -> None:
    """With what it must be."""
    right: dict[str, Any] = {"inputs": Inputs, "output": str, "messages": [user("{{ q }}")]}
    with pytest.raises(UsageError) as raised:
        Prompt(**{**right, name: value})
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("tools={look}", "tools=[look]"), ("tools={'look': look}.values()", "tools=[look]"),
        ("description=None", ""), ("tools=''", ""), ("tools={}", ""),
        ("messages={'say': user('{{ message }}')}.values()", "messages=[user('{{ message }}')]"),
        ("messages={user('{{ message }}')}", "messages=[user('{{ message }}')]"),
    ],
)  # fmt: skip
def test_what_says_the_same_in_another_type_is_the_same_prompt(
    place: Place, written: str, plain: str
) -> None:
    """It has the fingerprint that a lock knows."""
    found = []
    for argument in (written, plain):
        rest = "" if "messages" in argument else ", messages=[user('{{ message }}')]"
        module = PROMPT.partition("prompt = ")[0] + "def look(name: str) -> str:\n    return name\n\n"
        text = f"{module}prompt = Prompt(inputs=Inputs, output=str{rest}, {argument})\n"
        place.write("prompts/say/v1.py", text)
        found.append(load_prompt(WorkingTree(place.root), "say"))
    assert found[0].fingerprint == found[1].fingerprint
    assert list(found[0].known_tools) == list(found[1].known_tools)


def test_an_empty_model_is_no_model(place: Place) -> None:
    """The default model is run."""
    place.write("prompts/say/v1.py", PROMPT.replace("Prompt(", "Prompt(model='', "))
    assert place.run().exit_code == 0


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("[('seed', 1)]", "PE306 params= must be a mapping"),
        ("{'temperature': float('nan')}", "PE334 params: temperature must be a number from 0 to 2, not nan"),
        ("{'stop': {'a'}}", "PE334 params: stop must be a string or a list of strings, not {'a'}"),
    ],
)
def test_wrong_params_are_a_problem_at_their_line(place: Place, params: str, told: str) -> None:
    """Also values that no fingerprint can be made of."""
    place.write("prompts/say/v1.py", PROMPT.replace("Prompt(", f"Prompt(params={params}, "))
    with pytest.raises(InvalidInput, match=r"prompts/say/v1.py:\d+:\d+ ") as raised:
        place.run()
    assert told in str(raised.value)


def test_a_range_is_written_to_its_last_digit() -> None:
    """A float would round it up to a seed that is refused."""
    fault = param_fault("seed", 2**63)
    assert fault is not None and "to 9,223,372,036,854,775,807, not" in fault[0]
