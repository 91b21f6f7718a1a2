"""What is known of common servers: how each takes schemas and parameters, and what it ignores or refuses.

Each preset holds what the server's own documentation says (docs/servers.md names it).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from prompteval.workspace.urls import host_of

# Parameters of chat completions that OpenAI's Responses API does not have.
NOT_IN_RESPONSES: Final = frozenset({"stop", "frequency_penalty", "presence_penalty", "seed"})


@dataclass(frozen=True, slots=True)
class Responses:
    """A server's Responses API.

    `names` are parameters that it has beyond OpenAI's, `ignored_structured` ways to ask for a schema that it
    does not heed, and `files` the kinds of files that it takes where they are others than those of its chat.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    ignored_structured: frozenset[str] = frozenset()
    files: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """A server's ways.

    `ignored` are parameters that it takes and silently ignores, and `ignored_structured` ways to
    ask for a schema; a request with one of `refused` is a wrong one. `responses` is None where its
    Responses API may not be used, and `why_no_responses` says why. `stream_usage` says that the tokens of a
    stream are reported only when asked for, `counted_logprobs` that `logprobs` is how many, not whether, and
    `ignores_tool_schemas` that arguments of tools are held to no schema. `files` are the kinds of files that
    it takes, None where it depends on the model, `files_of_some` those that some of its models take where the
    profile says so, and `unread` the media types of these kinds that it does not
    read; `text_only` are models of it that take none. `ignored_in_thought` are parameters that it ignores
    while its models think, which they do where `thinking` of the body does not disable it.
    """

    structured: str = "json_schema"
    rename: Mapping[str, str] = field(default_factory=dict)
    extra_body: Mapping[str, object] = field(default_factory=dict)
    key_header: str = "Authorization"
    needs_key: bool = True
    ignored: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    ignored_structured: frozenset[str] = frozenset()
    responses: Responses | None = field(default_factory=Responses)
    why_no_responses: str = ""
    stream_usage: bool = True
    counted_logprobs: bool = False
    ignores_tool_schemas: bool = False
    files: tuple[str, ...] | None = None
    files_of_some: tuple[str, ...] = ()
    unread: frozenset[str] = frozenset()
    text_only: frozenset[str] = frozenset()
    ignored_in_thought: frozenset[str] = frozenset()


# The preset of llama.cpp, at a server or in a process of ours.
LLAMA: Final = "llama.cpp"
_MAX_TOKENS = {"max_output_tokens": "max_tokens"}
_IMAGES = ("image",)
_GIF = frozenset({"image/gif"})
_LOGPROBS = frozenset({"logprobs", "top_logprobs"})
PRESETS: Final[Mapping[str, Preset]] = {
    "openai": Preset(),
    "azure": Preset(
        key_header="api-key", files=_IMAGES, files_of_some=("audio",),
        responses=Responses(files=("image", "pdf")),
    ),
    "ollama": Preset(
        rename=_MAX_TOKENS, needs_key=False,
        ignored=frozenset({"service_tier", "verbosity", "tool_choice", "parallel_tool_calls"}),
        ignored_structured=frozenset({"tool"}), files=_IMAGES, unread=_GIF,
        responses=None, why_no_responses="reports answers that were cut at the token limit as complete",
    ),
    "vllm": Preset(
        needs_key=False, ignored=frozenset({"service_tier", "verbosity"}),
        responses=Responses({"seed": "seed", "stop": "stop"}, frozenset({"json_object"})),
        files=("image", "audio"),
    ),
    LLAMA: Preset(
        rename=_MAX_TOKENS, needs_key=False,
        ignored=frozenset({"service_tier", "verbosity", "reasoning_effort", "tool_choice"}),
        ignored_structured=frozenset({"tool"}), files=("image", "audio"), unread=frozenset({"image/webp"}),
        responses=None, why_no_responses="ignores the schema and reports cut answers as complete",
    ),
    "lmstudio": Preset(
        rename=_MAX_TOKENS, needs_key=False, ignored=frozenset({"service_tier", "verbosity", *_LOGPROBS}),
        files=_IMAGES, unread=_GIF,
    ),
    # Without it a provider behind the router may leave out a parameter, or the schema.
    "openrouter": Preset(
        rename=_MAX_TOKENS, extra_body={"provider": {"require_parameters": True}},
        ignored=frozenset({"service_tier"}), files=("image", "pdf", "audio"),
    ),
    "together": Preset(
        rename=_MAX_TOKENS, ignored=frozenset({"service_tier", "verbosity"}),
        responses=None, why_no_responses="is not there", counted_logprobs=True, files=_IMAGES,
    ),
    # It refuses what it does not know, `stream_options` too, and reports the tokens of a stream unasked.
    "mistral": Preset(
        rename={**_MAX_TOKENS, "seed": "random_seed"}, stream_usage=False,
        refused=frozenset({"service_tier", "verbosity", *_LOGPROBS}), files=_IMAGES,
    ),
    "deepseek": Preset(
        structured="json_object", rename=_MAX_TOKENS, files=_IMAGES, text_only=frozenset({"deepseek-v4-pro"}),
        ignored_in_thought=frozenset({"temperature", "presence_penalty", "frequency_penalty"}),
    ),
    "groq": Preset(refused=_LOGPROBS, files=_IMAGES),
    # Its own documentation calls the endpoint one for trying the models out, and lists what it ignores.
    "anthropic": Preset(
        structured="prompt", rename=_MAX_TOKENS,
        ignored=frozenset(
            {
                "seed", "reasoning_effort", "service_tier", "verbosity", "frequency_penalty",
                "presence_penalty", *_LOGPROBS,
            }
        ),
        ignored_structured=frozenset({"json_schema", "json_object", "tool"}),
        responses=None, why_no_responses="is not there", ignores_tool_schemas=True,
        files=_IMAGES,
    ),
}  # fmt: skip
# Servers whose preset a profile with their address has without naming it, by their own documentation.
_BY_HOST: Final = {
    "openrouter.ai": "openrouter", "api.mistral.ai": "mistral", "api.deepseek.com": "deepseek",
    "api.groq.com": "groq", "api.together.xyz": "together", "api.together.ai": "together",
}  # fmt: skip
# One more whose ways are known, but who would be asked in words for a schema: a prompt with one is refused.
_ANTHROPIC: Final = {"api.anthropic.com": "anthropic"}
_NO_THOUGHT: Final = 'set extra_body = { thinking = { type = "disabled" } }'


