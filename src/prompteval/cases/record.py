"""One raw case record to a `Case`, with everything that is wrong with it."""

from collections.abc import Callable, Mapping
from typing import Any

from prompteval.cases.calls import expected_calls
from prompteval.cases.problem import Pointer, Wrong
from prompteval.cases.schema import CaseLine, GoldSpan
from prompteval.cases.turns import user_turns
from prompteval.core.case import Case
from prompteval.core.media import paths_in
from prompteval.core.problem import MOST_PROBLEMS, did_you_mean, unknown_keys
from prompteval.core.ranges import RANGES
from prompteval.core.secret import find_secret
from prompteval.core.strict_json import json_type_name
from prompteval.core.text import has_surrogate

Typed = Callable[[Mapping[str, Any]], Mapping[str, Any]]
Validate = Callable[[Mapping[str, Any]], list[tuple[Pointer, str, str]]]

KEYS = frozenset(CaseLine.model_fields)
GOLD_KEYS = frozenset(GoldSpan.model_fields)


def to_case(
    raw: object,
    line: int,
    validate: Validate | None,
    *,
    checked: bool = False,
    typed: Typed | None = None,
) -> tuple[Case | None, list[Wrong]]:
    """(case, problems); the case is None when it cannot be built at all.

    Without `validate` the inputs may be any JSON value; with it they are an object. `checked` says
    that the same record was validated and searched for credentials before. `typed` reads the record's
    values as the target's types do; what is expected is validated as it was given, since a type may write
    a value in a form that it does not read.
    """
    if not isinstance(raw, dict):
        return None, [((), "PE310", f"a case must be an object, not {json_type_name(raw)}", "")]
    wrong: list[Wrong] = []
    given = raw
    raw = raw if typed is None else typed(raw)
    if not raw.keys() <= KEYS:
        wrong += _unknown(raw)
    case_id = _id(raw, wrong)
    inputs = raw.get("inputs")
    if inputs is None and "turns" in raw:  # a conversation may need no more than what is said
        inputs = {}
        raw = {**raw, "inputs": inputs}
    if inputs is None or (validate is not None and not isinstance(inputs, dict)):
        reason = "the case has no inputs" if inputs is None else "inputs must be an object"
        wrong.append((("inputs",), "PE313", reason, 'write "inputs": {...}'))
        inputs = {}
    case = Case(
        id=case_id,
        inputs=inputs,
        expected=raw.get("expected"),
        gold=_gold(raw, wrong) if "gold" in raw else (),
        tags=_tags(raw, wrong) if "tags" in raw else {},
        split=_text(raw, "split", wrong) if "split" in raw else None,
        cluster=_text(raw, "cluster", wrong) if "cluster" in raw else None,
        repeat=_repeat(raw, wrong) if "repeat" in raw else None,
        answers=_answers(raw, wrong) if "answers" in raw else (),
        answerable=_answerable(raw, wrong) if "answerable" in raw else None,
        tool_calls=expected_calls(raw["tool_calls"], wrong) if "tool_calls" in raw else None,
        line=line,
        file_paths=paths_in(inputs),
        turns=user_turns(raw["turns"], wrong) if "turns" in raw else (),
    )
    if not checked:
        _note_content(raw, given, validate, wrong)
    return case, wrong


def _unknown(raw: Mapping[str, Any]) -> list[Wrong]:
    """The keys that a case does not have: the first ones, and how many more."""
    unknown, more = unknown_keys(raw, KEYS)
    wrong: list[Wrong] = [((key,), "PE311", f"unknown key {key!r}", help) for key, help in unknown]
    if more:
        last = unknown[-1][0]
        wrong.append(((last,), "PE311", f"{more:,} more unknown keys after {last!r}", ""))
    return wrong


def _note_content(
    raw: Mapping[str, Any], given: Mapping[str, Any], validate: Validate | None, wrong: list[Wrong]
) -> None:
    """A credential anywhere in a case, and what its target says of it where nothing else is wrong."""
    secret = find_secret("\0".join(_texts(raw)))  # none reaches over a NUL
    if secret is not None:
        wrong.append(((), "PE330", f"credential found in the case: {secret[1]}", "remove it and revoke it"))
    if validate is not None and not wrong:
        wrong.extend(
            (place, "PE320", message, help) for place, message, help in validate(_as_given(raw, given))
        )


