"""What `check` says of parameters that the server of a model ignores, refuses or does not have."""

import pytest

from prompteval.plan.prompt_references import resolve_prompt
from prompteval.plan.server_problems import server_problems
from tests.small_workspace import Place

PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

prompt = Prompt(
    inputs=Inputs, output=str, messages=[user("{{ message }}")],
    params={"seed": 7, "stop": ["."], "verbosity": "low", "logprobs": True},
)
"""


def problems_with(place: Place, *lines: str) -> list[str]:
    """The problems of the prompt with a model of these settings."""
    place.write("prompts/say/v1.py", PROMPT)
    place.write(
        "prompteval.toml",
        "\n".join(["[models.m]", 'model = "x"', 'base_url = "http://127.0.0.1:9/v1"', *lines]) + "\n",
    )
    prompt = resolve_prompt(place.workspace, "say")
    return [str(problem) for problem in server_problems([prompt], ["m"], place.workspace)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], []),
        (['preset = "vllm"'], ["vllm silently ignores 'verbosity'"]),
        (['preset = "groq"'], ["groq refuses requests with 'logprobs'"]),
        (['preset = "mistral"'], ["mistral refuses requests with 'logprobs'", "mistral refuses requests with 'verbosity'"]),
        (['api = "responses"'], ["the Responses API has no 'seed'", "the Responses API has no 'stop'"]),
        (['api = "responses"', 'preset = "vllm"'], ["vllm silently ignores 'verbosity'"]),
        (['api = "responses"', 'drop = ["seed"]', 'rename = {stop = "halt"}'], []),
    ],
)  # fmt: skip
def test_each_parameter_is_told_once(place: Place, lines: list[str], expected: list[str]) -> None:
    """With its place in the prompt and both ways out; what is dropped or renamed is the user's own word."""
    found = problems_with(place, *lines)
    assert len(found) == len(expected)
    for line, text in zip(found, expected, strict=True):
        assert text in line and "prompts/say/v1.py:10:" in line and "PE335" in line and "drop = [" in line


def test_the_other_api_is_named_as_a_way_out(place: Place) -> None:
    """Chat completions have the parameter."""
    assert all('set api = "chat"' in line for line in problems_with(place, 'api = "responses"'))
