"""What is asked of one (suite, target, model): its metrics, its columns, the marks of its cases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from prompteval.analysis.columns.entry_columns import EntryColumns, build_columns, units_of
from prompteval.analysis.columns.reported import Need
from prompteval.core.stored import RowFields, StoredEntry
from prompteval.metrics.names import parse_metric
from prompteval.metrics.table import metric_spec
from prompteval.plan.measures import Measure, reads_target

_VERSION = re.compile(r"@v\d+\Z")


def name_of(entry: StoredEntry) -> str:
    """The target's name without its version: what two entries pair by."""
    return _VERSION.sub("", entry.target)


def title_of(entry: StoredEntry) -> str:
    """`suite  prompt@v2  model`."""
    return f"{entry.suite}  {entry.target}  {entry.model}"


def usable_cases(entry: StoredEntry) -> int:
    """How many cases the entry has an answer for, be it an invalid one."""
    if entry.usable is not None:
        return entry.usable
    return sum(outcome != "error" for _, outcome in case_marks(entry).values())


def entry_measures(entry: StoredEntry) -> dict[str, Measure]:
    """The metrics of the entry, by their text."""
    found = {}
    for text, scorer in entry.facts.measures:
        name = parse_metric(text)
        spec = metric_spec(name)
        if spec.kind != "breakdown" and (scorer or spec.source.of_row):
            found[text] = Measure(text, name, spec, scorer)
    return found


def entry_columns(
    entry: StoredEntry,
    measures: Sequence[Measure],
    ids: frozenset[str],
    tags: Sequence[str],
    units: Mapping[str, int] | None = None,
) -> EntryColumns:
    """What the metrics read of the cases with these ids, with as many `units` of each as both sides have."""
    needs: dict[Need, str] = {
        (m.scorer, m.spec.source): entry.facts.fields.get(m.scorer, "")
        for m in measures
        if m.spec.source.kind != "values"
    }
    scorers = list(dict.fromkeys(m.scorer for m in measures if m.scorer))
    rows = (row for row in entry.rows(RowFields(reported=reads_target(needs))) if row.case_id in ids)
    return build_columns(rows, scorers, tags, keep_ids=True, needs=needs, units=units)


def common_units(a: StoredEntry, b: StoredEntry, ids: frozenset[str]) -> dict[str, int]:
    """How many units each case has on the side where it has more: turns, where a scorer scores several."""
    found: dict[str, int] = {}
    for entry in (a, b):
        rows = (row for row in entry.rows(RowFields()) if row.case_id in ids)
        for case_id, group in groupby(rows, key=attrgetter("case_id")):
            count = len(units_of(list(group)))
            if count > 1:
                found[case_id] = max(count, found.get(case_id, 1))
    return found


def case_marks(entry: StoredEntry) -> dict[str, tuple[str, str]]:
    """Case id to (mark of inputs and expected, worst outcome of its repeats)."""
    found: dict[str, tuple[str, str]] = {}
    for case_id, group in groupby(entry.rows(RowFields(mark=True)), key=attrgetter("case_id")):
        rows = list(group)
        outcome = "error" if any(row.outcome == "error" for row in rows) else rows[0].outcome
        found[str(case_id)] = (rows[0].mark, outcome)
    return found
