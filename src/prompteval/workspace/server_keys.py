"""The keys by which a model's profile says what its server is, and what each may be."""

from collections.abc import Mapping
from typing import Any, Final

from prompteval.core.media import KINDS
from prompteval.core.params import PARAMS
from prompteval.core.problem import did_you_mean
from prompteval.workspace.presets import PRESETS
from prompteval.workspace.profile_faults import (
    header_fault,
    header_names_fault,
    json_fault,
    query_fault,
    rename_fault,
)

# How an output's schema is asked for.
STRUCTURED: Final = ("json_schema", "json_object", "tool", "prompt")
# The ways to ask.
APIS: Final = ("chat", "responses", "decisions")
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"structured": STRUCTURED, "api": APIS}
# A profile's keys that only a server behind HTTP can heed.
SERVER_KEYS: Final = (
    "preset", "structured", "rename", "drop", "extra_body", "headers", "headers_env", "query", "api",
    "stream", "files",
)  # fmt: skip
# Those of a call to a server, and of its limits.
CALL_KEYS: Final = ("base_url", "api_key_env", "rpm", "tpm")
# Those that only the models of this machine heed.
LOCAL_KEYS: Final = ("calibration", "abstain")
# Providers of ours that call no server.
WITHOUT_SERVER: Final = frozenset({"local", "scripted", "replay"})
# A model in a file, and the keys that say how it is asked.
GGUF: Final = "gguf"
OF_GGUF: Final = ("structured", "drop", "extra_body", "stream")
# Providers that ask an API of their own, and keys of the compatible servers of OpenAI's.
NATIVE: Final = frozenset({"anthropic", "gemini"})
OF_OPENAI: Final = ("preset", "rename", "api", "files")
# How each of them can be asked for a schema.
NATIVE_STRUCTURED: Final[Mapping[str, tuple[str, ...]]] = {
    "anthropic": ("json_schema", "tool", "prompt"),
    "gemini": ("json_schema", "json_object", "prompt"),
}


# Fields of a body that say what is asked and of whom, in each of the APIs.
_OF_THE_PROMPT: Final = frozenset(
    {"model", "messages", "input", "instructions", "contents", "system", "systemInstruction", "stream"}
)


def gguf_fault(profile: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """(key, what is wrong, the fix) of what a profile sets that a model in a file has no use for."""
    others = (*CALL_KEYS, *(key for key in SERVER_KEYS if key not in OF_GGUF))
    key = next((key for key in others if key in profile), None)
    if key is not None:
        return key, f"is for a server, and the provider is {GGUF!r}", "remove it"
    if profile.get("structured") == "tool":
        return "structured", "is 'tool', which llama.cpp silently ignores", 'write "json_schema"'
    return None


def native_fault(provider: str, profile: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """(key, what is wrong, the fix) of what a profile of a native API sets and the API does not have."""
    key = next((key for key in OF_OPENAI if key in profile), None)
    if key is not None:
        return (
            key,
            f"is for servers of OpenAI's API, and the provider is {provider!r}",
            "remove it",
        )
    structured, known = profile.get("structured"), NATIVE_STRUCTURED[provider]
    if structured in STRUCTURED and structured not in known:
        return "structured", f"is {structured!r}, which the API does not have", f"write {known[0]!r}"
    return None


def server_fault(key: str, value: Any, env: tuple[str, ...] = ()) -> tuple[str, str] | None:
    """(what is wrong with one of these keys, the fix), as the end of a sentence that names it."""
    if key == "preset":
        return None if value in PRESETS else (f"is {value!r}, which is not a preset", _near(value, PRESETS))
    if key in _CHOICES:
        known = _CHOICES[key]
        fault = f"is {value!r}, not one of {', '.join(known)}"
        return None if value in known else (fault, _near(value, known))
    if key in ("rename", "drop"):
        unknown = [name for name in value if name not in PARAMS]
        if unknown:
            return f"names {unknown[0]!r}, which is not a parameter", _near(unknown[0], PARAMS)
        return rename_fault(value) if isinstance(value, dict) else None
    if key == "files":
        unknown = [name for name in value if name not in KINDS]
        fault = f"names {unknown[0]!r}, which is not one of {', '.join(KINDS)}" if unknown else ""
        return (fault, _near(unknown[0], KINDS)) if unknown else None
    if key == "extra_body":
        taken = next((name for name in value if name in _OF_THE_PROMPT), None)
        fault = f"has {taken!r}, which would replace what the prompt and its model say"
        return json_fault(value) if taken is None else (fault, "remove it")
    if key == "headers":
        return header_fault(value)
    return query_fault(value) if key == "query" else _variables_fault(value, env)


def _variables_fault(headers: Mapping[str, str], env: tuple[str, ...]) -> tuple[str, str] | None:
    if fault := header_names_fault(headers):
        return fault
    empty = next((name for name, variable in headers.items() if not variable.strip()), None)
    if empty is not None:
        return f"has an empty variable for {empty!r}", 'write it as in {X-Key = "OUR_KEY"}'
    missing = [name for name in headers.values() if name not in env]
    if missing:
        return f"reads {missing[0]}, which the settings do not allow", f'add env = ["{missing[0]}"]'
    return None


def _near(value: Any, known: Any) -> str:
    return did_you_mean(str(value), known)
