"""What a judge's prompt is given: the output, what was expected, and what the system saw."""

import json
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any

from pydantic import BaseModel

from prompteval.core.case import Case
from prompteval.core.media import with_file_texts
from prompteval.core.observation import Observation

# Inputs of a judge that are not the case's own; a case's input of such a name is not given.
RESERVED = ("output", "expected", "reference", "context", "messages")
# Those that a kind of judge fills beside them.
CRITERION, PASSAGE, FIRST, SECOND = "criterion", "passage", "first", "second"


@dataclass(frozen=True, slots=True)
class SeenPassage:
    """A passage that the system saw, by its place from 1."""

    n: int
    doc: str
    title: str
    text: str

    def as_json(self) -> dict[str, object]:
        return {"n": self.n, "doc": self.doc, "title": self.title, "text": self.text}


class Absent(Exception):
    """The case or the observation lacks what a judge has to see; the text names it."""


def passages_of(observation: Observation) -> tuple[SeenPassage, ...] | None:
    """The passages in the order that the system saw them; None where it does not say."""
    if observation.context is not None:
        return tuple(
            SeenPassage(n, chunk.doc_id, chunk.title, chunk.text)
            for n, chunk in enumerate(observation.context.kept, 1)
        )
    seen = None if observation.trace is None else observation.trace.seen
    if seen is None:
        return None
    return tuple(SeenPassage(n, one.doc, one.title, one.text) for n, one in enumerate(seen, 1))


def judge_inputs(fields: type[BaseModel], case: Case, observation: Observation) -> dict[str, object]:
    """The values of the inputs that a judge's prompt declares, as far as case and observation have them.

    Raises Absent for a required one that they lack.
    """
    given = case.inputs if isinstance(case.inputs, Mapping) else {}
    found: dict[str, object] = {}
    for name, field in fields.model_fields.items():
        if name in (CRITERION, PASSAGE, FIRST, SECOND):
            continue
        value = _reserved(name, case, observation) if name in RESERVED else given.get(name)
        if value is None:
            if field.is_required():
                raise Absent(name)
            continue
        found[name] = as_declared(name, field.annotation, value)
    return found


def _reserved(name: str, case: Case, observation: Observation) -> object:
    if name == "output":
        return observation.output
    if name == "expected":
        return case.expected
    if name == "reference":
        if case.expected is not None:
            return as_text(case.expected)
        return "\n".join(case.answers) if case.answers else None
    if name == "context":
        passages = passages_of(observation)
        return None if passages is None else [passage.as_json() for passage in passages]
    if observation.trace is not None and observation.trace.messages is not None:
        return [dict(message) for message in observation.trace.messages]
    return [dict(message) for message in observation.sent] or None


def as_declared(name: str, annotation: object, value: object) -> object:
    """A value as text where the input is declared as one; lists of passages and messages line by line."""
    if not takes_text(annotation):
        return value
    if name == "context" and isinstance(value, Sequence) and not isinstance(value, str):
        return "\n\n".join(_passage_text(passage) for passage in value)
    if name == "messages" and isinstance(value, Sequence) and not isinstance(value, str):
        return "\n\n".join(f"{message['role']}: {as_text(message.get('content') or '')}" for message in value)
    return as_text(value)


def _passage_text(passage: Mapping[str, object]) -> str:
    title = f" {passage['title']}" if passage["title"] else ""
    return f"[{passage['n']}]{title}\n{passage['text']}"


def takes_text(annotation: Any) -> bool:  # noqa: ANN401 - a type as a field declares it
    """Whether an input is a text, or a text or nothing."""
    if typing.get_origin(annotation) is typing.Annotated:
        return takes_text(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, UnionType):
        return all(one is NoneType or takes_text(one) for one in typing.get_args(annotation))
    return annotation is str


def as_text(value: object) -> str:
    """A value as text: strings as they are, files by their kind and size, all else as JSON."""
    value = with_file_texts(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