def preset_by_host(url: str) -> str | None:
    """The preset that a profile of a compatible server has by its address, where no preset is named."""
    return _BY_HOST.get(host_of(url))


def preset_at(url: str, name: str | None) -> str | None:
    """The preset of the server at an address: the one that is named, else the one that its host has."""
    return name or {**_BY_HOST, **_ANTHROPIC}.get(host_of(url))


def preset_of(name: str | None) -> Preset:
    """What the preset of a profile says; OpenAI's own ways without one."""
    return PRESETS[name] if name else Preset()


def preset_fault(name: str | None, api: str, structured: str | None) -> tuple[str, str, str] | None:
    """(a key of a profile that its preset's server would ignore, what is wrong, the fix)."""
    preset = preset_of(name)
    if api == "responses" and preset.responses is None:
        return (
            "api",
            f"is 'responses', and the Responses API of {name} {preset.why_no_responses}",
            "remove it",
        )
    if api == "decisions" and name not in (None, "openai"):
        return "api", f"is 'decisions', and {name} has no Decisions API", "remove it"
    if api == "decisions" and structured is not None:
        return "structured", f"is {structured!r}, and the Decisions API is sent questions", "remove it"
    chosen = preset.responses if api == "responses" else None
    ignored = chosen.ignored_structured if chosen is not None else preset.ignored_structured
    if structured in ignored:
        return "structured", f"is {structured!r}, which {name} silently ignores", 'write "json_schema"'
    return None


def param_fault_of(
    name: str | None, api: str, param: str, extra_body: Mapping[str, object]
) -> tuple[str, str] | None:
    """(what is wrong with a parameter at the server of a preset, what to do beside dropping it)."""
    preset, server = preset_of(name), name or "openai"
    thinking = extra_body.get("thinking")
    thinks = not (isinstance(thinking, Mapping) and thinking.get("type") == "disabled")
    if param in preset.ignored_in_thought and thinks:
        return f"{server} silently ignores {param!r} while its models think", _NO_THOUGHT
    if param in preset.ignored:
        return f"{server} silently ignores {param!r}", ""
    if param in preset.refused:
        return f"{server} refuses requests with {param!r}", ""
    if api == "decisions":
        return f"the Decisions API has no {param!r}", 'set api = "chat"'
    extra = preset.responses.names if preset.responses is not None else {}
    if api == "responses" and param in NOT_IN_RESPONSES and param not in extra:
        return f"the Responses API has no {param!r}", 'set api = "chat"'
    return None
