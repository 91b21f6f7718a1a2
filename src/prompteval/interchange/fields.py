"""Formats whose records name input, output and expected value by keys: one description a format."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prompteval.interchange.imported import Imported, ImportedSuite, Json, Record
from prompteval.interchange.records import (
    Ids,
    InputNames,
    chat_messages,
    complete,
    passages,
    suite_name,
    tags_of,
    text_of,
)
from prompteval.interchange.source import Line


@dataclass(frozen=True, slots=True)
class Fields:
    """Which keys of a record are what; the first that is there and not null counts.

    `inputs` are taken with the name `input`, or by their keys where the value is an object. `named` are keys
    that are inputs of their own names. `silent` are keys that say nothing about a case: ids of the other
    tool, times, links. Every other key is a loss.
    """

    ids: tuple[str, ...] = ("id",)
    inputs: tuple[str, ...] = ("input",)
    named: tuple[str, ...] = ()
    expected: tuple[str, ...] = ("expected",)
    output: tuple[str, ...] = ("output",)
    context: tuple[str, ...] = ()
    gold: tuple[str, ...] = ()
    split: tuple[str, ...] = ("split",)
    cluster: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ("metadata", "tags")
    error: tuple[str, ...] = ("error",)
    silent: frozenset[str] = frozenset()

    def known(self) -> set[str]:
        """Every key that has a place, or needs none."""
        groups = (self.ids, self.inputs, self.named, self.expected, self.output, self.context, self.gold)
        more = (self.split, self.cluster, self.metadata, self.error, tuple(self.silent))
        return {key for group in (*groups, *more) for key in group}


Change = Callable[[Record, Record, Record, Imported, int], None]


def import_fields(
    path: Path, lines: Iterable[Line], fields: Fields, change: Change | None = None
) -> Imported:
    """One suite. `change` may add to a case and its output: (record, case, output, imported, line)."""
    imported = Imported(str(path))
    suite = ImportedSuite(suite_name(path.name.partition(".")[0]))
    ids, names, places = Ids(imported), InputNames(), {}
    known = fields.known()
    for line in lines:
        record = line.value
        case: Record = {"id": ids.take(first_of(record, fields.ids), line.number)}
        places[str(case["id"])] = line.number
        case["inputs"] = _inputs(record, fields, names, imported, line.number)
        output: Record = {"id": case["id"]}
        _fill(record, fields, case, output, imported, line.number)
        for key, value in record.items():
            if value not in (None, [], {}, "") and (key not in known or _is_second(record, key, fields)):
                imported.lose_key(line.number, key)
        if change is not None:
            change(record, case, output, imported, line.number)
        suite.cases.append(case)
        if "output" in output or "error" in output:
            suite.outputs.append(output)
    complete(suite, imported, places)
    imported.suites.append(suite)
    return imported.finish()


def first_of(record: Mapping[str, Json], keys: Iterable[str]) -> Json:
    """The first value that is there and not null."""
    return next((record[key] for key in keys if record.get(key) is not None), None)


def _is_second(record: Record, key: str, fields: Fields) -> bool:
    """Whether another key has the place of this one in the case, with another value."""
    for group in (fields.inputs, fields.expected, fields.output, fields.context, fields.gold):
        if key in group:
            return record[key] != first_of(record, group)
    return False


def _inputs(record: Record, fields: Fields, names: InputNames, imported: Imported, line: int) -> Json:
    value = first_of(record, fields.inputs)
    named = {names.of(key): _plain(record[key]) for key in fields.named if record.get(key) is not None}
    if isinstance(value, Mapping):
        return {**{names.of(key): _plain(item) for key, item in value.items()}, **named}
    chat = chat_messages(value)
    if chat is not None:
        said = "\n".join(f"{role}: {text}" for role, text in chat)
        return {"input": chat[0][1] if len(chat) == 1 else said, **named}
    if value is None and named:
        return named
    if value is None:
        imported.lose(line, "a record without an input", "the case has an empty one")
    return {"input": "" if value is None else _plain(value), **named}


def _plain(value: Json) -> Json:
    """A value of an input: text as it is, the rest as the text of its JSON, which a template can take."""
    import json

    if isinstance(value, str):
        return value
    text = text_of(value) if isinstance(value, list) else None
    return text if text is not None else json.dumps(value, ensure_ascii=False)


def _fill(
    record: Record, fields: Fields, case: Record, output: Record, imported: Imported, line: int
) -> None:
    expected = first_of(record, fields.expected)
    if expected is not None:
        case["expected"] = answer_of(expected)
    tags: dict[str, Json] = {}
    for key in fields.metadata:
        tags |= tags_of(record.get(key), imported, line, "")
    if tags:
        case["tags"] = tags
    for name, keys in (("split", fields.split), ("cluster", fields.cluster)):
        value = first_of(record, keys)
        if isinstance(value, Sequence) and not isinstance(value, str) and value:
            value = value[0]
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            case[name] = str(value)
    _fill_passages(record, fields, case, output, imported, line)
    given = first_of(record, fields.output)
    if given is not None:
        output["output"] = answer_of(given)
    elif isinstance(error := first_of(record, fields.error), str) and error:
        output["error"] = error


def _fill_passages(
    record: Record, fields: Fields, case: Record, output: Record, imported: Imported, line: int
) -> None:
    """The gold of a case and the context of its output; what is there and cannot be read is a loss."""
    gold = [item for item in passages(first_of(record, fields.gold)) if isinstance(item, Mapping)]
    if gold:
        case["gold"] = [[{"quote": item["text"]}] for item in gold if item["text"]]
    context = passages(first_of(record, fields.context))
    answered = first_of(record, fields.output) is not None
    if context and answered:
        output["context"] = context
    for keys, kept in ((fields.gold, bool(gold)), (fields.context, bool(context) and answered)):
        if not kept and first_of(record, keys) not in (None, "", [], {}):
            why = (
                "is not carried over without an output"
                if context and keys is fields.context
                else "is not a list of texts"
            )
            imported.lose(line, f"{keys[0]!r} {why}")


def answer_of(value: Json) -> Json:
    """An output or expected value: an object of one text is that text, of messages the last."""
    if isinstance(value, Mapping) and len(value) == 1:
        (only,) = value.values()
        return only if isinstance(only, str) else value
    chat = chat_messages(value)
    if chat is not None:
        return chat[-1][1]
    if isinstance(value, Mapping) and isinstance(value.get("role"), str):
        text = text_of(value.get("content"))
        return text if text is not None else value
    return value
