"""The settings as a model: `prompteval.toml`, or `[tool.prompteval]` in a `pyproject.toml`."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from prompteval.core.problem import Collector
from prompteval.workspace.field_types import Ranged
from prompteval.workspace.model_profile import ModelProfile, Settings
from prompteval.workspace.presets import PRESETS
from prompteval.workspace.profile_conflicts import conflicts
from prompteval.workspace.profile_faults import base_url_fault, name_fault
from prompteval.workspace.server_keys import (
    APIS,
    STRUCTURED,
)
from prompteval.workspace.settings_values import (
    faultless,
    is_module,
    is_name_of,
    is_variable,
    key_variable,
    one_of,
    server_key,
    store_named,
)
from prompteval.workspace.validation import (
    MOST_ITEMS,
    FileModel,
    Location,
    last_name,
    problem,
    schema_of,
    validate,
)

_USUAL, _USUAL_PROFILE = Settings(), ModelProfile("")


class _PriceSection(FileModel):
    """What a model costs, in USD per million tokens."""

    code = "PE121"
    mapping = "a table"

    input: Annotated[float, Ranged("price")] = Field(description="Of tokens read.")
    output: Annotated[float, Ranged("price")] = Field(description="Of tokens written.")
    cached_input: Annotated[float, Ranged("price")] | None = Field(
        None, description="Of tokens read from a cache."
    )


class _Profile(FileModel):
    """A named model."""

    code = "PE121"
    mapping = "a table"

    provider: Annotated[str, faultless(name_fault, 'write "openai", or who else answers')] = Field(
        _USUAL_PROFILE.provider,
        description="Who answers: openai, anthropic, gemini, gguf, local, scripted, replay.",
    )
    model: Annotated[str, faultless(name_fault, 'write model = "MODEL", as its provider names it')] = Field(
        "", description="The model's name at its provider.", examples=['"MODEL"']
    )
    base_url: Annotated[str, faultless(base_url_fault)] | None = Field(
        None, description="The address of a compatible server.", examples=['"http://127.0.0.1:8000/v1"']
    )
    api_key_env: Annotated[str, BeforeValidator(key_variable)] | None = Field(
        None, description="The variable that holds the key.", examples=['"OUR_KEY"']
    )
    rpm: Annotated[int, Ranged("rpm")] | None = Field(
        None, description="Maximum requests per minute.", examples=["60"]
    )
    tpm: Annotated[int, Ranged("tpm")] | None = Field(
        None, description="Maximum tokens per minute.", examples=["90000"]
    )
    max_concurrency: Annotated[int, Ranged("max_concurrency")] | None = Field(
        None, description="Maximum concurrent calls.", examples=["8"]
    )
    timeout_s: Annotated[float, Ranged("timeout_s")] = Field(
        _USUAL_PROFILE.timeout_s, description="The seconds that one attempt may take."
    )
    max_attempts: Annotated[int, Ranged("max_attempts")] = Field(
        _USUAL_PROFILE.max_attempts, description="Maximum attempts of one call."
    )
    case_deadline_s: Annotated[float, Ranged("case_deadline_s")] = Field(
        _USUAL_PROFILE.case_deadline_s, description="The seconds that one case may take with all attempts."
    )
    price: _PriceSection | None = Field(None, description="What the model costs.")
    context_window: Annotated[int, Ranged("context_window")] | None = Field(
        None, description="The tokens that the model reads and writes in all.", examples=["128000"]
    )
    calibration: Annotated[str, faultless(name_fault, "name its file, or remove it")] | None = Field(
        None,
        description="A fitted calibration, by which confidences of a local model become probabilities.",
        examples=['"models/calibration.json"'],
    )
    abstain: Annotated[str, faultless(name_fault, "name its file, or remove it")] | None = Field(
        None,
        description="A fitted threshold: the likeness under which a local model's quoted answer abstains.",
        examples=['"models/abstain.json"'],
    )
    preset: Annotated[str, server_key("preset"), one_of(PRESETS)] | None = Field(
        None, description="The kind of server: what it takes and how."
    )
    structured: Annotated[str, server_key("structured"), one_of(STRUCTURED)] | None = Field(
        None, description="How an output's schema is asked for."
    )
    rename: Annotated[dict[str, str], server_key("rename")] | None = Field(
        None,
        description="The server's names of parameters.",
        examples=['{max_output_tokens = "max_tokens"}'],
    )
    drop: Annotated[list[str], server_key("drop")] = Field(
        [], description="Parameters that are not sent.", examples=['["temperature"]']
    )
    extra_body: Annotated[dict[str, Any], server_key("extra_body")] | None = Field(
        None, description="What is added to the body of each request.", examples=["{top_k = 20}"]
    )
    headers: Annotated[dict[str, str], server_key("headers")] | None = Field(
        None, description="Headers of each request.", examples=['{NAME = "VALUE"}']
    )
    headers_env: Annotated[dict[str, str], server_key("headers_env")] | None = Field(
        None,
        description="Headers with secret values, and the variables of `env` that hold them.",
        examples=['{NAME = "VARIABLE"}'],
    )
    query: Annotated[dict[str, str], server_key("query")] | None = Field(
        None,
        description="What is added to the address of each request.",
        examples=['{api-version = "2024-10-21"}'],
    )
    api: Annotated[str, server_key("api"), one_of(APIS)] = Field(
        _USUAL_PROFILE.api, description="The API that is asked: chat, responses or decisions."
    )
    stream: bool = Field(
        _USUAL_PROFILE.stream, description="Ask for replies in pieces: measures the time to the first token."
    )
    files: Annotated[list[str], server_key("files")] | None = Field(
        None,
        description="The kinds of files that the server takes: image, pdf, audio.",
        examples=['["image", "pdf"]'],
    )


class SettingsFile(FileModel):
    """The settings of a workspace."""

    code = "PE121"
    mapping = "a table"

    default_model: Annotated[str, faultless(name_fault, 'write it as in "local/use"')] = Field(
        _USUAL.default_model, description="The model of suites that name none."
    )
    store: Annotated[str, faultless(name_fault, "name a file, or remove it"), AfterValidator(store_named)] = (
        Field(_USUAL.store, description="The results database, inside the workspace; or `postgres`.")
    )
    models: dict[str, _Profile] = Field({}, description="Named models.", max_length=MOST_ITEMS)
    allow: list[Annotated[str, is_name_of("allow", "a package", is_module)]] = Field(
        [], description="Installed packages whose functions a suite may name.",
        examples=['["PACKAGE"]'], max_length=MOST_ITEMS,
    )  # fmt: skip
    env: list[Annotated[str, is_name_of("env", "a variable", is_variable)]] = Field(
        [], description="The variables that a suite's headers_env may read.",
        examples=['["VARIABLE"]'], max_length=MOST_ITEMS,
    )  # fmt: skip

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        """The headers whose variables `env` does not list, keys that the preset's server ignores,
        and the table of another file."""
        models, env = raw.get("models"), raw.get("env", [])
        found: dict[Location, PydanticCustomError] = {}
        tool = raw.get("tool")
        if isinstance(tool, dict) and "prompteval" in tool:
            help = "in prompteval.toml write [models.NAME], without tool.prompteval"
            found["tool",] = problem("tool.prompteval is the table of a pyproject.toml", help)
        for name, profile in models.items() if isinstance(models, dict) and isinstance(env, list) else ():
            if isinstance(name, str) and not name.strip():
                found["models",] = problem("{name} has a model without a name", "name it")
            if isinstance(profile, dict):
                for key, fault, help in conflicts(profile, env):
                    place = ("models", name, key) if key in profile else ("models", name)
                    found[place] = problem("{name} " + fault, help)
        return found


def read_settings_file(table: object, lines: list[str], problems: Collector) -> SettingsFile | None:
    """The settings in a table of TOML, whose text is `lines`; None with every problem noted at its line."""

    def place_of(place: Location, at_key: bool) -> tuple[int, int]:
        """The line that sets the key or opens its table; for what is nested, any line with its name."""
        key = next((part for part in reversed(place) if isinstance(part, str)), "prompteval")
        set_here = re.compile(rf"""^\s*(?:\[.*\b)?["']?{re.escape(key)}["']?\s*[=\].]""")
        for pattern in (set_here, re.compile(re.escape(key))):
            for number, line in enumerate(lines, 1):
                if pattern.search(line):
                    return number, line.index(key) + 1
        return (1, 1) if len(place) < 2 else place_of(place[:-1], at_key)

    return validate(SettingsFile, table, problems, place_of, _name, _part)


def _name(place: Location) -> str:
    match place:
        case ():
            return "tool.prompteval"
        case ("models", name):
            return f"models.{name}"
        case ("models", name, key):
            return f"{key} of model {name!r}"
        case ("models", name, "price", key):
            return f"{key} in the price of model {name!r}"
    return last_name(place)


def _part(place: Location) -> str:
    match place:
        case ("models", name):
            return f" in model {name!r}"
        case ("models", name, "price"):
            return f" in the price of model {name!r}"
    return ""


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of the settings."""
    return schema_of(SettingsFile, "prompteval settings")
