"""Entries of stored runs with the labels of people beside the scores of judges."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from prompteval.analysis.judges.rows import with_labels
from prompteval.core.errors import PromptevalError
from prompteval.core.stored import RowFields, StoredEntry, StoredRow
from prompteval.plan.judge_files import JudgeFiles
from prompteval.plan.suite_plan import plan_suite
from prompteval.store.results import RunRecord
from prompteval.workspace.settings import Workspace

Judges = Mapping[str, JudgeFiles]


def labelled(entry: StoredEntry, judges: Judges) -> StoredEntry:
    """The entry whose rows say of each judged output what people say of it."""
    if not judges:
        return entry

    def rows(fields: RowFields) -> Iterator[StoredRow]:
        return with_labels(entry.rows(fields), judges, entry.target, entry.model)

    return replace(entry, rows=rows)


def labelled_entries(
    workspace: Workspace, record: RunRecord, entries: Sequence[StoredEntry]
) -> list[StoredEntry]:
    """The entries of a run, with today's labels where a metric of their suite is corrected by them."""
    known: dict[str, Judges] = {}
    for entry in entries:
        if entry.suite not in known:
            known[entry.suite] = _judges(workspace, record, entry)
    return [labelled(entry, known[entry.suite]) for entry in entries]


def _judges(workspace: Workspace, record: RunRecord, entry: StoredEntry) -> Judges:
    if not any("corrected=" in text for text, _ in entry.facts.measures):
        return {}
    try:
        return plan_suite(workspace, record.manifest["suites"][entry.suite]["path"]).judge_files
    except (PromptevalError, OSError):  # the suite is gone, or broken: its stored scores still compare
        return {}
