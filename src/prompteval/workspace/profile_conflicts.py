"""What is wrong with the keys of a model's profile taken together, before they are read."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

from prompteval.core.media import KINDS
from prompteval.core.registry import is_built_in
from prompteval.workspace.model_profile import ModelProfile
from prompteval.workspace.presets import PRESETS, preset_by_host, preset_fault
from prompteval.workspace.profile_faults import header_names_fault
from prompteval.workspace.profile_files import files_fault
from prompteval.workspace.server_keys import (
    APIS,
    CALL_KEYS,
    GGUF,
    LOCAL_KEYS,
    NATIVE,
    SERVER_KEYS,
    WITHOUT_SERVER,
    gguf_fault,
    native_fault,
    server_fault,
)

PROVIDERS: Final = "prompteval.providers"
# The variable with the address of profiles with provider = "openai" and no base_url.
OPENAI_ADDRESS_VARIABLE: Final = "OPENAI_BASE_URL"


Conflict = tuple[str, str, str]


def conflicts(profile: Mapping[str, Any], env: list[str]) -> Iterator[Conflict]:
    """(key, what is wrong, the fix) of what is wrong with keys of a profile taken together."""
    provider = profile.get("provider", ModelProfile("").provider)
    if "model" not in profile and is_built_in(PROVIDERS, str(provider)):
        yield "model", "has no model", 'add model = "MODEL", as its provider names it'
    found = (
        _variables(profile, env), _renamed_and_dropped(profile), _in_both_queries(profile), _ignored(profile),
        _files(profile),
    )  # fmt: skip
    yield from (conflict for conflict in found if conflict)


def _variables(profile: Mapping[str, Any], env: list[str]) -> Conflict | None:
    """Variables that the settings do not allow, and headers that are set twice."""
    headers, variables = profile.get("headers"), profile.get("headers_env")
    if not isinstance(variables, dict) or not all(isinstance(one, str) for one in variables.values()):
        return None  # reported for the key itself
    others = headers if isinstance(headers, dict) else {}
    fault = server_fault("headers_env", variables, tuple(env)) or header_names_fault([*others, *variables])
    return ("headers_env", *fault) if fault else None


def _renamed_and_dropped(profile: Mapping[str, Any]) -> Conflict | None:
    rename, drop = profile.get("rename"), profile.get("drop")
    if not isinstance(rename, dict) or not isinstance(drop, list):
        return None
    name = next((name for name in rename if name in drop), None)
    fault = f"names {name!r}, which drop does not send"
    return ("rename", fault, "remove it from one of them") if name is not None else None


def _in_both_queries(profile: Mapping[str, Any]) -> Conflict | None:
    """A parameter that each address has by `base_url` and by `query`."""
    url, query = profile.get("base_url"), profile.get("query")
    if not isinstance(url, str) or not isinstance(query, dict):
        return None
    given = {part.partition("=")[0] for part in url.partition("?")[2].split("&")}
    name = next((name for name in query if name in given), None)
    fault = f"names {name!r}, which base_url has too"
    return ("query", fault, "remove it from one of them") if name is not None else None


def _files(profile: Mapping[str, Any]) -> Conflict | None:
    """Kinds of files that the profile's server could not be sent."""
    files, api, preset = profile.get("files"), profile.get("api", "chat"), profile.get("preset")
    url, model = profile.get("base_url", ""), profile.get("model", "")
    provider = profile.get("provider", ModelProfile("").provider)
    if not (isinstance(files, list) and isinstance(url, str) and isinstance(model, str)):
        return None  # without any, or reported for the key itself
    known = api in APIS and preset in (None, *PRESETS) and all(kind in KINDS for kind in files)
    if provider != "openai" or not known:
        return None  # reported for the key itself
    fault = files_fault(files, preset, url or os.environ.get(OPENAI_ADDRESS_VARIABLE, ""), model, api)
    return ("files", *fault) if fault else None


def _ignored(profile: Mapping[str, Any]) -> Conflict | None:
    """(key, what is wrong, the fix) of what a profile sets and its provider or server would ignore."""
    if not all(
        isinstance(profile.get(key), str | None) for key in ("provider", "preset", "api", "structured")
    ):
        return None  # reported for the key itself
    provider = profile.get("provider")
    if provider != "local" and (own := next((key for key in LOCAL_KEYS if key in profile), None)):
        return own, "is for a local model, and the provider is " + repr(provider or "openai"), "remove it"
    if provider in WITHOUT_SERVER:
        key = next((key for key in (*CALL_KEYS, *SERVER_KEYS) if key in profile), None)
        return (key, f"is for a server, and the provider is {provider!r}", "remove it") if key else None
    if provider == GGUF:
        return gguf_fault(profile)
    if provider in NATIVE:
        return native_fault(str(provider), profile)
    preset, api, structured = profile.get("preset"), profile.get("api", "chat"), profile.get("structured")
    preset = preset or preset_by_host(str(profile.get("base_url") or ""))
    if not (preset in (None, *PRESETS) and api in APIS):
        return None  # reported for the key itself
    if api == "decisions" and profile.get("stream"):
        return "stream", "is true, and the Decisions API gives no streams", "remove it"
    return preset_fault(preset, api, structured)
