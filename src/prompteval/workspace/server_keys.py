"""What a model's profile says of its server: how it takes schemas and parameters, and presets for both.

Each preset holds what the server's own documentation says (docs/servers.md names it).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from prompteval.core.params import PARAMS
from prompteval.core.problem import did_you_mean

# How an output's schema is asked for.
STRUCTURED: Final = ("json_schema", "json_object", "tool", "prompt")


@dataclass(frozen=True, slots=True)
class Preset:
    """A server's ways. `ignored` are parameters that it takes and silently ignores."""

    structured: str = "json_schema"
    rename: Mapping[str, str] = field(default_factory=dict)
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    key_header: str = "Authorization"
    needs_key: bool = True
    ignored: frozenset[str] = frozenset()


_MAX_TOKENS = {"max_output_tokens": "max_tokens"}
PRESETS: Final[Mapping[str, Preset]] = {
    "openai": Preset(),
    "azure": Preset(key_header="api-key"),
    "ollama": Preset(
        rename=_MAX_TOKENS, needs_key=False,
        ignored=frozenset({"service_tier", "verbosity"}),
    ),
    "vllm": Preset(needs_key=False, ignored=frozenset({"service_tier", "verbosity"})),
    "llama.cpp": Preset(
        rename=_MAX_TOKENS, needs_key=False,
        ignored=frozenset({"service_tier", "verbosity", "reasoning_effort"}),
    ),
    # Without it a provider behind the router may leave out a parameter, or the schema.
    "openrouter": Preset(
        rename=_MAX_TOKENS, extra_body={"provider": {"require_parameters": True}},
        ignored=frozenset({"service_tier"}),
    ),
    "mistral": Preset(rename={**_MAX_TOKENS, "seed": "random_seed"}),
    "deepseek": Preset(structured="json_object", rename=_MAX_TOKENS),
    "groq": Preset(),
}  # fmt: skip


def server_fault(key: str, value: Any, env: tuple[str, ...] = ()) -> tuple[str, str] | None:
    """(what is wrong with one of these keys, the fix), as the end of a sentence that names it."""
    if key == "preset":
        return None if value in PRESETS else (f"is {value!r}, which is not a preset", _near(value, PRESETS))
    if key == "structured":
        known = ", ".join(STRUCTURED)
        return (
            None if value in STRUCTURED else (f"is {value!r}, not one of {known}", _near(value, STRUCTURED))
        )
    if key in ("rename", "drop"):
        unknown = [name for name in value if name not in PARAMS]
        if unknown:
            return f"names {unknown[0]!r}, which is not a parameter", _near(unknown[0], PARAMS)
        texts = value.values() if isinstance(value, dict) else ()
        return None if all(map(_is_name, texts)) else ("maps parameters to the server's names for them", "")
    if key == "extra_body":
        return None
    if not all(map(_is_name, value.values())):
        return "must be a table of strings", ""
    if key == "headers_env":
        missing = [name for name in value.values() if name not in env]
        if missing:
            return f"reads {missing[0]}, which the settings do not allow", f'add env = ["{missing[0]}"]'
    return None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not {"\r", "\n"} & set(value)


def _near(value: Any, known: Any) -> str:
    return did_you_mean(str(value), known)
