"""Logs of Inspect: `.json`, or `.eval`, which is a ZIP of `header.json` and one file a sample."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.interchange.imported import Imported, ImportedSuite, Json, Record
from prompteval.interchange.records import Ids, chat_messages, complete, milliseconds, suite_name, tags_of
from prompteval.interchange.source import Line, decoded, read_archive, read_json, read_records, records_of

_SILENT = frozenset({
    "id", "epoch", "input", "target", "messages", "output", "metadata", "error", "choices", "uuid",
    "model_usage", "events", "store", "total_time", "working_time", "attachments", "files", "sandbox",
    "setup", "started_at", "completed_at", "role_usage", "timelines",
    "turn_count", "events_data",
})  # fmt: skip


def read(path: Path) -> Imported:
    """One suite of recorded outputs. Repeats of a sample (epochs) become replicates; scores are losses."""
    imported = Imported(str(path))
    header, lines = _archive(path) if zipfile.is_zipfile(path) else _document(path)
    task = header.get("eval")
    name = str(task.get("task", "")) if isinstance(task, Mapping) else ""
    suite = ImportedSuite(suite_name(name.rpartition("/")[2] or path.stem))
    ids: dict[str, str] = {}
    takes = Ids(imported)
    places: dict[str, int] = {}
    for line in lines:
        key = json.dumps(line.value.get("id"))
        if key not in ids:
            ids[key] = takes.take(line.value.get("id"), line.number)
            places[ids[key]] = line.number
            suite.cases.append(_case(line, ids[key], imported))
        row = _output(line, ids[key], imported)
        if row is not None:
            suite.outputs.append(row)
    _scorers(header, imported)
    complete(suite, imported, places)
    imported.suites.append(suite)
    return imported.finish()


def _document(path: Path) -> tuple[Record, Iterator[Line]]:
    whole = read_json(path)
    if not isinstance(whole, Mapping) or not isinstance(whole.get("samples"), list):
        help = "name a log that has its samples"
        raise InvalidInput([Problem(str(path), 1, 1, "PI100", "the log has no list of samples", help)])
    return dict(whole), read_records(path, "samples")


def _archive(path: Path) -> tuple[Record, Iterator[Line]]:
    files = read_archive(path)
    header: Json = decoded(files["header.json"], f"{path}:header.json") if "header.json" in files else {}
    names = sorted(name for name in files if name.startswith("samples/") and name.endswith(".json"))
    if not names:
        raise InvalidInput([Problem(str(path), 0, 0, "PI100", "the archive holds no samples")])
    lines = (line for name in names for line in records_of(f"[{files[name]}]", f"{path}:{name}", ()))
    return dict(header) if isinstance(header, Mapping) else {}, lines


def _case(line: Line, case_id: str, imported: Imported) -> Record:
    record = line.value
    chat = chat_messages(record.get("input"))
    if isinstance(record.get("input"), str):
        said: str = str(record["input"])
    elif chat is not None:
        said = chat[0][1] if len(chat) == 1 else "\n".join(f"{role}: {text}" for role, text in chat)
    else:
        said = ""
        imported.lose(line.number, f"sample {case_id!r}: its input is more than text", path=line.path)
    inputs: Record = {"input": said}
    if isinstance(record.get("choices"), list) and record["choices"]:
        inputs["choices"] = json.dumps(record["choices"], ensure_ascii=False)
    case: Record = {"id": case_id, "inputs": inputs}
    target = record.get("target")
    if isinstance(target, list) and len(target) == 1:
        target = target[0]
    if isinstance(target, list) and target:
        case["answers"] = [str(item) for item in target]
    elif isinstance(target, str) and target:
        case["expected"] = target
    tags = tags_of(record.get("metadata"), imported, line.number)
    if tags:
        case["tags"] = tags
    for key in record.keys() - _SILENT - {"scores", "score", "limit", "invalidation", "error_retries"}:
        imported.lose_key(line.number, key)
    return case


def _output(line: Line, case_id: str, imported: Imported) -> Record | None:
    record = line.value
    epoch = record.get("epoch", 1)
    row: Record = {"id": case_id}
    if isinstance(epoch, int) and epoch > 1:
        row["replicate"] = epoch - 1
    given = record.get("output")
    given = given if isinstance(given, Mapping) else {}
    error = record.get("error")
    if isinstance(error, Mapping) and error.get("message"):
        return {**row, "error": str(error["message"])}
    text = given.get("completion")
    if not isinstance(text, str):
        choices = given.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else {}
        chat = (
            chat_messages([first["message"]]) if isinstance(first, Mapping) and "message" in first else None
        )
        text = chat[0][1] if chat else None
    if not isinstance(text, str):
        return None
    row["output"] = text
    if isinstance(given.get("model"), str) and given["model"]:
        row["model"] = given["model"]
    if (took := milliseconds(given.get("time"))) is not None:
        row["latency_ms"] = took
    usage = given.get("usage")
    if isinstance(usage, Mapping):
        asked, answered = usage.get("input_tokens"), usage.get("output_tokens")
        if isinstance(asked, int) and isinstance(answered, int):
            row["usage"] = {"prompt_tokens": asked, "completion_tokens": answered}
    return row


def _scorers(header: Record, imported: Imported) -> None:
    """The scorers of the log: what was used there is said, and is chosen again in the suite."""
    results = header.get("results")
    scores = results.get("scores") if isinstance(results, Mapping) else None
    for score in scores if isinstance(scores, list) else []:
        name = score.get("scorer", score.get("name")) if isinstance(score, Mapping) else None
        if name not in ("exact", "match", None):
            imported.lose(
                0, f"scorer {name!r} of the log: the suite scores by `exact`", "choose another in the suite"
            )
