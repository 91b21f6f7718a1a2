"""The parameters of a call by their neutral names, and what each may be."""

from collections.abc import Mapping
from typing import Any, Final

from prompteval.core.problem import did_you_mean
from prompteval.core.ranges import RANGES, Range, shown

# A range for numbers, `bool`, `str`, or `list` for a text or a list of texts.
PARAMS: Final[Mapping[str, Any]] = {
    "temperature": Range(0, 2, whole=False),
    "top_p": Range(0, 1, whole=False),
    "max_output_tokens": Range(1, 100_000_000),
    "stop": list,
    "frequency_penalty": Range(-2, 2, whole=False),
    "presence_penalty": Range(-2, 2, whole=False),
    "reasoning_effort": str,
    "service_tier": str,
    "logprobs": bool,
    "top_logprobs": Range(0, 20),
    "verbosity": str,
    "seed": RANGES["seed"],
    "tool_choice": str,
    "parallel_tool_calls": bool,
}
# Values of `tool_choice` beside the names of the tools.
TOOL_CHOICES: Final = ("auto", "none", "required")
_SYNONYMS = {
    "max_tokens": "max_output_tokens", "max_completion_tokens": "max_output_tokens",
    "max_new_tokens": "max_output_tokens", "num_predict": "max_output_tokens",
    "n_predict": "max_output_tokens", "maxOutputTokens": "max_output_tokens", "topP": "top_p",
    "stop_sequences": "stop", "stopSequences": "stop",
    "random_seed": "seed", "reasoning": "reasoning_effort", "effort": "reasoning_effort",
}  # fmt: skip


def param_fault(name: str, value: object) -> tuple[str, str] | None:
    """(what is wrong with a parameter, the fix); None where nothing is."""
    if name not in PARAMS:
        near = _SYNONYMS.get(name)
        help = f"did you mean {near!r}?" if near else did_you_mean(name, PARAMS)
        return f"params: unknown parameter {name!r}", help or f"known: {', '.join(sorted(PARAMS))}"
    kind = PARAMS[name]
    if isinstance(kind, Range):
        fault = kind.fault(f"params: {name}", value)
        return (fault, "") if fault else None
    if kind is list:
        right = isinstance(value, str) or (
            isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
        )
        return (
            None
            if right
            else (f"params: {name} must be a string or a list of strings, not {shown(value)}", "")
        )
    words = "true or false" if kind is bool else "a string"
    return None if isinstance(value, kind) else (f"params: {name} must be {words}, not {shown(value)}", "")
