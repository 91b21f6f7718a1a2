"""What `check` says where a model's own API, or a compatible endpoint of it, would leave something out."""

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.plan.prompt_references import resolve_prompt
from prompteval.plan.server_problems import server_problems
from prompteval.workspace.settings import find_workspace
from tests.small_workspace import Place

PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

class Output(BaseModel):
    label: str

prompt = Prompt(inputs=Inputs, output=Output, messages=[user("{{ message }}")], params={PARAMS})
"""
COMPATIBLE = 'base_url = "https://api.anthropic.com/v1/"'


def problems_of(place: Place, model: str, params: str, *lines: str) -> list[str]:
    """The problems of the prompt with these parameters at a model."""
    place.write("prompts/say/v1.py", PROMPT.replace("{PARAMS}", params))
    place.write("prompteval.toml", "\n".join(["[models.m]", 'model = "x"', *lines]) + "\n")
    prompt = resolve_prompt(place.workspace, "say")
    return [str(problem) for problem in server_problems([prompt], [model], place.workspace)]


@pytest.mark.parametrize(
    ("model", "params", "told"),
    [
        ("anthropic/claude-haiku-5-5", '{"temperature": 0.0}', "Messages API has no 'temperature'"),
        ("anthropic/claude-haiku-5-5", '{"seed": 1}', "Messages API has no 'seed'"),
        ("anthropic/claude-haiku-5-5", '{"reasoning_effort": "none"}', "not one of low, medium, high"),
        ("gemini/gemini-x", '{"verbosity": "low"}', "Gemini API has no 'verbosity'"),
        ("gemini/gemini-x", '{"reasoning_effort": "max"}', "not one of minimal, low"),
    ],
)
def test_a_parameter_that_an_api_does_not_have(place: Place, model: str, params: str, told: str) -> None:
    """At its place in the prompt, with the ways out."""
    (found,) = problems_of(place, model, params)
    assert (
        told in found
        and "prompts/say/v1.py:11:" in found
        and "PE335" in found
        and found.endswith('"] in a profile)')
    )


@pytest.mark.parametrize("model", ["anthropic/claude-haiku-5-5", "gemini/gemini-x"])
def test_what_an_api_has_is_no_problem(place: Place, model: str) -> None:
    """A limit, a stop, an effort, and a strict schema."""
    assert (
        problems_of(place, model, '{"max_output_tokens": 9, "stop": ["."], "reasoning_effort": "low"}') == []
    )


@pytest.mark.parametrize("name", ["seed", "logprobs", "reasoning_effort", "service_tier", "presence_penalty"])
def test_the_compatible_endpoint_of_anthropic_ignores_parameters(place: Place, name: str) -> None:
    """Known by its address, whatever the profile says."""
    values = {"seed": "1", "logprobs": "True", "presence_penalty": "0.5"}
    params = f'{{"{name}": {values.get(name, chr(34) + "low" + chr(34))}}}'
    found = problems_of(place, "m", params, COMPATIBLE, 'structured = "prompt"')
    assert len(found) == 1 and f"anthropic silently ignores '{name}'" in found[0]


def test_the_compatible_endpoint_of_anthropic_ignores_schemas(place: Place) -> None:
    """A prompt with an output of its own would run unconstrained: refused, with both ways out."""
    (found,) = problems_of(place, "m", "{}", COMPATIBLE)
    assert "silently ignores the schema of the output" in found
    assert 'provider = "anthropic"' in found and 'structured = "prompt"' in found
    (found,) = problems_of(place, "m", "{}", COMPATIBLE, 'structured = "tool"')
    assert "silently ignores the schema" in found
    assert problems_of(place, "m", "{}", COMPATIBLE, 'structured = "prompt"') == []
    assert problems_of(place, "m", "{}", COMPATIBLE, 'preset = "anthropic"') == []


def test_the_environment_may_name_that_endpoint_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any profile."""
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.anthropic.com/v1")
    assert "silently ignores the schema" in problems_of(place, "openai/claude-haiku-5-5", "{}")[0]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (['provider = "anthropic"', 'preset = "vllm"'], "preset of model 'm' is for servers of OpenAI's API"),
        (
            ['provider = "gemini"', 'rename = {stop = "halt"}'],
            "rename of model 'm' is for servers of OpenAI's API",
        ),
        (['provider = "anthropic"', 'structured = "json_object"'], "which the API does not have"),
        (['provider = "gemini"', 'structured = "tool"'], "which the API does not have"),
    ],
)
def test_settings_that_a_native_api_has_no_use_for(place: Place, lines: list[str], told: str) -> None:
    """They are errors of the settings, not left out."""
    place.write("prompteval.toml", "\n".join(["[models.m]", 'model = "x"', *lines]) + "\n")
    with pytest.raises(InvalidInput) as raised:
        find_workspace(place.workspace.root)
    assert told in str(raised.value.problems[0])
