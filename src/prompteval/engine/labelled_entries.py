"""Entries of stored runs with the labels of people beside judges' scores, and what judges may decide."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from prompteval.analysis.entries import entry_measures
from prompteval.analysis.judges.calibrated import labelled_rows
from prompteval.analysis.judges.standing import Standing, standings, undecided_metrics
from prompteval.core.errors import PromptevalError
from prompteval.core.stored import RowFields, StoredEntry, StoredRow
from prompteval.plan.judge_files import JudgeFiles
from prompteval.plan.suite_plan import SuitePlan, plan_suite
from prompteval.store.records import RunRecord
from prompteval.workspace.settings import Workspace

Judges = Mapping[str, JudgeFiles]


def labelled(entry: StoredEntry, judges: Judges) -> StoredEntry:
    """The entry whose rows say of each judged output what people say of it."""
    if not judges:
        return entry

    def rows(fields: RowFields) -> Iterator[StoredRow]:
        return labelled_rows(entry.rows(fields), judges, entry.target, entry.model)

    return replace(entry, rows=rows)


def labelled_entries(
    workspace: Workspace, record: RunRecord, entries: Sequence[StoredEntry]
) -> list[StoredEntry]:
    """The entries of a run, with today's labels and calibrations where their suite has judges.

    Labels are read where a metric is corrected by them; a metric of a judge that may not decide is held back.
    """
    plans: dict[str, SuitePlan | None] = {}
    return [_with_judges(workspace, record, entry, plans) for entry in entries]


def _with_judges(
    workspace: Workspace, record: RunRecord, entry: StoredEntry, plans: dict[str, SuitePlan | None]
) -> StoredEntry:
    ran = {name: str(options["judge"]) for _, name, options in entry.facts.scorers if "judge" in options}
    if not ran:
        return entry
    if entry.suite not in plans:
        plans[entry.suite] = _plan(workspace, record, entry)
    plan = plans[entry.suite]
    if plan is None:
        reason = f"the suite {entry.suite} cannot be read, so its judges have no calibration"
        measures = entry_measures(entry).items()
        return replace(entry, held_back={name: reason for name, one in measures if one.scorer in {"", *ran}})
    found = {name: _of_run(record, name, ran, one, plan) for name, one in standings(plan).items()}
    held = replace(entry, held_back=undecided_metrics(entry_measures(entry), plan, found))
    corrected = any("corrected=" in text for text, _ in entry.facts.measures)
    return labelled(held, plan.judge_files) if corrected else held


def _of_run(record: RunRecord, name: str, ran: Mapping[str, str], one: Standing, plan: SuitePlan) -> Standing:
    """What a judge may decide of a run; nothing where it is another judge today."""
    if ran.get(name) in (None, plan.judge_files[name].fingerprint):
        return one
    why = f"the judge {name} changed since run {record.run_id}; run {plan.suite.name} again"
    return Standing(name, why)


def _plan(workspace: Workspace, record: RunRecord, entry: StoredEntry) -> SuitePlan | None:
    try:
        return plan_suite(workspace, record.manifest["suites"][entry.suite]["path"])
    except (PromptevalError, OSError):  # the suite is gone, or broken: its stored scores still compare
        return None
