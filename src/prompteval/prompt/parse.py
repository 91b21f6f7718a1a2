"""A model's raw reply to a typed output."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import BaseModel, ValidationError

from prompteval.core.observation import Failure, Outcome
from prompteval.core.strict_json import loads
from prompteval.prompt.field_errors import in_one_line
from prompteval.prompt.json_form import json_form
from prompteval.prompt.values import ModelValues, is_only_texts

_FENCE = re.compile(r"```[a-zA-Z0-9_-]*+[ \t]*+\r?\n")
_CLOSED = re.compile(r"\s*```|\s*\Z")
# What a reasoning model writes before its answer where no server takes it out.
_NATIVE = r"\s*(?:<(think|seed:think)>|\[(THINK)\]|<\|channel\|>(?:analysis|commentary))"
_OPENING = re.compile(_NATIVE, re.IGNORECASE)
_TAGGED = re.compile(r"\s*<(think|thinking|thought|thoughts|reasoning|reflection|scratchpad)>", re.IGNORECASE)
_FINAL = re.compile(r"<\|channel\|>final(?:\s*<\|constrain\|>\w+)?<\|message\|>", re.IGNORECASE)
_encode = json.JSONEncoder(allow_nan=False).encode
_scan = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed reply: the output as JSON values and as the prompt's own type, or why there is none."""

    outcome: Outcome
    output: object = None
    failure: Failure | None = None
    value: Any = None

    @property
    def answer(self) -> object:
        """The output as its type itself writes it for others, by its aliases and with its secrets masked."""
        if isinstance(self.value, BaseModel):
            return self.value.model_dump(mode="json", by_alias=True, warnings=False)
        return self.output

    @property
    def logged(self) -> object:
        """The output in the form that a run stores, with its secrets masked."""
        return json_form(self.value, masked=True) if isinstance(self.value, BaseModel) else self.output


@dataclass(frozen=True, slots=True)
class Label:
    """One of the answers that a Literal or Enum allows: its text, its JSON value, the value itself."""

    text: str
    written: object
    value: Any


def parse_model(text: str, model: type[BaseModel] | ModelValues) -> Parsed:
    """JSON text, bare or in one code fence, after the model's thoughts; validated against `model`."""
    values = model if isinstance(model, ModelValues) else ModelValues(model)
    try:
        found = _json_of(text)
    except ValueError as error:
        return _invalid("json", f"the reply is not JSON: {error}")
    if found is None:
        return _unfinished()
    try:
        value = values.read(*found)
        output = values.write(value)
        if not is_only_texts(output):  # as most are, and always JSON
            _encode(output)  # "inf" is a float to pydantic, and nothing to JSON
        return Parsed("ok", output, value=value)
    except ValidationError as error:
        return _invalid("schema", in_one_line(error, "output"))
    except ValueError as error:
        return _invalid("schema", f"the output is not JSON: {error}")


def parse_label(text: str, known: Sequence[Label]) -> Parsed:
    """A bare label: the whole text, else without the marks around it, else equal to just one without case."""
    found = _label(text, known)
    if found is None:
        answer = without_thoughts(text, tagged=True)
        if answer is None:
            return _unfinished()
        found = _label(answer, known)
    if found is not None:
        return Parsed("ok", found.written, value=found.value)
    return _invalid("label", f"the reply is none of {', '.join(label.text for label in known)}")


def parse_text(text: str) -> Parsed:
    """Plain text: the reply, or what follows a reasoning model's thoughts in it."""
    answer = without_thoughts(text)
    return _unfinished() if answer is None else Parsed("ok", answer, value=answer)


def _label(text: str, known: Sequence[Label]) -> Label | None:
    trimmed = (text, text.strip(), text.strip(" \t\r\n\"'`"), text.strip(" \t\r\n\"'.`"))
    for wanted in trimmed:
        for label in known:
            if label.text == wanted:
                return label
    for wanted in trimmed:
        alike = [label for label in known if label.text.casefold() == wanted.casefold()]
        if alike:
            return alike[0] if len(alike) == 1 else None
    return None


def without_thoughts(text: str, *, tagged: bool = False) -> str | None:
    """What follows the reasoning that a reply begins with, in one part or several; without any, the reply.

    None where the reasoning does not end: no answer follows. A server's chat template may have written the
    opening mark, so that only the closing one is in the reply. `tagged` reasoning is in a tag that
    prompts ask for, such as `thinking`.
    """
    opening = _opening(text, 0, tagged=tagged)
    if opening is None:
        thoughts, closing, answer = text.partition("</think>")
        return answer.lstrip() if closing and "<think>" not in thoughts else text
    at = 0
    while opening is not None:
        name = next((group for group in opening.groups() if group), "")
        if not name:
            final = _FINAL.search(text, opening.end())
            return None if final is None else text[final.end() :].partition("<|")[0]
        close = f"[/{name}]" if "[" in opening[0] else f"</{name}>"
        end = re.compile(re.escape(close), re.IGNORECASE).search(text, opening.end())
        if end is None:
            return None
        at = end.end()
        opening = _opening(text, at, tagged=tagged)
    return text[at:].lstrip()


def _opening(text: str, at: int, *, tagged: bool) -> re.Match[str] | None:
    """The mark that reasoning begins with, where it does at a place."""
    return _OPENING.match(text, at) or (_TAGGED.match(text, at) if tagged else None)


def _unfinished() -> Parsed:
    return _invalid("reasoning", "the reply ends inside the model's reasoning; raise max_output_tokens")


def _json_of(text: str) -> tuple[str, object] | None:
    """The JSON of a reply, with its value: the whole text, else what is in its one fence.

    None where thoughts continue. Raises ValueError for what is not JSON.
    """
    bare = text.strip().removeprefix("\ufeff")
    if bare[:1] in ("{", "["):
        try:
            return bare, loads(bare)
        except ValueError:
            pass  # JSON may follow, in a fence
    answer = without_thoughts(bare, tagged=True)
    if answer is None:
        return None
    found = list(islice(_fenced(answer), 2))
    inner = found[0] if len(found) == 1 else answer.strip()
    return inner, loads(inner)


def _fenced(text: str) -> Iterator[str]:
    """What is in each fence, in its turn. JSON ends where its value ends, regardless of its texts."""
    opening = _FENCE.search(text)
    while opening is not None:
        inner, after = _in_fence(text, opening.end())
        if after is None:
            return
        yield inner
        opening = _FENCE.search(text, after)


def _in_fence(text: str, start: int) -> tuple[str, int | None]:
    """(the content of a fence, where the text after it begins); None where the fence is not closed."""
    begin = start + len(text[start:]) - len(text[start:].lstrip())
    try:
        end = _scan(text, begin)[1]
    except (ValueError, RecursionError):
        end = -1
    closed = _CLOSED.match(text, end) if end >= 0 else None
    if closed is not None:
        return text[begin:end], closed.end()
    closing = text.find("```", start)
    inner = text[start:closing].rstrip(" \t").removesuffix("\n").removesuffix("\r")
    return inner, (closing + 3 if closing >= 0 else None)


def _invalid(kind: str, message: str) -> Parsed:
    return Parsed("invalid", None, Failure("parse", kind, message))
