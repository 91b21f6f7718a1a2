"""From a result to the observation of its case."""

import json
from typing import Any

from pydantic import ValidationError

from prompteval.core.errors import UsageError
from prompteval.core.observation import Call, Failure, Observation
from prompteval.core.request import ServedBy, Usage
from prompteval.plan.results.mapping import ResultMap, excerpt
from prompteval.plan.results.result import Result, ResultUsage
from prompteval.workspace.validation import error_lines

# Of the errors of one result, those that its case names.
ERRORS_SHOWN = 3


def observed(
    result: Result, *, model: str, served_by: ServedBy, latency_ms: float, raw: str | None = None
) -> Observation:
    """The observation of a case. `latency_ms` counts where the result has none; `raw` is what was received.

    A result with an error has no output; what it did before stays.
    """
    if result.turns and "output" not in result.model_fields_set:  # a conversation is known by its last turn
        last = result.turns[-1]
        update = {"output": last.output, "error": result.error or last.error}
        result = result.model_copy(update=update)
    taken = latency_ms if result.latency_ms is None else result.latency_ms
    output = result.output
    text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    call = Call(
        model=result.model or model,
        key="",
        served_by=served_by,
        attempts=0 if served_by == "replay" else 1,
        latency_ms=taken,
        usage=None if result.usage is None else usage_of(result.usage),
    )
    reported = result.usage is not None or result.model is not None or served_by == "replay"
    failure = None
    if result.error is not None:
        failure = Failure("call", result.error.type, result.error.message)
    return Observation(
        outcome="ok" if failure is None else "error",
        output=output if failure is None else None,
        text=text if raw is None else raw,
        failure=failure,
        calls=(call,) if reported else (),
        latency_ms=taken,
        confidence=result.confidence,
        logprobs=_logprobs(result.logprob),
        details={} if result.cost_usd is None else {"cost_usd": result.cost_usd},
        trace=result.trace(),
    )


# Any of these says what a case came to where there is no output; the others, what was found for it.
CAME_TO = ("error", "tool_calls", "messages", "turns")
WITHOUT_OUTPUT = (*CAME_TO, "retrieved", "reranked", "context")
_SAYING = frozenset({*WITHOUT_OUTPUT, "output"})
NO_KEYS = "it has no 'output', and nothing of what the system did"


def read_result(value: object, mapping: ResultMap | None) -> Result:
    """The result that an application gave back, through the suite's map where it has one.

    Raises UsageError, with why it is none.
    """
    given = value if mapping is None else mapping.apply(value)
    try:
        result = Result.model_validate(given)
    except ValidationError as error:
        raise UsageError(f"not a result: {result_errors(error)}") from None
    if not result.model_fields_set & _SAYING:
        raise UsageError(f"not a result: {_nothing(value, mapping)}")
    return result


def _nothing(value: object, mapping: ResultMap | None) -> str:
    if mapping is None:
        return NO_KEYS
    return f"the map finds no {' or '.join(mapping.texts)} in {excerpt(value)}"


def usage_of(found: ResultUsage) -> Usage:
    """The tokens of a result as those of a call."""
    return Usage(found.prompt_tokens, found.completion_tokens, found.cached_tokens, found.reasoning_tokens)


def result_errors(error: ValidationError) -> str:
    """What is wrong with a result, in one line: the place and the fault of the first ones."""
    lines = error_lines(error)
    found = [": ".join(filter(None, [_place(line["loc"]), line["msg"]])) for line in lines[:ERRORS_SHOWN]]
    more = f"; {len(lines) - ERRORS_SHOWN} more" if len(lines) > ERRORS_SHOWN else ""
    return "; ".join(found) + more


def _place(parts: tuple[int | str, ...]) -> str:
    return ".".join(map(str, parts))


def _logprobs(value: Any) -> tuple[float, ...] | None:  # noqa: ANN401 - a value of another program
    if value is None:
        return None
    return tuple(value) if isinstance(value, list) else (value,)
