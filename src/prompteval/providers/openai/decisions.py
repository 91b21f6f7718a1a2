"""The Decisions API: each field of the output is a question with known answers, which have probabilities.

Forms: the API reference of OpenAI, "Create a decision", and the types of its client. It writes no texts, so
an output that it can give has labels, true or false, and whole numbers between two ends alone.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NoReturn

from prompteval.core.errors import ProviderError
from prompteval.core.observation import ALTERNATIVES
from prompteval.core.request import Request, Response
from prompteval.core.response_json import is_number
from prompteval.core.secret import hide
from prompteval.core.strict_json import JsonObject
from prompteval.providers.openai.errors import bad_reply
from prompteval.providers.openai.reply import kept_details, sent_error
from prompteval.providers.openai.responses_reply import usage_of
from prompteval.providers.openai.shape import Shape
from prompteval.providers.openai.tools import input_items

MOST_CHOICES: Final = 255
WHAT_TO_DO: Final = 'declare a Literal, an Enum, a bool or an int with ge= and le=, or set api = "chat"'
_OWN: Final = "#/$defs/"


def decisions_body(model: str, request: Request, shape: Shape) -> JsonObject:
    """The body as JSON values. Raises ProviderError(unsupported) for what the API cannot be asked."""
    params = {name for name in request.params if name not in shape.drop}
    if params or (request.seed is not None and "seed" not in shape.drop):
        raise ProviderError(
            "unsupported", f"the Decisions API has no parameter {min(params, default='seed')!r}"
        )
    if request.tools:
        raise ProviderError("unsupported", "the Decisions API takes no tools")
    for fault in unanswerable(request.schema or {}):
        raise ProviderError("unsupported", fault[1])
    questions = [_question(name, node) for name, node in _fields(request.schema or {})]
    return shape.with_extra(
        {"model": model, "input": decisions_input(request, shape), "questions": questions}
    )


def decisions_input(request: Request, shape: Shape) -> list[JsonObject]:
    """The messages as items."""
    return [{"type": "message", **item} for item in input_items(request.messages)]


def unanswerable(schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(field, what is wrong) for what of an output is no question with known answers."""
    fields = list(_fields(schema))
    if not fields:
        return [("", "the Decisions API needs an output with fields")]
    why = "the Decisions API writes no texts: it chooses a label or a whole number"
    return [(name, f"{name}: {why}") for name, node in fields if not _answers(node)]


def _fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The name and the node of each field, what a node refers to in its place."""
    definitions = schema.get("$defs", {})
    for name, node in schema.get("properties", {}).items():
        reference = node.get("$ref")
        found = definitions.get(str(reference).removeprefix(_OWN), node) if reference else node
        yield name, found


def _answers(node: Mapping[str, Any]) -> list[str | bool | int]:
    """The answers to the question of a field; none where they are unknown, too many, or of several kinds."""
    labels = [True, False] if node.get("type") == "boolean" else node.get("enum", [])
    low, high = node.get("minimum"), node.get("maximum")
    if node.get("type") == "integer" and not labels and isinstance(low, int) and isinstance(high, int):
        labels = list(range(low, min(high, low + MOST_CHOICES) + 1))
    alike = len({type(label) for label in labels}) == 1 and isinstance(labels[0], str | bool | int)
    return list(labels) if alike and 2 <= len(labels) <= MOST_CHOICES else []


def _question(name: str, node: Mapping[str, Any]) -> JsonObject:
    """A choice among labels; numbers are levels."""
    told = node.get("description") or f"What is the {name} that the messages ask for?"
    answers = _answers(node)
    asked: JsonObject = {"name": name, "instructions": told}
    if type(answers[0]) is int:
        levels = [{"label": str(answer)} for answer in sorted(answers)]
        return {"type": "score", **asked, "levels": levels}
    return {"type": "choice", **asked, "choices": [{"value": answer} for answer in answers]}


def read_decision(
    raw: object,
    excerpt: Callable[[], str],
    request_id: str | None,
    latency_ms: float,
    *,
    by_tool: bool = False,
) -> Response:
    """The answers as the JSON text of an output, the probabilities of each as alternatives.

    Raises ProviderError for a body without them.
    """
    if not isinstance(raw, dict):
        raise bad_reply("the reply is not a JSON object", excerpt())
    if raw.get("error"):
        raise sent_error(raw["error"], "the server answered 200 with an error", excerpt())
    answers = raw.get("answers")
    if not isinstance(answers, list) or not answers or not all(isinstance(one, dict) for one in answers):
        raise bad_reply("the reply has no answers", excerpt())
    kept, model = kept_details(raw, request_id)
    refused = [str(one.get("name")) for one in answers if one.get("type") == "refusal"]
    reply = Response(
        "", model_reported=model, usage=usage_of(raw.get("usage")), latency_ms=latency_ms, details=kept
    )
    if refused:
        return replace(reply, finish="refusal", refusal=f"no answer to {', '.join(refused)}")
    output: dict[str, object] = {}
    alternatives: dict[str, dict[str, float]] = {}
    for answer in answers:
        try:
            name = str(answer["name"])
            output[name], alternatives[name] = _answer(answer)
        except (KeyError, TypeError, ValueError):
            raise bad_reply("an answer has another form than its question", excerpt()) from None
    sure = [float(one["confidence"]) for one in answers if is_number(one.get("confidence"))]
    details = {**kept, ALTERNATIVES: alternatives}
    return replace(reply, text=hide(json.dumps(output)), confidence=min(sure, default=None), details=details)


def _answer(answer: JsonObject) -> tuple[object, dict[str, float]]:
    """(the value of a field, the probability of each value as JSON text); raises for a form that is none."""
    given = answer["probabilities"]
    if answer["type"] == "choice":
        return answer["choice"], {json.dumps(one["value"]): float(one["probability"]) for one in given}
    if answer["type"] == "score":
        levels = {str(int(one["label"])): float(one["probability"]) for one in given}
        return int(max(levels, key=lambda level: levels[level])), levels
    raise ValueError(f"unknown type {answer['type']!r}")


def no_stream(*, by_tool: bool) -> NoReturn:
    """Raise ProviderError: the API answers at once."""
    raise ProviderError("unsupported", "the Decisions API gives no streams")
