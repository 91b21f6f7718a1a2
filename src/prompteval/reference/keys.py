"""The keys of suites, cases, results, settings and monitor files, from the models that read them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from prompteval.cases.schema import case_schema
from prompteval.plan.monitor_file import MonitorFile
from prompteval.plan.targets.outputs import RecordedOutput
from prompteval.reference.entry import Entry, Fact, Group, Syntax
from prompteval.reference.sample import OWN_NAME, Sampler, model_name
from prompteval.reference.value import default_of, in_words, option_of
from prompteval.workspace.settings_file import SettingsFile
from prompteval.workspace.suite_file import SuiteFile
from prompteval.workspace.validation import schema_of

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _File:
    """A file, or a part of one, whose keys are listed; `mapping` is the word of its format for an object."""

    title: str
    topic: str
    kind: str
    schema: Schema
    syntax: Syntax
    mapping: str


def key_groups() -> tuple[Group, ...]:
    """A group for each kind of file."""
    files = (
        _File(
            "Keys of a suite", "suites", "key of a suite",
            schema_of(SuiteFile, ""), "yaml", SuiteFile.mapping,
        ),
        _File("Keys of a case", "cases", "key of a case", case_schema(), "json", "an object"),
        _File(
            "Keys of a result", "results", "key of a result",
            schema_of(RecordedOutput, ""), "json", RecordedOutput.mapping,
        ),
        _File(
            "Keys of the settings", "settings", "key of the settings",
            schema_of(SettingsFile, ""), "toml", SettingsFile.mapping,
        ),
        _File(
            "Keys of a monitor file", "monitors", "key of a monitor file",
            schema_of(MonitorFile, ""), "yaml", MonitorFile.mapping,
        ),
    )  # fmt: skip
    return tuple(Group(file.title, file.topic, _entries(file)) for file in files)


def _entries(file: _File) -> tuple[Entry, ...]:
    """One entry a key; a part that is in several places is one entry with several names."""
    found: dict[tuple[str, str], Entry] = {}
    sampler = Sampler(file.schema, file.syntax)
    for model, path in _walk(file.schema, file.schema, "", (), ()):
        key, name = (model, path[-1]), ".".join(path)
        if key in found:
            found[key] = replace(found[key], others=(*found[key].others, name))
            continue
        owner = file.schema["$defs"][model] if model else file.schema
        found[key] = _entry(file, sampler, owner, path)
    return tuple(found.values())


def _walk(
    root: Schema, schema: Schema, model: str, path: tuple[str, ...], above: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(definition, path) of every key, each before those below it.

    What holds itself, or is the file once more, is not entered.
    """
    for key, value in schema["properties"].items():
        yield model, (*path, key)
        inner = model_name(value)
        if inner is None or inner in above:
            continue
        is_file = root["$defs"][inner]["properties"].keys() <= root["properties"].keys()
        if not is_file:
            own = (OWN_NAME,) if isinstance(value.get("additionalProperties"), dict) else ()
            yield from _walk(root, root["$defs"][inner], inner, (*path, key, *own), (*above, inner))


def _entry(file: _File, sampler: Sampler, owner: Schema, path: Sequence[str]) -> Entry:
    value = owner["properties"][path[-1]]
    inner = model_name(value)
    below = file.schema["$defs"][inner]["properties"] if inner is not None else {}
    facts = [Fact("value", in_words(value, file.mapping))]
    about = str(value.get("description", ""))
    if path[-1] in owner.get("required", ()):
        facts.append(Fact("required", "yes"))
    elif (default := default_of(value)) and "[default:" not in about:
        facts.append(Fact("default", default))
    return Entry(
        name=".".join(path),
        kind=file.kind,
        about=about,
        facts=tuple(facts),
        options=tuple(option_of(key, one, file.mapping) for key, one in below.items()),
        example=sampler.example(path),
    )
