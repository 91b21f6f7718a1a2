"""Baselines: the scores of a designated run, in a file that is committed and gives small diffs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError

from prompteval.analysis.baselines.form import USUAL, Entry, Facts, first_error, stored_row
from prompteval.analysis.entries import CompareEntry, StoredRow, case_mark
from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem
from prompteval.plan.measures import reads_target
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import Tree, WorkingTree

SCHEMA = "prompteval/baseline@1"
FOLDER = "evals/baselines"


def baseline_path(suite: str) -> str:
    """Where the baseline of a suite lies, from the workspace's root."""
    return f"{FOLDER}/{suite}.json"


def baseline_suites(tree: Tree) -> list[str]:
    """The suites that have a baseline, by name."""
    found = (path.removeprefix(f"{FOLDER}/") for path in tree.list(FOLDER) if path.endswith(".json"))
    return sorted(name.removesuffix(".json") for name in found if "/" not in name)


def baseline_text(run_id: str, entries: Sequence[CompareEntry]) -> str:
    """The file of one suite: a head, then one line a case and replicate, by id."""
    head = {"schema": SCHEMA, "suite": entries[0].suite, "run_id": run_id}
    bodies = [_entry_text(entry) for entry in sorted(entries, key=lambda e: (e.reference, e.model))]
    return _with_list(head, "entries", bodies) + "\n"


def _entry_text(entry: CompareEntry) -> str:
    facts = {key: entry.facts[key] for key in Facts.model_fields}
    head = {"prompt": entry.reference, "fingerprint": entry.fingerprint, "model": entry.model, "facts": facts}
    rows = [json.dumps(row, sort_keys=True, separators=(",", ":")) for row in _kept(entry)]
    return _with_list(head, "rows", rows)


def _with_list(head: Mapping[str, Any], name: str, items: Sequence[str]) -> str:
    """A JSON object, indented, whose last value is a list with an item a line."""
    shown = json.dumps(head, sort_keys=True, indent=1).removesuffix("\n}")
    joined = ",\n".join(items)
    return f'{shown},\n "{name}": [\n{joined}\n ]\n}}'


def _kept(entry: CompareEntry) -> Iterator[list[Any]]:
    """Of each row what a comparison reads: no inputs, no outputs, no times, no reasons."""
    measures = entry.measures().values()
    sources = {(m.scorer, m.spec.source) for m in measures if m.spec.source.kind != "values"}
    keys = {"expected", "given"} | {source.key for _, source in sources if source.kind == "evidence"}
    wanted = {scorer for scorer, source in sources if source.kind in ("numbers", "evidence")}
    reported = reads_target(sources)
    for row in entry.rows(reported):
        case_id, replicate, outcome, _, confidence, case, scores = row[:7]
        body = json.loads(case)
        facts = {key: body[key] for key in ("tags", "cluster") if body.get(key)}
        kept = [_score(score, keys if score[0] in wanted else set()) for score in json.loads(scores or "[]")]
        line = [case_id, replicate, case_mark(case), outcome, facts, kept]
        yield [*line, confidence, *_reported(row[7:10])] if reported else line


def _score(score: list[Any], keys: set[str]) -> list[Any]:
    """A stored score without its reason and without the evidence that no metric reads."""
    whole = [*score, *USUAL[len(score) - 2 :]]
    whole[4] = ""
    whole[5] = {key: value for key, value in whole[5].items() if key in keys}
    while len(whole) > 2 and whole[-1] == USUAL[len(whole) - 3]:
        whole.pop()
    return whole


def _reported(row: Sequence[Any]) -> list[Any]:
    details, logprobs, tokens = row
    known = json.loads(details) if details else {}
    kept = {key: known[key] for key in ("confidence", "probabilities") if key in known}
    return [kept, json.loads(logprobs) if logprobs else None, tokens]


def baseline_entries(workspace: Workspace, suites: Sequence[str] | None = None) -> list[CompareEntry]:
    """The entries of the baselines of these suites, of all when None.

    Raises UsageError where there is none, InvalidInput for a file that is no baseline.
    """
    tree = WorkingTree(workspace.root)
    names = baseline_suites(tree) if suites is None else suites
    if not names:
        raise UsageError("there is no baseline yet", "`prompteval baseline set` makes one of a run")
    return [entry for name in names for entry in read_baseline(tree, name)]


def read_baseline(tree: Tree, suite: str) -> list[CompareEntry]:
    """The entries of one baseline file; none where the suite has no baseline.

    Raises InvalidInput for a file that is no baseline, or is of a newer version.
    """
    path = baseline_path(suite)
    if not tree.exists(path):
        return []
    try:
        raw = json.loads(tree.read(path), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        line, col = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        told = "it is nested too deep" if isinstance(error, RecursionError) else getattr(error, "msg", error)
        raise InvalidInput([_broken(path, line, col, f"is no JSON: {told}")]) from None
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA or not isinstance(raw.get("entries"), list):
        raise InvalidInput([_broken(path, 1, 1, f"is no baseline of the form {SCHEMA}")])
    found: dict[tuple[str, str], CompareEntry] = {}
    for number, body in enumerate(raw["entries"], 1):
        try:
            entry = _entry(suite, body)
            if (entry.reference, entry.model) in found:
                raise ValueError(f"{entry.reference} with {entry.model} stands there twice")
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            told = first_error(error) if isinstance(error, ValidationError) else error
            raise InvalidInput([_broken(path, 1, 1, f"entry {number} is broken: {told}")]) from None
        found[entry.reference, entry.model] = entry
    return list(found.values())


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _broken(path: str, line: int, col: int, message: str) -> Problem:
    return Problem(path, line, col, "PE260", message, "make it anew: `prompteval baseline set`")


def _entry(suite: str, body: Any) -> CompareEntry:
    """An entry whose every metric can be read. Raises what reading it raises."""
    checked = Entry.model_validate(body)
    stored: dict[tuple[str, int], StoredRow] = {}
    for number, line in enumerate(checked.rows, 1):
        try:
            row = stored_row(line)
        except ValueError as error:
            told = first_error(error) if isinstance(error, ValidationError) else error
            raise ValueError(f"row {number}: {told}") from None
        if (row[0], row[1]) in stored:
            raise ValueError(f"row {number}: case {row[0]!r} has replicate {row[1]} twice")
        stored[row[0], row[1]] = row
    rows = [stored[key] for key in sorted(stored)]
    facts = checked.facts.model_dump(mode="json")
    entry = CompareEntry(
        None, suite, checked.prompt, checked.fingerprint, checked.model, facts, rows=partial(_rows, rows)
    )
    measures = entry.measures()
    entry.columns(list(measures.values()), frozenset(row[0] for row in rows), facts["slices"])
    return entry


def _rows(stored: Sequence[StoredRow], reported: bool) -> Iterator[StoredRow]:
    return iter(stored)
