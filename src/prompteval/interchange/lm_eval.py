"""Samples that lm-eval writes with `--log_samples`: one a line, with document, target and replies."""

import json
from collections.abc import Mapping
from pathlib import Path

from prompteval.interchange.imported import Imported, ImportedSuite, Json, Record
from prompteval.interchange.records import Ids, complete, suite_name, whole_number
from prompteval.interchange.source import read_records

_SILENT = frozenset({
    "doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash",
    "prompt_hash", "target_hash",
})  # fmt: skip


def read(path: Path) -> Imported:
    """One suite of recorded outputs: of the first filter, where a sample was filtered in several ways.

    A task of choices has the place of the likeliest as its output, and the target's as expected.
    """
    imported = Imported(str(path))
    suite = ImportedSuite(suite_name(path.name.partition(".")[0].removeprefix("samples_")))
    ids, places = Ids(imported), {}
    first_filter: Json = None
    for line in read_records(path):
        record = line.value
        first_filter = record.get("filter") if first_filter is None else first_filter
        if record.get("filter") != first_filter:
            imported.lose(
                line.number, f"filter {record.get('filter')!r}: only {first_filter!r} is carried over"
            )
            continue
        case: Record = {"id": ids.take(record.get("doc_id"), line.number)}
        places[str(case["id"])] = line.number
        output = _answer(record.get("filtered_resps"))
        case["inputs"] = {"input": _prompt(record, imported, line.number)}
        target = record.get("target")
        if target is not None:
            case["expected"] = target if isinstance(output, int) or isinstance(target, str) else str(target)
            if isinstance(output, int) and isinstance(target, str):
                case["expected"] = target if (number := whole_number(target)) is None else number
        names = record.get("metrics")
        scored = [str(name) for name in names] if isinstance(names, list) else []
        for key in record.keys() - _SILENT - set(scored):
            if not isinstance(record[key], int | float):  # a figure of the other tool's own
                imported.lose_key(line.number, key)
        suite.cases.append(case)
        if output is not None:
            suite.outputs.append({"id": case["id"], "output": output})
    complete(suite, imported, places)
    imported.suites.append(suite)
    return imported.finish()


def _prompt(record: Record, imported: Imported, line: int) -> str:
    """The text that was asked: the first argument of the first request, else the document."""
    arguments = record.get("arguments")
    if isinstance(arguments, Mapping):
        first = next(iter(arguments.values()), None)
        text = first.get("arg_0") if isinstance(first, Mapping) else None
    else:
        first = arguments[0] if isinstance(arguments, list) and arguments else None
        text = first[0] if isinstance(first, list) and first else None
    if isinstance(text, str):
        return text
    document = record.get("doc")
    if document is None:
        imported.lose(line, "a sample without a request or a document", "the case has an empty input")
    return json.dumps(document, ensure_ascii=False) if document is not None else ""


def _answer(replies: Json) -> Json:
    """The text of a generated reply; of log-likelihoods the place of the greatest."""
    if not isinstance(replies, list) or not replies:
        return None
    pairs = [reply for reply in replies if isinstance(reply, list) and len(reply) == 2]
    if len(pairs) == len(replies) and len(pairs) > 1:
        values = [_number(pair[0]) for pair in pairs]
        return max(range(len(values)), key=values.__getitem__)
    first = replies[0]
    first = first[0] if isinstance(first, list) and first else first
    return first if isinstance(first, str | int | float) else None


def _number(value: Json) -> float:
    try:
        return float(value) if isinstance(value, int | float | str) else float("-inf")
    except ValueError:
        return float("-inf")
