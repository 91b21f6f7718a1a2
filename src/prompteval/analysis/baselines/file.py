"""Baselines: the scores of a designated run, in a file that is committed and gives small diffs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from pydantic import ValidationError

from prompteval.analysis.entries import entry_columns, entry_measures
from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem
from prompteval.core.stored import RowFields, StoredEntry, StoredRow
from prompteval.core.strict_json import refuse_constant, unique_object
from prompteval.plan.measures import reads_target
from prompteval.store.baseline_form import BaselineEntry, first_error, row_from, row_line
from prompteval.store.suite_facts_form import facts_from, facts_json
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import Tree, WorkingTree

SCHEMA = "prompteval/baseline@1"
DIRECTORY = "evals/baselines"


def baseline_path(suite: str) -> str:
    """Where the baseline of a suite lies, from the workspace's root."""
    return f"{DIRECTORY}/{suite}.json"


def baseline_suites(tree: Tree) -> list[str]:
    """The suites that have a baseline, by name."""
    found = (path.removeprefix(f"{DIRECTORY}/") for path in tree.list(DIRECTORY) if path.endswith(".json"))
    return sorted(name.removesuffix(".json") for name in found if "/" not in name)


def baseline_text(run_id: str, entries: Sequence[StoredEntry]) -> str:
    """The file of one suite: a head, then one line a case and replicate, by id."""
    head = {"schema": SCHEMA, "suite": entries[0].suite, "run_id": run_id}
    bodies = [_entry_text(entry) for entry in sorted(entries, key=lambda e: (e.target, e.model))]
    return _with_list(head, "entries", bodies) + "\n"


def _entry_text(entry: StoredEntry) -> str:
    head = {
        "prompt": entry.target,
        "fingerprint": entry.fingerprint,
        "model": entry.model,
        "facts": facts_json(entry.facts),
    }
    rows = [json.dumps(row, sort_keys=True, separators=(",", ":")) for row in _kept(entry)]
    return _with_list(head, "rows", rows)


def _with_list(head: Mapping[str, object], name: str, items: Sequence[str]) -> str:
    """A JSON object, indented, whose last value is a list with an item a line."""
    shown = json.dumps(head, sort_keys=True, indent=1).removesuffix("\n}")
    joined = ",\n".join(items)
    return f'{shown},\n "{name}": [\n{joined}\n ]\n}}'


def _kept(entry: StoredEntry) -> Iterator[list[object]]:
    measures = entry_measures(entry).values()
    sources = {(m.scorer, m.spec.source) for m in measures if m.spec.source.kind != "values"}
    keys = {"expected", "given"} | {source.key for _, source in sources if source.kind == "evidence"}
    scorers = {scorer for scorer, source in sources if source.kind in ("numbers", "evidence")}
    reported = reads_target(sources)
    spent = sorted({source.key for _, source in sources if source.kind == "spent"})
    for row in entry.rows(RowFields(reported=reported, mark=True)):
        yield row_line(row, scorers, keys, reported=reported, spent=spent)


def baseline_entries(workspace: Workspace, suites: Sequence[str] | None = None) -> list[StoredEntry]:
    """The entries of the baselines of these suites, of all when None.

    Raises UsageError where there is none, InvalidInput for a file that is not a baseline.
    """
    tree = WorkingTree(workspace.root)
    names = baseline_suites(tree) if suites is None else suites
    if not names:
        raise UsageError("no baseline yet", "`prompteval baseline set` creates one from a run")
    return [entry for name in names for entry in read_baseline(tree, name)]


def baseline_run(tree: Tree, suite: str) -> str:
    """The run that a baseline was made of, by its id.

    Raises UsageError where the suite has no baseline, InvalidInput for a file that is not one.
    """
    if not read_baseline(tree, suite):
        raise UsageError(
            f"the suite {suite} has no baseline", "`prompteval baseline set` creates one from a run"
        )
    raw = json.loads(tree.read(baseline_path(suite)))
    return str(raw.get("run_id", ""))


def read_baseline(tree: Tree, suite: str) -> list[StoredEntry]:
    """The entries of one baseline file; none where the suite has no baseline.

    Raises InvalidInput for a file that is not a baseline, is of a newer version or of another suite.
    """
    path = baseline_path(suite)
    if not tree.exists(path):
        return []
    try:
        raw = json.loads(tree.read(path), parse_constant=refuse_constant, object_pairs_hook=unique_object)
    except (ValueError, RecursionError) as error:
        line, col = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        message = (
            "it is nested too deeply" if isinstance(error, RecursionError) else getattr(error, "msg", error)
        )
        raise InvalidInput([_broken(path, line, col, f"is not JSON: {message}")]) from None
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA or not isinstance(raw.get("entries"), list):
        raise InvalidInput([_broken(path, 1, 1, f"is not a baseline of the form {SCHEMA}")])
    if raw.get("suite") != suite:
        raise InvalidInput([_broken(path, 1, 1, f"is the baseline of another suite, {raw.get('suite')!r}")])
    found: dict[tuple[str, str], StoredEntry] = {}
    for number, body in enumerate(raw["entries"], 1):
        try:
            entry = _entry(suite, body)
            if (entry.target, entry.model) in found:
                raise ValueError(f"{entry.target} with {entry.model} is a duplicate entry")
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            message = first_error(error) if isinstance(error, ValidationError) else error
            raise InvalidInput([_broken(path, 1, 1, f"entry {number} is broken: {message}")]) from None
        found[entry.target, entry.model] = entry
    return list(found.values())


def _broken(path: str, line: int, col: int, message: str) -> Problem:
    return Problem(path, line, col, "PE260", message, "create it again: `prompteval baseline set`")


def _entry(suite: str, body: object) -> StoredEntry:
    """An entry whose every metric can be read. Raises what reading it raises."""
    checked = BaselineEntry.model_validate(body)
    stored: dict[tuple[str, int], StoredRow] = {}
    for number, line in enumerate(checked.rows, 1):
        try:
            row = row_from(line)
        except ValueError as error:
            message = first_error(error) if isinstance(error, ValidationError) else error
            raise ValueError(f"row {number}: {message}") from None
        if (row.case_id, row.replicate) in stored:
            raise ValueError(f"row {number}: case {row.case_id!r} has two rows of replicate {row.replicate}")
        stored[row.case_id, row.replicate] = row
    rows = [stored[key] for key in sorted(stored)]
    entry = StoredEntry(
        None,
        suite,
        checked.prompt,
        checked.fingerprint,
        checked.model,
        facts_from(checked.facts.model_dump(mode="json")),
        rows=partial(_rows, rows),
    )
    measures = list(entry_measures(entry).values())
    entry_columns(entry, measures, frozenset(row.case_id for row in rows), entry.facts.slices)
    return entry


def _rows(stored: Sequence[StoredRow], fields: RowFields) -> Iterator[StoredRow]:
    return iter(stored)
