"""Logged rows as golden cases: redacted, with where they came from, and none that is there already."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.fingerprint import canonical_json, fingerprint_bytes
from prompteval.core.prediction import Feedback, Prediction, record_from_json, record_of_line
from prompteval.core.problem import Collector
from prompteval.core.strict_json import JsonObject
from prompteval.monitor.labels import log_feedback, log_lines
from prompteval.monitor.pick import Picked, PickRules, pick_rows
from prompteval.pii.redact import redact
from prompteval.pii.values import masked_value
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.safe_paths import check_regular

_ID_DIGITS: Final = 12
SOURCE: Final = "log"


@dataclass(frozen=True, slots=True)
class GrownCases:
    """The lines of a case file, and what was done: by reason, duplicates left out, what was masked."""

    lines: Sequence[str]
    picks: Mapping[str, int]
    unlabelled: int
    duplicates: int
    masked: Mapping[str, int]


def grown_cases(
    log: str,
    rules: PickRules,
    *,
    labels: Path | None = None,
    existing: Iterable[object] = (),
    prompt: str = "",
    since: float | None = None,
) -> GrownCases:
    """Cases from a log; `existing` are the inputs of cases that are there.

    Labels come from the log's feedback and from `labels`, which wins. Raises UsageError where no row holds
    its inputs, InvalidInput for a file of labels that is wrong.
    """
    feedback = dict(log_feedback(log)[0])
    if labels is not None:
        feedback |= read_labels(labels)
    counted = _Counted()
    picked = pick_rows(counted.rows(log, prompt, since), feedback, rules)
    if counted.total and not counted.with_inputs:
        raise UsageError(
            f"log {log}: no row holds its inputs",
            "serve with --log-inputs redacted, or full, to grow cases from it",
        )
    field = rules.field or _only_field(picked)
    seen = {_key(inputs) for inputs in existing}
    lines: list[str] = []
    picks: Counter[str] = Counter()
    masked: Counter[str] = Counter()
    duplicates = unlabelled = 0
    for one in picked:
        inputs = _redacted(one.row.inputs, masked)
        key = _key(inputs)
        if key in seen:
            duplicates += 1
            continue
        seen.add(key)
        case = _case(one, inputs, field)
        picks[one.pick] += 1
        unlabelled += "expected" not in case
        lines.append(json.dumps(case, ensure_ascii=False) + "\n")
    return GrownCases(lines, picks, unlabelled, duplicates, masked)


@dataclass(slots=True)
class _Counted:
    """Rows of a log as they are read, counted."""

    total: int = 0
    with_inputs: int = 0

    def rows(self, log: str, prompt: str, since: float | None) -> Iterator[Prediction]:
        for line in log_lines(log):
            try:
                record = record_of_line(line)
            except ValueError:
                continue
            if not isinstance(record, Prediction) or (prompt and record.prompt.partition("@")[0] != prompt):
                continue
            if since is not None and record.time < since:
                continue
            self.total += 1
            self.with_inputs += record.inputs is not None
            yield record


def read_labels(path: Path) -> dict[str, Feedback]:
    """Labels by request id from a file of lines `{"request_id", "label" or "score"}`.

    A line of the log's own feedback is one of these. Raises InvalidInput with each line that is wrong.
    """
    found: dict[str, Feedback] = {}
    problems = Collector(str(path))
    check_regular(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"--labels {path}: {error.strerror}") from None
    for number, raw in read_jsonl(file, str(path), problems.add):
        try:
            record = record_from_json({"feedback": True, **raw} if isinstance(raw, dict) else raw)
            if isinstance(record, Feedback):
                found[record.request_id] = record
        except ValueError as error:
            help = '{"request_id": "...", "label": "..."}'
            problems.add(number, 1, "PE604", f"not a label: {error}", help)
    if problems.found:
        raise InvalidInput(problems.found)
    return found


def _case(one: Picked, inputs: object, field: str) -> JsonObject:
    row = one.row
    case: JsonObject = {"id": f"{SOURCE}-{_digest(row.request_id)}", "inputs": inputs}
    if one.said is not None and one.said.label is not None:
        case["expected"] = _expected(one.said.label, row.output, field)
    case["tags"] = {
        "source": SOURCE,
        "picked": one.pick,
        "predicted": one.predicted,
        "prompt": row.prompt,
        "model": row.model,
        "day": datetime.fromtimestamp(row.time, UTC).strftime("%Y-%m-%d"),
        "request_id": row.request_id,
    }
    return case


def _only_field(picked: Iterable[Picked]) -> str:
    """The field that each output is made of, those of failed calls left out; empty where there is none."""
    outputs = [one.row.output for one in picked if one.row.output is not None]
    fields = {tuple(output) if isinstance(output, Mapping) else () for output in outputs}
    only = fields.pop() if len(fields) == 1 else ()
    return str(only[0]) if len(only) == 1 else ""


def _expected(label: object, output: object, field: str) -> object:
    """A label in the form of the output: of its field, where it is a field's."""
    if isinstance(label, Mapping) or isinstance(output, str):
        return label
    if isinstance(output, Mapping) and len(output) == 1 and not field:
        return {next(iter(output)): label}
    return {field: label} if field else label


def _redacted(value: object, masked: Counter[str]) -> object:
    """A value with its personal data masked, counted by kind."""

    def mask(text: str) -> str:
        found = redact(text)
        masked.update(span.kind for span in found.spans)
        return found.text

    return masked_value(value, mask)


def _key(inputs: object) -> str:
    """What equal inputs have in common: their JSON after NFKC, without case and runs of white space."""
    text = unicodedata.normalize("NFKC", json.dumps(inputs, ensure_ascii=False, sort_keys=True, default=str))
    return fingerprint_bytes(" ".join(text.replace("\\n", " ").casefold().split()).encode("utf-8", "replace"))


def _digest(request_id: str) -> str:
    return fingerprint_bytes(canonical_json(request_id).encode()).partition(":")[2][:_ID_DIGITS]
