"""The shards of a run, joined: one run with all their rows, which decides the gates."""

import heapq
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from prompteval.core.environment import remember_environment
from prompteval.core.errors import PromptevalError, UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.core.observation import Row
from prompteval.core.text import counted
from prompteval.engine.copying import copy_attempts, copy_rows
from prompteval.engine.files import Files
from prompteval.engine.resume import changes
from prompteval.engine.run import Ending, decide_stored, new_run_id
from prompteval.engine.run_ending import now
from prompteval.engine.same_run import asked_of, difference
from prompteval.plan.jobs import Job, entries_of, plan_jobs, plan_suites, plans_of
from prompteval.plan.manifest import manifest
from prompteval.plan.run_options import RunOptions, shard_of
from prompteval.plan.shard import Shard
from prompteval.report.view import RunView
from prompteval.store.backend import open_backend
from prompteval.store.protocol import Backend, ResultsStore
from prompteval.store.records import RunRecord
from prompteval.workspace.safe_paths import STATE_DIR
from prompteval.workspace.settings import Workspace
from prompteval.workspace.store_place import RESULTS, StorePlace

# Parts of one run begin together; a store may hold one of an earlier run with the same content.
HOURS_APART: Final = 6
# Of so many contents, the newest, a store is searched for the one that the workspace has.
MOST_CONTENTS: Final = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One shard's run, in the store that has it; `content` is the hash of what it is a part of."""

    place: StorePlace
    store: ResultsStore
    record: RunRecord
    shard: Shard
    content: str

    @property
    def title(self) -> str:
        return f"shard {self.shard} (run {self.record.run_id} in {self.place})"


def merge_shards(
    workspace: Workspace,
    sources: Sequence[StorePlace],
    note: Callable[[str], None],
    *,
    output: StorePlace | None = None,
    inconclusive_fails: bool = False,
) -> RunView:
    """One run from the shards in some stores, in any order, decided by the suites as they are here.

    It goes into `output`, by default the workspace's own store. A shard that is not there makes it
    incomplete. What two stores have of the same case counts once. `note` takes a line for each part, which
    says when it began, and one more where they are of different times.
    Raises UsageError where the shards are not parts of one run, where the workspace has other content than
    they had, and where two results of a case differ.
    """
    remember_environment()
    with ExitStack() as stack:
        parts = [part for place in sources for part in _parts(_opened(place, stack), place)]
        for place in sources:
            if all(part.place != place for part in parts):
                raise UsageError(f"{place}: no run of a shard", "make one by `prompteval run --shard 1/4`")
        first, options, jobs, made_from = _planned(workspace, parts, inconclusive_fails)
        parts = _of_one_run(parts, sources, first)
        for line in _joined_from(parts):
            note(line)
        if changed := changes(parts[0].record.manifest, made_from):
            message = f"{parts[0].title} does not fit the content of this workspace: {'; '.join(changed)}"
            raise UsageError(message, "check out the commit that the shards ran, or run them again")
        for _ in _joined(parts):  # what is damaged or differs is refused before anything is written
            pass
        made_from["merged"] = [[str(part.shard), part.record.run_id] for part in parts]
        own, run_id = open_backend(output or workspace.store_place(), workspace.state_path()), new_run_id()
        stack.enter_context(_whole_or_gone(own, run_id))
        store = own.open()
        files = Files(workspace.state_dir(), store, None, None)
        stack.callback(files.close)
        store.begin_run(run_id, made_from, now())
        _copy(parts, store, run_id)
        view = decide_stored(workspace, options, files, store.run(run_id), jobs, Ending(_lacking(parts)))
    return replace(view, rows=partial(_rows, own, run_id))


@contextmanager
def _whole_or_gone(own: Backend, run_id: str) -> Iterator[None]:
    """A run that is not whole, since something ended the work, is removed: `--resume` would run its cases."""
    try:
        yield
    except BaseException:
        with suppress(PromptevalError):
            own.delete_runs([run_id])
        raise


def _opened(place: StorePlace, stack: ExitStack) -> ResultsStore:
    """The store at a place, or in the directory there. Raises UsageError where there is none."""
    if (path := place.file) is not None:
        files = [one for one in (path, path / RESULTS, path / STATE_DIR / RESULTS) if one.is_file()]
        if not files:
            raise UsageError(f"{path}: no results database", f"name a {RESULTS}, or a directory that has one")
        place = StorePlace(files[0])
    store = open_backend(place, Path()).open(readonly=True)
    stack.callback(store.close)
    return store


def _parts(store: ResultsStore, place: StorePlace) -> Iterator[Part]:
    """The shards among the runs of a store, of each content the last of each, the newest first."""
    seen = set[tuple[Shard, str]]()
    records = store.runs()
    for record in records:
        if record.damage or (shard := shard_of(record.manifest.get("options"))) is None:
            continue
        part = Part(place, store, record, shard, _content(record))
        if (shard, part.content) not in seen:
            seen.add((shard, part.content))
            yield part
    if not seen:
        for record in records:
            store.refuse_damaged(record)


def _content(record: RunRecord) -> str:
    """Of what a shard is a part: a store that a team shares has shards of several contents."""
    return fingerprint([record.manifest.get("suites"), record.manifest.get("entries"), asked_of(record)])


