"""What somebody says later of an answer: a line of the log, joined by the id of the request."""

import json
import re
from dataclasses import replace
from time import time

from prompteval.core.prediction import Feedback, record_from_json
from prompteval.core.strict_json import JsonObject
from prompteval.serve.asgi import JSON, Header, Receive, Send, respond
from prompteval.serve.problems import Refusal
from prompteval.serve.state import WorkerState

_REQUEST_ID = re.compile(r"[0-9a-f]{32}")
_KEYS = frozenset({"request_id", "label", "score", "comment"})


async def take_feedback(
    state: WorkerState, request_id: str, headers: list[Header], receive: Receive, send: Send
) -> None:
    """Write it down (202). Raises Refusal for another form, and where there is no log to write to."""
    if state.log is None:
        raise Refusal(404, "no_log", "the service writes no prediction log (--log)")
    body, _ = await state.bodies.read(headers, receive)
    state.log.record(_read(body))
    found = json.dumps({"request_id": body["request_id"]}).encode("ascii")
    await respond(send, 202, found, (JSON, (b"x-request-id", request_id.encode("ascii"))))


def _read(body: JsonObject) -> Feedback:
    if not body.keys() <= _KEYS:
        raise _refused("unknown field; request_id and label or score, and comment, are read")
    identifier = body.get("request_id")
    if not isinstance(identifier, str) or not _REQUEST_ID.fullmatch(identifier):
        raise _refused("request_id is not that of an answer")
    try:
        found = record_from_json({**body, "feedback": True})
    except ValueError:
        raise _refused("one of label and score, a number; comment is a string") from None
    if not isinstance(found, Feedback):
        raise _refused("one of label and score is needed")
    return replace(found, time=time())


def _refused(message: str) -> Refusal:
    return Refusal(422, "feedback", message)