def _as_given(raw: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A typed record with what it expects, at its turns too, as the file has it."""
    return {**raw, **{key: given[key] for key in ("expected", "turns") if key in given}}


def _texts(value: object) -> list[str]:
    """Every text in a record, however deep."""
    found, todo = list[str](), [value]
    for item in todo:  # which grows meanwhile
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict):
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
    return found


def _id(raw: Mapping[str, object], wrong: list[Wrong]) -> str:
    value = raw.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        reason = "the case has no id" if value is None else f"an id must be a non-empty string, not {value!r}"
        wrong.append((("id",), "PE312", reason, 'write "id": "..."'))
        return ""
    if has_surrogate(value):
        reason = f"half a surrogate pair in the id {value!r}"
        wrong.append((("id",), "PE312", reason, "ids are stored and reported as UTF-8"))
    return value


def _tags(raw: Mapping[str, object], wrong: list[Wrong]) -> dict[str, str]:
    tags = raw["tags"]
    if not isinstance(tags, dict):
        wrong.append(
            (("tags",), "PE314", "tags must be an object of names and values", '{"channel": "email"}')
        )
        return {}
    found = {}
    for name, value in tags.items():
        if isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            found[name] = str(value)
        elif len(wrong) < MOST_PROBLEMS:
            wrong.append((("tags", name), "PE314", f"tag {name!r} must be a string, not {value!r}", ""))
    return found


def _text(raw: Mapping[str, object], key: str, wrong: list[Wrong]) -> str | None:
    value = raw[key]
    if value is None or (isinstance(value, str) and value):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    wrong.append(((key,), "PE315", f"{key} must be a string, not {value!r}", ""))
    return None


def _repeat(raw: Mapping[str, Any], wrong: list[Wrong]) -> int | None:
    value = raw["repeat"]
    fault = RANGES["repeat"].fault("repeat", value)
    if fault:
        wrong.append((("repeat",), "PE316", fault, ""))
        return None
    return int(value)


def _answers(raw: Mapping[str, object], wrong: list[Wrong]) -> tuple[str, ...]:
    value = raw["answers"]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        wrong.append((("answers",), "PE317", "answers must be a list of strings", ""))
        return ()
    return tuple(value)


def _answerable(raw: Mapping[str, object], wrong: list[Wrong]) -> bool | None:
    value = raw["answerable"]
    if not isinstance(value, bool):
        wrong.append((("answerable",), "PE318", f"answerable must be true or false, not {value!r}", ""))
        return None
    return value


def _gold(raw: Mapping[str, object], wrong: list[Wrong]) -> tuple[tuple[Mapping[str, Any], ...], ...]:
    """An outer list (all of), each an inner list (any of), of {doc, quote | start, end, grade}."""
    value = raw["gold"]
    if not isinstance(value, list) or not all(isinstance(group, list) and group for group in value):
        message = "gold must be a list of lists: all of the outer, any of the inner"
        wrong.append((("gold",), "PE319", message, '[[{"doc": "a.md", "quote": "..."}]]'))
        return ()
    for outer, group in enumerate(value):
        for inner, span in enumerate(group):
            reason = _span_error(span)
            if reason and len(wrong) < MOST_PROBLEMS:
                wrong.append((("gold", outer, inner), "PE319", reason, ""))
    return tuple(tuple(group) for group in value)


def _span_error(span: object) -> str:
    if not isinstance(span, dict) or not isinstance(span.get("doc", span.get("quote")), str):
        return 'a gold span must be an object with a "doc", or with a "quote"'
    unknown = [key for key in span if key not in GOLD_KEYS]
    if unknown:
        return f"unknown key {unknown[0]!r} in a gold span ({did_you_mean(unknown[0], GOLD_KEYS)})"
    if ("start" in span) != ("end" in span):
        return "a gold span must have both start and end, or neither"
    if "start" in span:
        start, end = span["start"], span["end"]
        if not (type(start) is int and type(end) is int and 0 <= start < end):
            return "start and end must be whole numbers with 0 <= start < end"
        if "quote" in span:
            return "a gold span must have either a quote or start and end"
    if not isinstance(span.get("quote", ""), str):
        return f"the quote of a gold span must be a string, not {span['quote']!r:.60}"
    return RANGES["grade"].fault("the grade of a gold span", span.get("grade", 1))
