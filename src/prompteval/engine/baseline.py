"""Setting and showing baselines: a designated run whose scores later runs are compared with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from prompteval.analysis.baselines.file import (
    baseline_path,
    baseline_suites,
    baseline_text,
    read_baseline,
)
from prompteval.analysis.entries import case_marks, entry_columns, entry_measures
from prompteval.analysis.estimates import estimate
from prompteval.core.errors import UsageError
from prompteval.core.exit_codes import INCOMPLETE, INTERRUPTED
from prompteval.core.problem import did_you_mean
from prompteval.core.stored import StoredEntry
from prompteval.engine.stored import backend, ended, reading
from prompteval.engine.stored_entries import stored_entries
from prompteval.plan.run_options import narrowed
from prompteval.report.view import RunView
from prompteval.store.protocol import ResultsStore
from prompteval.store.records import RunRecord
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree
from prompteval.workspace.writing import make_directory, write_whole

LONGEST_NAME: Final = 100
# What means something else wherever a run is named.
_TAKEN: Final = re.compile(r"last|baseline|\d{8}-\d.*")
_NAME: Final = re.compile(rf"[a-z0-9][a-z0-9._-]{{0,{LONGEST_NAME - 1}}}")


@dataclass(frozen=True, slots=True)
class BaselineLine:
    """One entry of a baseline, as `baseline show` prints it. `values` has each metric's value."""

    suite: str
    prompt: str
    model: str
    cases: int
    values: dict[str, float | None]


def set_baselines(workspace: Workspace, run: str, suites: Sequence[str]) -> list[str]:
    """Write the baselines of a run's suites, of those named when any is; the paths that were written.

    Raises UsageError for a run that cannot be a baseline, and for an unknown suite.
    """
    with reading(workspace) as store:
        record, view = _comparable(workspace, store, run)
        known = [result.suite for result in view.results]
        for name in suites:
            if name not in known:
                raise UsageError(f"run {record.run_id} has no suite {name!r}", did_you_mean(name, known))
        entries = stored_entries(store, record, view.results)
        chosen = [name for name in dict.fromkeys(known) if not suites or name in suites]
        return [
            _write(workspace, name, baseline_text(record.run_id, [e for e in entries if e.suite == name]))
            for name in chosen
        ]


def name_baseline(workspace: Workspace, run: str, name: str) -> tuple[str, str]:
    """Call a run by a name in the store that holds it, for all who share that.

    Returns the ids of the run and of the one that had the name before, which is empty where none had it.

    Raises UsageError for a run that cannot be a baseline, and for what cannot be a name.
    """
    if _NAME.fullmatch(name) is None:
        fix = f"write at most {LONGEST_NAME} lower-case letters, digits, dots, dashes and underscores"
        raise UsageError(f"--name {name!r:.120} is not a name", fix)
    if _TAKEN.fullmatch(name):
        raise UsageError(f"--name {name!r} is how other runs are named", "write another, such as release-1")
    with closing(backend(workspace).open()) as store:
        run_id = _comparable(workspace, store, run)[0].run_id
        before = store.names().get(name, "")
        store.set_name(name, run_id)
    return run_id, before


def _comparable(workspace: Workspace, store: ResultsStore, run: str) -> tuple[RunRecord, RunView]:
    """A run that may be a baseline.

    Raises UsageError for a run that is unknown, unfinished, stopped early, of some of the cases or has
    failed cases, since a baseline with holes would let a later run pass that should not.
    """
    record, view = ended(workspace, store, run)
    if view.exit_code in (INCOMPLETE, INTERRUPTED):
        raise UsageError(f"run {record.run_id} is incomplete", view.reason)
    if any(result.saved for result in view.results):
        raise UsageError(f"run {record.run_id} stopped early", "run it without --stop-early")
    if narrowed(record.manifest.get("options")):
        message = f"run {record.run_id} has only some of the cases"
        raise UsageError(message, "run it without -k, --limit, --sample, --failed and --shard")
    return record, view


def _write(workspace: Workspace, suite: str, text: str) -> str:
    path = baseline_path(suite)
    file, root = workspace.root / path, workspace.root
    try:
        make_directory(file.parent, within=root)
        write_whole(file, [text.encode()], within=root)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    return path


def baseline_lines(workspace: Workspace, suites: Sequence[str]) -> list[BaselineLine]:
    """Every entry of the baselines, of the suites that are named. Raises UsageError for an unknown one."""
    tree = WorkingTree(workspace.root)
    known = baseline_suites(tree)
    for name in suites:
        if name not in known:
            raise UsageError(f"no baseline of {name!r}", did_you_mean(name, known))
    return [_line(entry) for name in (suites or known) for entry in read_baseline(tree, name)]


def _line(entry: StoredEntry) -> BaselineLine:
    measures = list(entry_measures(entry).values())
    ids = frozenset(case_marks(entry))
    columns = entry_columns(entry, measures, ids, ())
    values = {m.text: estimate(m, columns.of(m)).value for m in measures}
    return BaselineLine(entry.suite, entry.target, entry.model, len(ids), values)