def _planned(
    workspace: Workspace, parts: Sequence[Part], inconclusive_fails: bool
) -> tuple[Part, RunOptions, list[Job], dict[str, Any]]:
    """The newest part of the workspace's content, else the newest of all; with what it would run here."""
    newest = sorted(parts, key=lambda part: part.record.started, reverse=True)
    one_each: dict[str, Part] = {}
    for part in newest:
        one_each.setdefault(part.content, part)
    for part in [*one_each.values()][:MOST_CONTENTS]:
        try:
            found = _plan(workspace, part, inconclusive_fails)
        except PromptevalError:  # of a suite that is not here
            continue
        if not changes(part.record.manifest, found[2]):
            return part, *found
    return newest[0], *_plan(workspace, newest[0], inconclusive_fails)


def _plan(
    workspace: Workspace, part: Part, inconclusive_fails: bool
) -> tuple[RunOptions, list[Job], dict[str, Any]]:
    """Options, jobs and manifest of the run that a part is of, by the content of the workspace."""
    stored = {**part.record.manifest["options"]}
    stored.pop("shard")
    options = replace(RunOptions().selecting(stored), inconclusive_fails=inconclusive_fails)
    jobs = plan_jobs(plan_suites(workspace, options), options)
    return options, jobs, manifest(workspace, plans_of(jobs), entries_of(jobs), options.as_json())


def _of_one_run(parts: Sequence[Part], sources: Sequence[StorePlace], first: Part) -> list[Part]:
    """The parts that go with the first, by their numbers. Raises UsageError where a store has none."""
    same: dict[tuple[StorePlace, Shard], Part] = {}
    for part in parts:
        if part.shard.of == first.shard.of and not difference(first.record, part.record):
            same.setdefault((part.place, part.shard), part)  # the newest is the first of its store
    for place in sources:
        if all(part.place != place for part in same.values()):
            other = next(part for part in parts if part.place == place)
            why = difference(first.record, other.record) or f"it is one of {other.shard.of}"
            raise UsageError(f"{other.title} does not go with {first.title}: {why}", "run the shards again")
    return sorted(same.values(), key=lambda part: (part.shard.number, part.record.run_id))


def _joined_from(parts: Sequence[Part]) -> Iterator[str]:
    """Which runs are joined, and a warning where their times are too far apart for parts of one run."""
    for part in parts:
        state, started = "began" if part.record.finished else "has not ended, began", part.record.started[:19]
        yield f"shard {part.shard}: run {part.record.run_id} {state} {started}, in {part.place}"
    starts = [datetime.fromisoformat(part.record.started) for part in parts]
    if (hours := (max(starts) - min(starts)).total_seconds() / 3600) > HOURS_APART:
        yield f"warning: the shards began up to {hours:.0f} hours apart; is each of them of the same run?"


def _lacking(parts: Sequence[Part]) -> str:
    """Which shards are not there, as a sentence; empty where all are."""
    total = parts[0].shard.of
    missing = sorted(set(range(1, total + 1)) - {part.shard.number for part in parts})
    if not missing:
        return ""
    names = ", ".join(f"{number}/{total}" for number in missing[:10])
    more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
    return f"{counted(len(missing), 'shard')} {'is' if len(missing) == 1 else 'are'} missing: {names}{more}"


def _copy(parts: Sequence[Part], store: ResultsStore, run_id: str) -> None:
    """The rows and the attempts of all parts, under one run."""
    copy_rows(_joined(parts), store, run_id)
    number = 0
    for part in parts:
        number += copy_attempts(part.store, part.record.run_id, store, run_id, number)
    store.flush()


def _joined(parts: Sequence[Part]) -> Iterator[Row]:
    """Every row once, in the order of their keys. Raises UsageError where two of one key differ."""

    def of(part: Part) -> Generator[tuple[tuple[Any, ...], Part, Row], None, None]:
        with closing(part.store.rows(part.record.run_id)) as rows:
            for row in rows:
                yield (row.suite, row.target, row.model, row.case.id, row.replicate), part, row

    with ExitStack() as stack:
        every = [stack.enter_context(closing(of(part))) for part in parts]
        yield from _once(heapq.merge(*every, key=lambda found: found[0]))


def _once(merged: Iterable[tuple[tuple[Any, ...], Part, Row]]) -> Iterator[Row]:
    """Of the rows of one key the first that is an answer."""
    for key, group in groupby(merged, key=lambda found: found[0]):
        found = list(group)
        answered = [one for one in found if one[2].observation.outcome != "error"] or found[:1]
        _, first, row = answered[0]
        for _, other, again in answered[1:]:
            if _answer(row) != _answer(again):
                message = f"case {key[3]!r} has different results in {first.title} and {other.title}"
                help = (
                    "leave one of the two stores out, or remove one of the two runs by `prompteval runs rm`"
                )
                raise UsageError(message, help)
        yield row


def _answer(row: Row) -> Mapping[str, object]:
    """What two results of a case have in common where they are equal: not their time, nor their calls."""
    seen = row.observation
    return {
        "fingerprint": row.fingerprint, "case": row.case, "outcome": seen.outcome, "text": seen.text,
        "output": seen.output,
        "scores": [(one.name, one.value, one.status, one.passed, one.turn) for one in row.scores],
    }  # fmt: skip


def _rows(own: Backend, run_id: str) -> Iterator[Row]:
    with closing(own.open(readonly=True)) as store:
        yield from store.rows(run_id)
