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


def problems_with(place: Place, *lines: str, prompt: str = PROMPT) -> list[str]:
    """The problems of the prompt with a model of these settings."""
    place.write("prompts/say/v1.py", prompt)
    place.write(
        "prompteval.toml",
        "\n".join(["[models.m]", 'model = "x"', 'base_url = "http://127.0.0.1:9/v1"', *lines]) + "\n",
    )
    found = resolve_prompt(place.workspace, "say")
    return [str(problem) for problem in server_problems([found], ["m"], place.workspace)]


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


def of_params(params: str, output: str = "str") -> str:
    return (
        PROMPT[: PROMPT.index("    params=")].replace("output=str", f"output={output}")
        + f"    params={params},\n)\n"
    )


@pytest.mark.parametrize("param", ["temperature", "presence_penalty", "frequency_penalty"])
def test_deepseek_ignores_parameters_while_it_thinks(place: Place, param: str) -> None:
    """By the preset; not where the profile disables thinking, and other parameters not at all."""
    asked = of_params(f'{{"{param}": 0.5, "top_p": 0.9}}')
    (found,) = problems_with(place, 'preset = "deepseek"', prompt=asked)
    assert (
        f"deepseek silently ignores {param!r} while its models think (remove it, or set extra_body" in found
    )
    off = 'extra_body = {thinking = {type = "disabled"}}'
    assert problems_with(place, 'preset = "deepseek"', off, prompt=asked) == []


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["extra_body = {temperature = 1.0}"], "extra_body of 'm' replaces 'temperature' of the body"),
        (["extra_body = {max_completion_tokens = 5}"], "replaces 'max_completion_tokens'"),
        (['extra_body = {response_format = {type = "text"}}'], "replaces 'response_format.type'"),
        (['provider = "gemini"', "extra_body = {generationConfig = {temperature = 1.0}}"], "replaces 'generationConfig.temperature'"),
        (['provider = "gemini"', "extra_body = {generationConfig = {topK = 4}}"], ""),
        (['api = "responses"', 'extra_body = {text = {verbosity = "low"}}'], ""), (["extra_body = {temperature = 0.5}"], ""),
    ],
)  # fmt: skip
def test_what_a_profile_would_replace_of_a_prompt_is_told(place: Place, lines: list[str], told: str) -> None:
    """With its field; what it adds beside, or has alike, is its own."""
    asked = of_params('{"temperature": 0.5, "max_output_tokens": 9}', "Inputs")
    found = problems_with(place, *lines, prompt=asked)
    assert len(found) == bool(told) and told in "".join(found)
