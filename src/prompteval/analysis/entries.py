"""One (suite, target, model) of one side, whose rows can be read again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from prompteval.analysis.columns.entry_columns import EntryColumns, collect
from prompteval.analysis.columns.reported import Need
from prompteval.core.errors import UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.metrics.names import parse_metric
from prompteval.metrics.table import metric_spec
from prompteval.plan.measures import Measure, reads_target
from prompteval.report.view import ResultView
from prompteval.store.results import RunRecord, SqliteStore

_VERSION = re.compile(r"@v\d+\Z")
# (case id, replicate, outcome, latency, confidence, case JSON, scores JSON, ...): what a store gives.
StoredRow = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class CompareEntry:
    """One entry of one side.

    `run_id` is None for a baseline. `rows` gives the stored rows anew, by case id and replicate;
    its argument says whether what the target reported of itself is needed. `texts` gives the
    outputs of some cases. `result` holds latency and usage, None for a baseline. `facts` are the
    manifest's words on the suite (fingerprints of cases and scorers, metrics, slices).
    """

    run_id: str | None
    suite: str
    reference: str
    fingerprint: str
    model: str
    facts: Mapping[str, Any]
    rows: Callable[[bool], Iterator[StoredRow]]
    texts: Callable[[Sequence[str]], Mapping[str, str]] = lambda ids: {}
    tokens: Callable[[], tuple[int | None, int | None]] = lambda: (None, None)
    result: ResultView | None = None

    @property
    def name(self) -> str:
        """The target's name without its version: what two entries pair by."""
        return _VERSION.sub("", self.reference)

    @property
    def title(self) -> str:
        return f"{self.suite}  {self.reference}  {self.model}"

    @property
    def usable(self) -> int:
        """How many cases the entry has an answer for, be it an invalid one."""
        if self.result is not None:
            return self.result.cases["scored"] + self.result.cases["invalid"]
        return sum(outcome != "error" for _, outcome in self.marks().values())

    def measures(self) -> dict[str, Measure]:
        """The metrics of the entry, by their text."""
        found = {}
        for text, scorer in self.facts["measures"]:
            name = parse_metric(text)
            spec = metric_spec(name)
            if spec.kind != "breakdown" and (scorer or spec.source.kind == "logprobs"):
                found[text] = Measure(text, name, spec, scorer)
        return found

    def columns(self, measures: Sequence[Measure], ids: frozenset[str], tags: Sequence[str]) -> EntryColumns:
        """What the metrics read of the cases with these ids."""
        fields = self.facts["fields"]
        needs: dict[Need, str] = {
            (m.scorer, m.spec.source): fields.get(m.scorer, "")
            for m in measures
            if m.spec.source.kind != "values"
        }
        scorers = list(dict.fromkeys(m.scorer for m in measures if m.scorer))
        rows = (row for row in self.rows(reads_target(needs)) if row[0] in ids)
        return collect(rows, scorers, tags, keep_ids=True, needs=needs)

    def marks(self) -> dict[str, tuple[str, str]]:
        """Case id to (mark of inputs and expected, worst outcome of its repeats)."""
        found = {}
        for case_id, group in groupby(self.rows(False), key=lambda row: row[0]):
            rows = list(group)
            outcome = "error" if any(row[2] == "error" for row in rows) else str(rows[0][2])
            found[str(case_id)] = (case_mark(rows[0][5]), outcome)
        return found


def stored_entries(
    store: SqliteStore, record: RunRecord, results: Sequence[ResultView]
) -> list[CompareEntry]:
    """The entries of a stored run, which `store` must outlive.

    Raises UsageError for a run from before runs could be compared.
    """
    return [_stored_entry(store, record, result) for result in results]


def _stored_entry(store: SqliteStore, record: RunRecord, result: ResultView) -> CompareEntry:
    facts = record.manifest["suites"][result.suite]
    if "measures" not in facts:
        raise UsageError(f"run {record.run_id} is from an older prompteval", "run it again to compare it")
    key = (record.run_id, result.suite, result.prompt, result.model)

    def rows(reported: bool) -> Iterator[StoredRow]:
        return store.score_columns(*key, reported=reported)

    return CompareEntry(
        run_id=record.run_id,
        suite=result.suite,
        reference=result.prompt,
        fingerprint=result.fingerprint,
        model=result.model,
        facts=facts,
        rows=rows,
        texts=lambda ids: store.texts(*key, ids),
        tokens=lambda: store.tokens(*key),
        result=result,
    )


def case_mark(case_json: str) -> str:
    """A short digest of a stored case's inputs and expected value: cases are the same when it is."""
    body = json.loads(case_json)
    if "mark" in body:  # a baseline keeps the mark instead of the case
        return str(body["mark"])
    wanted = [body.get(key) for key in ("inputs", "expected", "gold", "answers", "answerable")]
    return fingerprint(wanted).removeprefix("sha256:")[:16]
