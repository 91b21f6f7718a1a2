"""What a log is compared with: a stored run, the committed baseline, or an earlier log."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from prompteval.analysis.baselines.file import baseline_entries
from prompteval.core.errors import UsageError
from prompteval.core.observation import Row
from prompteval.core.problem import did_you_mean
from prompteval.core.stored import RowFields, StoredEntry, StoredRow
from prompteval.core.strict_json import JsonObject
from prompteval.engine.stored import reading as reading_store
from prompteval.monitor.block import Block
from prompteval.monitor.fields import Reading, named_class
from prompteval.monitor.labels import LabelledRows, label_class, labelled_rows
from prompteval.monitor.names import FIELD
from prompteval.monitor.read_log import read_log
from prompteval.monitor.tally import Tally
from prompteval.store.predictions import POSTGRES
from prompteval.store.run_names import NAME_PREFIX
from prompteval.workspace.settings import Workspace
from prompteval.workspace.store_place import SQLITE, refuse_address

BASELINE = "baseline"
# Only a run and a baseline are of a workspace; a log is checked anywhere.
FindWorkspace = Callable[[], Workspace]
_AT_ONCE = 1_000


@dataclass(slots=True)
class Reference:
    """A reference's rows as a log's are kept; `lacks` names what it does not hold, with the reason."""

    name: str
    tally: Tally
    labelled: LabelledRows
    lacks: dict[str, str] = field(default_factory=dict)


def is_log(name: str) -> bool:
    """Whether a reference names a log: a database, a pattern, a file that is there or has the name of one.

    The name that a team gave a run may end as a log's does.
    """
    if name.startswith(NAME_PREFIX):
        return False
    if name == POSTGRES or name.startswith(SQLITE) or any(mark in name for mark in "*?[/"):
        return True
    return Path(name).is_file() or ".jsonl" in name or name.endswith(".gz")


def load_reference(
    name: str, reading: Reading, workspace: FindWorkspace, *, suite: str, labels: bool
) -> Reference:
    """The reference of that name; `labels` asks for its labelled rows.

    Raises UsageError for one that is not there, or of which several suites or no row could be meant.
    """
    refuse_address(name, "--reference")
    if is_log(name):
        whole = replace(reading, slices=(), since=None, oldest=None, confidence=False)
        found = read_log(name, whole)
        if not found.window.rows:
            help = did_you_mean(reading.prompt, found.prompt_names)
            raise UsageError(f"reference {name}: no row of prompt {reading.prompt!r}", help)
        return Reference(name, found.window, labelled_rows(name, whole) if labels else LabelledRows())
    if name == BASELINE:
        return _baseline(reading, workspace(), suite)
    with reading_store(workspace()) as store:
        record = store.run(name)
        rows = list(_chosen_rows(store.rows(record.run_id), reading, suite, f"run {record.run_id}"))
    tally, labelled = Tally(), LabelledRows()
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        raw = [_as_logged(row) for row in part]
        block = Block.of(raw, [0] * len(raw), reading)
        tally.add(block, reading)
        for row, predicted in zip(part, block.classes, strict=True):
            expected = _expected(row, reading.field)
            if expected is not None:
                labelled.add(expected, predicted, None, row.observation.confidence)
            value = next((score.value for score in row.scores if score.value is not None), None)
            if value is not None:
                labelled.scores.append(value)
    return Reference(f"run {record.run_id}", tally, labelled)


def run_outputs(name: str, reading: Reading, workspace: FindWorkspace, suite: str) -> list[JsonObject]:
    """The rows of a run as a log has them."""
    with reading_store(workspace()) as store:
        record = store.run(name)
        rows = store.rows(record.run_id)
        return [_as_logged(row) for row in _chosen_rows(rows, reading, suite, f"run {record.run_id}")]


def _chosen_rows(rows: Iterable[Row], reading: Reading, suite: str, what: str) -> Iterator[Row]:
    """The rows of one entry of a run: of the suite and the prompt that are named."""
    held = [row for row in rows if row.replicate == 0 and (not suite or row.suite == suite)]
    named = [row for row in held if not reading.prompt or row.target.partition("@")[0] == reading.prompt]
    entries = sorted({(row.suite, row.target, row.model) for row in named})
    if not entries:
        known = sorted({row.target.partition("@")[0] for row in held})
        help = did_you_mean(reading.prompt, known) or "name another run"
        raise UsageError(
            f"{what} has no row of prompt {reading.prompt!r}" if held else f"{what} has no rows", help
        )
    suites = sorted({entry[0] for entry in entries})
    if len(suites) > 1:
        raise UsageError(f"{what} has several suites: {', '.join(suites[:8])}", "name one with --suite")
    first = entries[0]
    yield from (row for row in named if (row.suite, row.target, row.model) == first)


def _as_logged(row: Row) -> JsonObject:
    """A row of a run as its line in a log would be."""
    seen = row.observation
    inputs = row.case.inputs
    return {
        "request_id": row.case.id,
        "prompt": row.target,
        "model": row.model,
        "fingerprint": row.fingerprint,
        "outcome": seen.outcome,
        "output": seen.output,
        "latency_ms": seen.latency_ms,
        "inputs": inputs if isinstance(inputs, dict) else {"input": inputs},
        "tags": dict(row.case.tags),
    }


def _expected(row: Row, name: str) -> str | None:
    """The label of a case; None where its expected value does not say."""
    expected = row.case.expected
    if expected is None or (name and isinstance(expected, dict) and name not in expected):
        return None
    return label_class(expected, name)


def _baseline(reading: Reading, workspace: Workspace, suite: str) -> Reference:
    """The committed baseline: predicted and expected classes by a scorer that compares them, no more."""
    entries = [
        entry
        for entry in baseline_entries(workspace, [suite] if suite else None)
        if not reading.prompt or entry.target.partition("@")[0] == reading.prompt
    ]
    if not entries:
        raise UsageError(f"no baseline of prompt {reading.prompt!r}", "`prompteval baseline set` creates one")
    suites = sorted({entry.suite for entry in entries})
    if len(suites) > 1:
        raise UsageError(f"several suites have a baseline: {', '.join(suites[:8])}", "name one with --suite")
    entry = entries[0]
    tally, labelled = Tally(), LabelledRows()
    for row in entry.rows(RowFields()):
        if row.replicate:
            continue
        pair = _pair(entry, row, reading.field)
        predicted = f"({row.outcome})" if row.outcome != "ok" else (pair[1] if pair else None)
        tally.rows += 1
        tally.failed += row.outcome == "error"
        if predicted is not None:
            tally.classes[predicted] += 1
        if pair is not None:
            tally.names.held.add(FIELD)
        if pair is not None and predicted is not None:
            labelled.add(pair[0], predicted, None)
        value = next((score.value for score in row.scores if score.value is not None), None)
        if value is not None:
            labelled.scores.append(value)
    lacks = {"inputs": "a baseline holds no inputs; name the run it was set from"}
    if not tally.classes:
        lacks["predictions"] = "no scorer of the baseline compares classes; name the run it was set from"
    return Reference(f"baseline of {entry.suite}", tally, labelled, lacks)


def _pair(entry: StoredEntry, row: StoredRow, name: str) -> tuple[str, str] | None:
    """(expected, predicted) by the scorer that reads the field; None where it compared nothing."""
    for score in row.scores:
        field = entry.facts.fields.get(score.name, "")
        if score.labels is not None and (not name or field in (name, "")):
            expected, predicted = score.labels
            return named_class(expected, ""), named_class(
                predicted if predicted is not None else "(none)", ""
            )
    return None
