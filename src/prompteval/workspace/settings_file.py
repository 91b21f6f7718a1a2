"""The settings as a model: `prompteval.toml`, or `[tool.prompteval]` in a `pyproject.toml`."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from prompteval.core.problem import Collector
from prompteval.core.secret import find_secret
from prompteval.workspace.model_profile import ModelProfile, Settings
from prompteval.workspace.presets import PRESETS, preset_fault
from prompteval.workspace.server_keys import (
    APIS,
    GGUF,
    LOCAL_KEYS,
    NATIVE,
    SERVER_KEYS,
    STRUCTURED,
    WITHOUT_SERVER,
    gguf_fault,
    native_fault,
    server_fault,
)
from prompteval.workspace.store_place import ADDRESS_VARIABLE, POSTGRES, is_address
from prompteval.workspace.urls import address_fault
from prompteval.workspace.validation import (
    MOST_ITEMS,
    FileModel,
    Location,
    Ranged,
    last_name,
    problem,
    validate,
)

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _is_variable(name: str) -> bool:
    return _VARIABLE.fullmatch(name) is not None and find_secret(name) is None


def _is_module(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _named(key: str, what: str, is_name: Callable[[str], bool]) -> BeforeValidator:
    """Refuses what is not a name, and does not repeat a credential."""

    def check(value: object) -> object:
        if isinstance(value, str) and is_name(value):
            return value
        shown = "a credential" if isinstance(value, str) and find_secret(value) else repr(value)
        raise problem(f"{key} holds {shown}, which is not the name of {what}")

    return BeforeValidator(check)


def _key_variable(value: object) -> object:
    if isinstance(value, str) and not _is_variable(value):
        help = 'set the variable, and write its name: api_key_env = "OUR_KEY"'
        raise problem("{name} is the name of a variable, not the key itself", help)
    return value


def _address(url: str) -> str:
    if fault := address_fault(url):
        raise problem("{name} " + fault, 'write it as in base_url = "http://127.0.0.1:8000/v1"')
    return url


def _store(value: str) -> str:
    if is_address(value):
        help = f'write store = "{POSTGRES}", and set the address in {ADDRESS_VARIABLE}'
        raise problem("{name} holds the address of a database, which no file of a repository has", help)
    return value


def _server(key: str) -> AfterValidator:
    """One of the keys that say what the server is. Variables are checked against `env` by the whole file."""

    def check(value: Any) -> object:
        allowed = tuple(value.values()) if key == "headers_env" else ()
        if fault := server_fault(key, value, allowed):
            raise problem("{name} " + fault[0], fault[1])
        return value

    return AfterValidator(check)


def _one_of(names: Iterable[str]) -> WithJsonSchema:
    """The names that a key may have, for its schema; `_server` refuses others."""
    return WithJsonSchema({"enum": list(names)})


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

    provider: str = Field(
        _USUAL_PROFILE.provider,
        description="Who answers: openai, anthropic, gemini, gguf, local, scripted, replay.",
    )
    model: str = Field("", description="The model's name at its provider.", examples=['"MODEL"'])
    base_url: Annotated[str, AfterValidator(_address)] | None = Field(
        None, description="The address of a compatible server.", examples=['"http://127.0.0.1:8000/v1"']
    )
    api_key_env: Annotated[str, BeforeValidator(_key_variable)] | None = Field(
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
    calibration: str | None = Field(
        None,
        description="A fitted calibration, by which confidences of a local model become probabilities.",
        examples=['"models/calibration.json"'],
    )
    abstain: str | None = Field(
        None,
        description="A fitted threshold: the likeness under which a local model's quoted answer abstains.",
        examples=['"models/abstain.json"'],
    )
    preset: Annotated[str, _server("preset"), _one_of(PRESETS)] | None = Field(
        None, description="The kind of server: what it takes and how."
    )
    structured: Annotated[str, _server("structured"), _one_of(STRUCTURED)] | None = Field(
        None, description="How an output's schema is asked for."
    )
    rename: Annotated[dict[str, str], _server("rename")] | None = Field(
        None,
        description="The server's names of parameters.",
        examples=['{max_output_tokens = "max_tokens"}'],
    )
    drop: Annotated[list[str], _server("drop")] = Field(
        [], description="Parameters that are not sent.", examples=['["temperature"]']
    )
    extra_body: Annotated[dict[str, Any], _server("extra_body")] | None = Field(
        None, description="What is added to the body of each request.", examples=["{top_k = 20}"]
    )
    headers: Annotated[dict[str, str], _server("headers")] | None = Field(
        None, description="Headers of each request.", examples=['{NAME = "VALUE"}']
    )
    headers_env: Annotated[dict[str, str], _server("headers_env")] | None = Field(
        None,
        description="Headers with secret values, and the variables of `env` that hold them.",
        examples=['{NAME = "VARIABLE"}'],
    )
    query: Annotated[dict[str, str], _server("query")] | None = Field(
        None,
        description="What is added to the address of each request.",
        examples=['{api-version = "2024-10-21"}'],
    )
    api: Annotated[str, _server("api"), _one_of(APIS)] = Field(
        _USUAL_PROFILE.api, description="The API that is asked: chat, responses or decisions."
    )
    stream: bool = Field(
        _USUAL_PROFILE.stream, description="Ask for replies in pieces: measures the time to the first token."
    )


class SettingsFile(FileModel):
    """The settings of a workspace."""

    code = "PE121"
    mapping = "a table"

    default_model: str = Field(_USUAL.default_model, description="The model of suites that name none.")
    store: Annotated[str, AfterValidator(_store)] = Field(
        _USUAL.store, description="The results database, inside the workspace; or `postgres`."
    )
    models: dict[str, _Profile] = Field({}, description="Named models.", max_length=MOST_ITEMS)
    allow: list[Annotated[str, _named("allow", "a package", _is_module)]] = Field(
        [], description="Installed packages whose functions a suite may name.",
        examples=['["PACKAGE"]'], max_length=MOST_ITEMS,
    )  # fmt: skip
    env: list[Annotated[str, _named("env", "a variable", _is_variable)]] = Field(
        [], description="The variables that a suite's headers_env may read.",
        examples=['["VARIABLE"]'], max_length=MOST_ITEMS,
    )  # fmt: skip

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        """The headers whose variables `env` does not list, and keys that the preset's server ignores."""
        models, env = raw.get("models"), raw.get("env", [])
        found: dict[Location, PydanticCustomError] = {}
        for name, profile in models.items() if isinstance(models, dict) and isinstance(env, list) else ():
            headers = profile.get("headers_env") if isinstance(profile, dict) else None
            if isinstance(headers, dict) and (fault := server_fault("headers_env", headers, tuple(env))):
                found["models", name, "headers_env"] = problem("{name} " + fault[0], fault[1])
            if isinstance(profile, dict) and (ignored := _ignored(profile)):
                found["models", name, ignored[0]] = problem("{name} " + ignored[1], ignored[2])
        return found


def _ignored(profile: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """(key, what is wrong, the fix) of what a profile sets and its provider or server would ignore."""
    if not all(
        isinstance(profile.get(key), str | None) for key in ("provider", "preset", "api", "structured")
    ):
        return None  # reported for the key itself
    provider = profile.get("provider")
    if provider != "local" and (own := next((key for key in LOCAL_KEYS if key in profile), None)):
        return own, "is for a local model, and the provider is " + repr(provider or "openai"), "remove it"
    if provider in WITHOUT_SERVER:
        key = next((key for key in SERVER_KEYS if key in profile), None)
        return (key, f"is for a server, and the provider is {provider!r}", "remove it") if key else None
    if provider == GGUF:
        return gguf_fault(profile)
    if provider in NATIVE:
        return native_fault(str(provider), profile)
    preset, api, structured = profile.get("preset"), profile.get("api", "chat"), profile.get("structured")
    if not (preset in (None, *PRESETS) and api in APIS):
        return None  # reported for the key itself
    if api == "decisions" and profile.get("stream"):
        return "stream", "is true, and the Decisions API gives no streams", "remove it"
    return preset_fault(preset, api, structured)


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
