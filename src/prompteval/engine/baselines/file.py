"""Baselines: the scores of a designated run, in a file that is committed and gives small diffs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem
from prompteval.engine.compare.entries import CompareEntry, StoredRow, case_mark
from prompteval.engine.measures import reads_target
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import Tree, WorkingTree

SCHEMA = "prompteval/baseline@1"
FOLDER = "evals/baselines"
_ENTRY_KEYS = ("prompt", "fingerprint", "model", "facts", "rows")
# What of the manifest's words on a suite a later comparison reads.
_FACTS = ("cases", "scorers", "fields", "measures", "primary", "effects", "slices", "split", "on_error")


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
    facts = {key: entry.facts[key] for key in _FACTS}
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
    whole = [*score, *[None, None, "scored", None, "", {}, "end_to_end", 0.0, 1.0][len(score) :]]
    whole[4] = ""
    whole[5] = {key: value for key, value in whole[5].items() if key in keys}
    usual = [..., ..., "scored", None, "", {}, "end_to_end", 0.0, 1.0]
    while len(whole) > 2 and whole[-1] == usual[len(whole) - 1]:
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
        raw = json.loads(tree.read(path))
    except ValueError as error:
        line, col = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        raise InvalidInput(
            [_broken(path, line, col, f"is no JSON: {getattr(error, 'msg', error)}")]
        ) from None
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA or not isinstance(raw.get("entries"), list):
        raise InvalidInput([_broken(path, 1, 1, f"is no baseline of the form {SCHEMA}")])
    try:
        return [_entry(suite, body) for body in raw["entries"]]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InvalidInput([_broken(path, 1, 1, f"is no baseline of the form {SCHEMA}: {error!r}")]) from None


def _broken(path: str, line: int, col: int, message: str) -> Problem:
    return Problem(path, line, col, "PE260", message, "make it anew: `prompteval baseline set`")


def _entry(suite: str, body: Mapping[str, Any]) -> CompareEntry:
    prompt, fingerprint, model, facts, rows = (body[key] for key in _ENTRY_KEYS)
    stored = sorted((_row(line) for line in rows), key=lambda row: (row[0], row[1]))
    return CompareEntry(None, suite, prompt, fingerprint, model, facts, rows=partial(_rows, stored))


def _rows(stored: Sequence[StoredRow], reported: bool) -> Iterator[StoredRow]:
    return iter(stored)


def _row(line: Sequence[Any]) -> StoredRow:
    """A line of the file as the store gives a row."""
    case_id, replicate, mark, outcome, facts, scores = line[:6]
    case = json.dumps({"mark": mark, **facts}, separators=(",", ":"))
    confidence, details, logprobs, tokens = line[6:10] if len(line) > 6 else (None, None, None, None)
    told = [None if value is None else json.dumps(value) for value in (details, logprobs)]
    return (str(case_id), int(replicate), outcome, 0.0, confidence, case, json.dumps(scores), *told, tokens)
