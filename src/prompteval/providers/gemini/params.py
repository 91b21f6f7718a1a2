"""Which parameters the Gemini API takes, by its reference ("generateContent")."""

from typing import Final

# The API's names of parameters, in its `generationConfig`.
NAMES: Final = {
    "temperature": "temperature", "top_p": "topP", "max_output_tokens": "maxOutputTokens",
    "stop": "stopSequences", "frequency_penalty": "frequencyPenalty", "presence_penalty": "presencePenalty",
    "seed": "seed", "logprobs": "responseLogprobs", "top_logprobs": "logprobs",
}  # fmt: skip
NOT_THERE: Final = frozenset({"service_tier", "verbosity", "parallel_tool_calls"})
LEVELS: Final = ("minimal", "low", "medium", "high")


def param_fault(model: str, name: str, value: object) -> tuple[str, str] | None:
    """(what is wrong with a parameter, what to do beside removing or dropping it)."""
    if name in NOT_THERE:
        return f"the Gemini API has no {name!r}", ""
    if name == "reasoning_effort" and value not in LEVELS:
        return f"reasoning_effort is {value!r}, not one of {', '.join(LEVELS)}", ""
    return None
