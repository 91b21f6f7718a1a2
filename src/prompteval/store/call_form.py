"""The stored form of one call of a model, which observations and scores have."""

from prompteval.core.observation import Call
from prompteval.core.request import Usage
from prompteval.core.response_json import usage_as_json
from prompteval.store import typed
from prompteval.store.typed import COUNT, FLAG, NONE, NUMBER, TEXT, Kinds

_CALL: Kinds = {
    "model": TEXT, "key": TEXT, "served_by": TEXT, "attempts": COUNT, "latency_ms": NUMBER,
    "usage": (dict, NONE), "model_reported": (str, NONE), "finish": TEXT, "possibly_billed": COUNT,
}  # fmt: skip
_USAGE: Kinds = {name: FLAG if name == "estimated" else (*NUMBER, NONE) for name in Usage.__slots__}


def call_values(call: Call) -> dict[str, object]:
    body: dict[str, object] = {
        "model": call.model, "key": call.key, "served_by": call.served_by, "attempts": call.attempts,
        "latency_ms": call.latency_ms,
    }  # fmt: skip
    if call.usage is not None:
        body["usage"] = usage_as_json(call.usage)
    if call.model_reported is not None:
        body["model_reported"] = call.model_reported
    if call.finish != "stop":
        body["finish"] = call.finish
    if call.possibly_billed:
        body["possibly_billed"] = call.possibly_billed
    return body


def call_from(body: object) -> Call:
    found = typed.fields(body, _CALL)
    usage = found.pop("usage", None)
    typed.number(found["latency_ms"])
    return Call(**found, usage=None if usage is None else Usage(**typed.fields(usage, _USAGE)))
