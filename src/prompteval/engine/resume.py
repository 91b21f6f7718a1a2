"""Going on with a run that did not end: the same selection, the same content, the rest of the cases."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.plan.run_options import RunOptions, Selection
from prompteval.plan.shard_runs import resume_hint
from prompteval.store.protocol import ResultsStore
from prompteval.store.records import RunRecord

LAST = "last"
# What must be as it was; metrics and gates are computed again from all rows.
_FIXED = ("path", "cases", "targets", "scorers", "split")


@dataclass(frozen=True, slots=True)
class Resumed:
    """A run to continue, and the options it was started with."""

    record: RunRecord
    options: RunOptions


def find_resumable(store: ResultsStore, options: RunOptions) -> Resumed:
    """The run that `options.resume` names, with its own selection in the options.

    Raises UsageError when there is none, when it is complete, and when the command line selects
    something as well.
    """
    if (
        options.suites
        or options.models
        or options.prompts
        or options.repeat
        or options.stop_early
        or options.shard
        or options.selection != Selection()
    ):
        raise UsageError("--resume uses the selection of the run it continues", "leave the others out")
    if options.resume == LAST:
        found = store.run(_last_unfinished(store))
    else:
        found = store.run(options.resume or LAST)
        if not is_unfinished(found):
            raise UsageError(f"run {found.run_id} is complete", "`prompteval run` starts a new one")
    if not _by_run(found):
        message = f"run {found.run_id} was not made by `prompteval run` and cannot be continued"
        raise UsageError(message, "`prompteval compare` takes finished calls from the cache")
    return Resumed(found, replace(options.selecting(found.manifest["options"]), resume=found.run_id))


def _last_unfinished(store: ResultsStore) -> str:
    """The id of the last run that may continue. Raises DamagedRun for a later one that is unreadable."""
    for record in store.runs():
        store.refuse_damaged(record)
        if is_unfinished(record) and _by_run(record) and not record.manifest.get("side"):
            return record.run_id
    raise UsageError("no unfinished run", "`prompteval run` starts a new one")


def _by_run(record: RunRecord) -> bool:
    """Whether `prompteval run` made it: a side of a comparison keeps no selection."""
    return record.manifest.get("options") is not None


def refuse_on_cluster(record: RunRecord) -> None:
    """Raise UsageError for a run whose rows are still in its shards: one process would run them again."""
    if "cluster" in record.manifest:
        message = f"run {record.run_id} was begun on a cluster, and its rows are there"
        raise UsageError(message, resume_hint(record.run_id, record.manifest))


def is_unfinished(record: RunRecord) -> bool:
    """Whether cases may be missing: it was killed, interrupted, or ended incomplete."""
    return record.verdict is None or record.verdict == "incomplete"


def refuse_changed(record: RunRecord, now: Mapping[str, Any]) -> None:
    """Raise UsageError naming what changed since the run began: old and new are never mixed."""
    changed = changes(record.manifest, now)
    if changed:
        message = f"run {record.run_id} cannot be continued, since content changed: {'; '.join(changed)}"
        raise UsageError(message, "restore it, or start a new run")


def changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two manifests in content that rows depend on, a clause each."""
    changed = []
    for name, before in then["suites"].items():
        after = now["suites"].get(name)
        if after is None:
            changed.append(f"suite {name} was removed")
            continue
        for key in _FIXED:
            if before.get(key) != after.get(key):
                said = _scorers if key == "scorers" else _short
                changed.append(f"{name}: {key} {said(before.get(key))} became {said(after.get(key))}")
    before, after = ({" ".join(entry) for entry in entries} for entries in (then["entries"], now["entries"]))
    changed += [f"{entry} is no longer run" for entry in sorted(before - after)]
    changed += [f"{entry} is new" for entry in sorted(after - before)]
    changed += [f"suite {name} is new" for name in now["suites"] if name not in then["suites"]]
    return changed


def _scorers(stored: object) -> str:
    """Scorers as a manifest has them, (kind, name, options) each, by their names and what was set."""
    if not isinstance(stored, list | tuple):
        return _short(stored)
    said = []
    for kind, name, options in stored:
        more = [kind] if kind != name else []
        more += [_short(options)] if options else []
        said.append(f"{name} ({', '.join(more)})" if more else str(name))
    return ", ".join(said) or "none"


def _short(value: object) -> str:
    """A fingerprint by its first characters; a table by those of its values."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_short(mark)}" for name, mark in value.items())
    text = str(value)
    return text[:15] if text.startswith("sha256:") else text
