"""Cases to JSON text and back.

What is read back and is not as it was written raises one of `typed.DAMAGE`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from prompteval.core.case import Case, ExpectedCall, UserTurn
from prompteval.core.fingerprint import fingerprint
from prompteval.store import typed
from prompteval.store.typed import COUNT, FLAG, JSON, LIST, OBJECT, TEXT, Kinds, dumps, loads

_CASE: Kinds = {
    "inputs": JSON, "expected": JSON, "tags": OBJECT, "split": TEXT, "cluster": TEXT, "repeat": COUNT,
    "answerable": FLAG, "line": COUNT, "gold": LIST, "answers": LIST, "tool_calls": LIST,
    "turns": LIST, "file_paths": OBJECT,
}  # fmt: skip
_EXPECTED_CALL: Kinds = {"name": TEXT, "arguments": OBJECT}
_TURN: Kinds = {"user": TEXT, "expected": JSON, "tool_calls": LIST}


def case_json(case: Case) -> str:
    """Everything of a case but its id, what is empty left out."""
    return dumps(case_values(case))


def case_values(case: Case) -> dict[str, object]:
    """A case as JSON values, but for its id, what is empty left out."""
    body: dict[str, object] = {"inputs": case.inputs}
    if case.expected is not None:
        body["expected"] = case.expected
    if case.answerable is not None:
        body["answerable"] = case.answerable
    if case.tags:
        body["tags"] = dict(case.tags)
    texts = (("split", case.split), ("cluster", case.cluster))
    body |= {name: text for name, text in texts if text is not None}
    body |= {name: count for name, count in (("repeat", case.repeat), ("line", case.line)) if count}
    if case.gold:
        body["gold"] = [[dict(span) for span in group] for group in case.gold]
    if case.answers:
        body["answers"] = list(case.answers)
    if case.tool_calls is not None:
        body["tool_calls"] = _wanted(case.tool_calls)
    if case.turns:
        body["turns"] = [turn_values(turn) for turn in case.turns]
    if case.file_paths:
        body["file_paths"] = {name: list(paths) for name, paths in case.file_paths.items()}
    return body


def turn_values(turn: UserTurn) -> dict[str, object]:
    """What a user says as JSON values, what is empty left out."""
    body: dict[str, object] = {"user": turn.user}
    if turn.expected is not None:
        body["expected"] = turn.expected
    if turn.tool_calls is not None:
        body["tool_calls"] = _wanted(turn.tool_calls)
    return body


def _wanted(calls: Sequence[ExpectedCall]) -> list[dict[str, object]]:
    return [{"name": call.name, "arguments": dict(call.arguments)} for call in calls]


def case_fields(text: str) -> dict[str, Any]:
    """The fields behind `case_json`, each of its type."""
    return typed.fields(loads(text), _CASE)


def case_from(case_id: str, text: str) -> Case:
    """The case behind `case_json`."""
    body = case_fields(text)
    body["gold"] = tuple(tuple(typed.each(group, dict)) for group in body.get("gold", ()))
    body["answers"] = tuple(typed.each(body.get("answers", []), str))
    typed.each([*body.get("tags", {}).values()], str)
    if "tool_calls" in body:
        body["tool_calls"] = _calls_from(body["tool_calls"])
    if "turns" in body:
        body["turns"] = tuple(_turn_from(turn) for turn in body["turns"])
    if "file_paths" in body:
        body["file_paths"] = {name: tuple(typed.each(one, str)) for name, one in body["file_paths"].items()}
    return Case(id=case_id, **body)


def _turn_from(body: object) -> UserTurn:
    found = typed.fields(body, _TURN)
    calls = found.pop("tool_calls", None)
    return UserTurn(**found, tool_calls=None if calls is None else _calls_from(calls))


def _calls_from(body: Sequence[object]) -> tuple[ExpectedCall, ...]:
    return tuple(ExpectedCall(**typed.fields(call, _EXPECTED_CALL)) for call in body)


def case_mark(body: Mapping[str, object]) -> str:
    """A short digest of a case's inputs and expected value: cases are the same when it is."""
    wanted = [body.get(key) for key in ("inputs", "expected", "gold", "answers")]
    # Runs from before did not store that a question has no answer: the mark is the same as theirs.
    wanted.append(body.get("answerable") or None)
    if "tool_calls" in body:  # a case without keeps the mark that it had before there were any
        wanted.append(body["tool_calls"])
    if "turns" in body:
        wanted.append({"turns": body["turns"]})
    return fingerprint(wanted).removeprefix("sha256:")[:16]
