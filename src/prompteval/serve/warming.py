"""What is made ready before the first request: templates, schemas, weights, connections."""

from collections.abc import Iterable
from contextlib import suppress

from prompteval.core.errors import DeadlineExceeded, ProviderError, RenderError
from prompteval.core.request import Message, Request
from prompteval.core.strict_json import JsonObject
from prompteval.engine.application_model import ApplicationModel
from prompteval.engine.bound_prompt import BoundPrompt
from prompteval.prompt.schema import json_schema
from prompteval.serve.served import Names, Served
from prompteval.serve.state import EventLog

WARM_UP = "warm-up"


async def warm(names: Names, before: Names, event: EventLog) -> None:
    """Make what is served ready, but for what was so before.

    A model of this process answers each prompt once, which loads its weights and encodes the prompt's labels
    and examples. A server is connected to and asked for nothing that costs. Raises PromptevalError for what
    can never answer.
    """
    known = {id(served) for served in before.values()}
    fresh = {id(served): served for served in names.values() if id(served) not in known}
    for served in fresh.values():
        await _warm_prompt(served)
    for bound in _of_each_model(fresh.values()):
        await _connect(bound.model, event)


async def _warm_prompt(served: Served) -> None:
    """Everything that is made once and kept: compiled templates, schemas, validators, weights, vectors."""
    bound = served.bound
    served.headers, served.declared, bound.closed_inputs  # noqa: B018
    bound.prompt.parse("")
    inputs = sample(json_schema(bound.prompt.inputs))
    request = Request(
        bound.model.reference,
        (Message("user", WARM_UP),),
        schema=bound.prompt.schema,
        identity=bound.model.identity,
    )
    if not bound.prompt.input_errors(inputs):
        with suppress(RenderError, DeadlineExceeded):
            request = bound.request(inputs)
    if bound.model.is_batched:
        answered = await bound.answer(request, None)
        if answered.error is not None:
            raise answered.error


async def _connect(model: ApplicationModel, event: EventLog) -> None:
    try:
        await model.connect()
    except ProviderError as error:
        event("warm_up_failed", {"model": model.reference, "error": error.kind})


def _of_each_model(served: Iterable[Served]) -> list[BoundPrompt]:
    """One prompt for each model."""
    return list({one.bound.model.reference: one.bound for one in served}.values())


def sample(schema: JsonObject) -> JsonObject:
    """Inputs that a schema of an object takes, where its limits are simple."""
    found = _sample(schema, schema.get("$defs", {}), 0)
    return found if isinstance(found, dict) else {}


def _sample(schema: JsonObject, definitions: JsonObject, depth: int) -> object:
    if depth > 20:
        return None
    if "$ref" in schema:
        return _sample(definitions.get(schema["$ref"].rpartition("/")[2], {}), definitions, depth + 1)
    for name in ("default", "const"):
        if name in schema:
            return schema[name]
    if schema.get("enum"):
        return schema["enum"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return _sample(schema[name][0], definitions, depth + 1)
    kind = schema.get("type")
    if kind == "object":
        properties, required = schema.get("properties", {}), schema.get("required", [])
        return {name: _sample(properties.get(name, {}), definitions, depth + 1) for name in required}
    if kind == "array":
        count = max(1, int(schema.get("minItems", 0)))
        return [_sample(schema.get("items", {}), definitions, depth + 1)] * min(count, 100)
    if kind == "string":
        return WARM_UP.ljust(int(schema.get("minLength", 0)), "x")[: schema.get("maxLength")]
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("maximum", 1))
    return kind == "boolean" or None
