"""OpenAI evals: samples `{"input": messages or text, "ideal": text or texts}`, or a file of the registry."""

from collections.abc import Mapping
from pathlib import Path

from prompteval.interchange.imported import Imported, ImportedPrompt, ImportedSuite, Json, Record
from prompteval.interchange.openai_registry import decide_as, evaluations
from prompteval.interchange.records import Ids, chat_messages, complete, suite_name
from prompteval.interchange.source import read_records

_KNOWN = frozenset(
    {"id", "sample_id", "input", "ideal", "item", "completion", "sampled", "output", "tags", "split"}
)


def read(path: Path) -> Imported:
    """One suite of a file of samples, or of each evaluation of a file of the registry."""
    imported = Imported(str(path))
    if path.suffix not in (".yaml", ".yml"):
        imported.suites.append(_suite(path, suite_name(path.name.partition(".")[0]), imported))
        return imported.finish()
    for one in evaluations(path, imported):
        suite = _suite(one.samples, suite_name(one.name), imported, one.kind)
        imported.suites.append(suite)
    return imported.finish()


def _suite(path: Path, name: str, imported: Imported, kind: str = "") -> ImportedSuite:
    """The suite of some samples, scored as the tool does where `kind` says how.

    A system message that all samples share is the prompt's; `ideal` is what is expected.
    """
    suite = ImportedSuite(name)
    ids, places, systems, ideals = Ids(imported), {}, set(), {}
    for line in read_records(path, "samples", "data"):
        item = line.value.get("item")
        record = {**line.value, **item} if isinstance(item, dict) else line.value
        case: Record = {"id": ids.take(record.get("id", record.get("sample_id")), line.number)}
        places[str(case["id"])] = line.number
        system, said = _input(record.get("input"))
        if said is None:
            imported.lose(
                line.number, "the input is neither text nor messages of text", "the case has an empty one"
            )
        systems.add(system)
        case["inputs"] = {"input": said or "", **({"system": system} if system else {})}
        ideal = record.get("ideal")
        ideals[str(case["id"])] = list(ideal) if isinstance(ideal, list) else [ideal]
        if isinstance(ideal, list) and all(isinstance(text, str) for text in ideal) and len(ideal) != 1:
            case["answers"] = ideal
        elif ideal is not None:
            case["expected"] = ideal[0] if isinstance(ideal, list) else ideal
        for key in record.keys() - _KNOWN:
            imported.lose_key(line.number, key)
        suite.cases.append(case)
        given = record.get("sampled", record.get("completion", record.get("output")))
        if given is not None:
            suite.outputs.append({"id": case["id"], "output": given})
    _set_prompt(suite, systems)
    if kind and _are_texts(ideals):
        decide_as(suite, kind, ideals)
    elif kind:
        imported.lose(0, "a right answer is not a text; exact decides", "write a scorer for it", str(path))
    complete(suite, imported, places)
    return suite


def _are_texts(ideals: Mapping[str, list[Json]]) -> bool:
    return all(isinstance(text, str) for texts in ideals.values() for text in texts)


def _input(value: object) -> tuple[str, str | None]:
    """(system message, what the user and the examples say) of an input; None for what is not text."""
    if isinstance(value, str):
        return "", value
    messages = chat_messages(value)  # type: ignore[arg-type]
    if messages is None:
        return "", None
    system = "\n".join(text for role, text in messages if role in ("system", "developer"))
    rest = [(role, text) for role, text in messages if role not in ("system", "developer")]
    said = rest[0][1] if len(rest) == 1 else "\n".join(f"{role}: {text}" for role, text in rest)
    return system, said


def _set_prompt(suite: ImportedSuite, systems: set[str]) -> None:
    if suite.outputs:
        return
    if systems == {""} or not systems:
        suite.prompt = ImportedPrompt((("user", "{{ input }}"),), ("input",))
    elif len(systems) == 1:
        (system,) = systems
        for case in suite.cases:
            case["inputs"] = {"input": case["inputs"]["input"]}  # type: ignore[index,call-overload]
        raw = (
            system
            if not any(mark in system for mark in ("{{", "{%", "{#"))
            else f"{{% raw %}}{system}{{% endraw %}}"
        )
        suite.prompt = ImportedPrompt((("system", raw), ("user", "{{ input }}")), ("input",))
    else:
        for case in suite.cases:
            case["inputs"] = {"system": "", **case["inputs"]}  # type: ignore[dict-item]
        suite.prompt = ImportedPrompt(
            (("system", "{{ system }}"), ("user", "{{ input }}")), ("system", "input")
        )
