"""A whole comparison: both sides opened, what must be run is run, entries paired, metrics decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from prompteval.analysis.baselines.file import baseline_entries
from prompteval.analysis.comparison.options import CompareOptions
from prompteval.analysis.comparison.pairing import pair_entries
from prompteval.analysis.comparison.results import compare_pairs
from prompteval.analysis.comparison.rules import check_entries, check_plans
from prompteval.analysis.comparison.sentence import sentence
from prompteval.analysis.entries import title_of
from prompteval.core.errors import NoResults, NothingSelected, UsageError
from prompteval.core.exit_codes import INCOMPLETE, INTERRUPTED
from prompteval.core.observation import Row
from prompteval.core.stored import StoredEntry
from prompteval.core.verdict import ComparisonVerdict
from prompteval.engine.before_run import refuse_unready_side
from prompteval.engine.compare.live import LivePlans, leave_out_unchanged, like_stored, plan_side
from prompteval.engine.compare.missing_suites import missing_suites, refuse_unknown, suites_of
from prompteval.engine.compare.sides import Side
from prompteval.engine.labelled_entries import labelled_entries
from prompteval.engine.progress import Progress
from prompteval.engine.run import run_suites
from prompteval.engine.stored import ended, kept_exchanges, reading, thumbnails
from prompteval.engine.stored_entries import stored_entries
from prompteval.plan.run_options import RunOptions, shard_of
from prompteval.report.comparison.view import ComparedResult, ComparisonView, IncompleteEntry
from prompteval.report.result_view import ResultView
from prompteval.store.protocol import ResultsStore
from prompteval.workspace.discovery import suite_name
from prompteval.workspace.settings import Workspace


@dataclass(slots=True)
class _Opened:
    """A side: what it was asked for, what of it is run now, its entries.

    `suites` are those that it has, run here or not. `alone` names suites that the other side cannot
    have; `incomplete` says why its run is, `missing` are its results then.
    """

    side: Side
    live: LivePlans | None = None
    entries: list[StoredEntry] = field(default_factory=list)
    suites: frozenset[str] = frozenset()
    alone: list[str] = field(default_factory=list)
    incomplete: str = ""
    missing: tuple[ResultView, ...] = ()


@contextmanager
def comparison(
    workspace: Workspace, a: Side, b: Side, options: CompareOptions, running: RunOptions, progress: Progress
) -> Iterator[ComparisonView]:
    """The comparison of B against A; the outputs behind it can be read while the context is open.

    Live sides are run with `running` (the cache serves what is known) and stored as runs of their
    own. Raises UsageError for a side that does not exist, InvalidInput for what is wrong in the
    files, NothingSelected when two stored sides have nothing in common. All of it before the first call.
    """
    with _store_of(workspace) as store:
        sides = tuple(
            _open(workspace, store, side, other, options, running) for side, other in ((a, b), (b, a))
        )
        first, second = sides
        for opened, other in (sides, sides[::-1]):
            opened.suites = suites_of(
                workspace, opened.side, other.side, opened.live, opened.entries, options
            )
        refuse_unknown(first.suites, second.suites, options)
        lost = missing_suites(first.suites, second.suites, options.removed)
        unchanged = _leave_out(*sides)
        check_plans(second.live.plans.values() if second.live is not None else (), options)
        if first.live is not None:
            check_entries([e for e in second.entries if e.suite in first.live.plans], options)
        for opened in sides:
            if opened.live is not None:
                refuse_unready_side(workspace, opened.live.plans.values(), running)
        for opened in sides:
            if opened.live is not None and opened.live.plans:
                _run(workspace, opened, opened.live, running, progress)
        _note_absent(sides)
        with _store_of(workspace) as fresh:
            for opened in sides:
                _read_run(workspace, fresh, opened)
            view = _decide(sides, unchanged, lost, options)
            exchanges = partial(kept_exchanges, workspace)
            images = thumbnails(workspace).data_url
            rows = partial(_rows, fresh, view.results)
            yield replace(view, rows=rows, exchanges=exchanges, thumbnails=images)


def stored_side(workspace: Workspace, side: Side, options: CompareOptions) -> tuple[Side, list[StoredEntry]]:
    """A side that is not run, with its entries; a run by its id, which no later run takes from it.

    The entries' rows cannot be read any more. Raises as `comparison`.
    """
    with _store_of(workspace) as store:
        opened = _open(workspace, store, side, Side("working"), options, RunOptions())
    if side.kind != "run":
        return side, opened.entries
    return Side("run", opened.entries[0].run_id or side.value), opened.entries


@contextmanager
def _store_of(workspace: Workspace) -> Iterator[ResultsStore | None]:
    with ExitStack() as stack:
        try:
            store = stack.enter_context(reading(workspace))
        except NoResults:
            yield None
            return
        yield store


def _open(
    workspace: Workspace,
    store: ResultsStore | None,
    side: Side,
    other: Side,
    options: CompareOptions,
    running: RunOptions,
) -> _Opened:
    """What is stored of a side, or what must be run."""
    if side.is_live:
        return _Opened(side, live=plan_side(workspace, side, other, options.suites, running.models))
    if side.kind == "baseline":
        return _Opened(side, entries=_chosen(side, baseline_entries(workspace), options))
    if store is None:
        raise UsageError("no runs yet", "`prompteval run` creates one")
    opened = _Opened(side)
    _read(workspace, store, opened, side.value, options)
    return opened


def _read(
    workspace: Workspace, store: ResultsStore, opened: _Opened, run: str, options: CompareOptions
) -> None:
    record, view = ended(workspace, store, run)
    entries = labelled_entries(workspace, record, stored_entries(store, record, view.results))
    opened.entries = _chosen(opened.side, entries, options)
    if shard := shard_of(record.manifest.get("options")):
        opened.incomplete = f"it is shard {shard} of a run; `prompteval runs merge` joins them"
        opened.missing = view.results
    elif view.exit_code in (INCOMPLETE, INTERRUPTED):
        opened.incomplete = f"{view.reason}; see `prompteval show {record.run_id}`"
        opened.missing = view.results


def _chosen(side: Side, entries: Sequence[StoredEntry], options: CompareOptions) -> list[StoredEntry]:
    names = {suite_name(path) for path in options.suites}
    found = [entry for entry in entries if not names or entry.suite in names]
    if not found:
        raise NothingSelected(f"{side} has nothing of {', '.join(sorted(names)) or 'any suite'}")
    return found


def _leave_out(a: _Opened, b: _Opened) -> tuple[str, ...]:
    """Take out of both sides what gives the same on either; the names of the suites that are gone so."""
    if a.live is not None and b.live is not None:
        a.live, b.live, unchanged = leave_out_unchanged(a.live, b.live)
        return unchanged
    for one, stored in ((a, b), (b, a)):
        if one.live is not None:
            one.live, unchanged = like_stored(one.live, stored.entries)
            stored.entries = [entry for entry in stored.entries if entry.suite not in unchanged]
            return unchanged
    return ()


def _run(
    workspace: Workspace, opened: _Opened, live: LivePlans, running: RunOptions, progress: Progress
) -> None:
    side = "" if opened.side.kind == "working" else str(opened.side)
    running = replace(running, side=side, compared=str(opened.side))
    view = run_suites(workspace, running, progress, list(live.plans.values()))
    if view.exit_code == INTERRUPTED:  # the other side must not begin
        progress.note(f"{opened.side}: {view.reason}")
        raise KeyboardInterrupt
    opened.side = Side(opened.side.kind, opened.side.value, run_id=view.run_id)


def _read_run(workspace: Workspace, store: ResultsStore | None, opened: _Opened) -> None:
    """The entries of a side that has just been run."""
    if store is not None and opened.side.run_id:
        _read(workspace, store, opened, opened.side.run_id, CompareOptions())


def _note_absent(sides: Sequence[_Opened]) -> None:
    """Suites that one side has and the other has nothing to run in."""
    for opened, other in (sides, sides[::-1]):
        if other.live is not None and opened.live is not None:
            opened.alone += other.live.absent


def _incomplete(opened: _Opened, side: str) -> list[IncompleteEntry]:
    """What an incomplete side has not run whole, entry by entry."""
    found = [
        IncompleteEntry(
            side,
            result.suite,
            result.prompt,
            result.model,
            result.error_kinds,
            result.not_run,
            result.cases.get("unscored", 0),
        )
        for result in opened.missing
    ]
    kept = [entry for entry in found if entry.error_kinds or entry.skipped or entry.unscored]
    return kept or ([IncompleteEntry(side)] if opened.incomplete else [])


def _rows(store: ResultsStore | None, results: Sequence[ComparedResult]) -> Iterator[tuple[int, str, Row]]:
    """The rows of both sides of each result, as far as they are stored."""
    for place, result in enumerate(results):
        for side, end in (("a", result.a), ("b", result.b)):
            if store is not None and end.run_id is not None:
                found = store.rows(end.run_id, result.suite, end.prompt, end.model)
                yield from ((place, side, row) for row in found)


def _decide(
    sides: Sequence[_Opened], unchanged: tuple[str, ...], gone: tuple[str, ...], options: CompareOptions
) -> ComparisonView:
    a, b = sides
    pairs, left, right = pair_entries(a.entries, b.entries)
    renamed = {mine.suite for mine, theirs in pairs if mine.suite != theirs.suite}
    gone = tuple(name for name in gone if name not in renamed)
    a.alone += [*gone, *options.removed]
    alone = [
        tuple(dict.fromkeys([*side.alone, *(title_of(e) for e in rest if e.suite not in side.alone)]))
        for side, rest in ((a, left), (b, right))
    ]
    if not pairs and not unchanged and (a.live is None or b.live is None):
        raise NothingSelected(f"{a.side} and {b.side} have no suite, prompt and model in common")
    results = compare_pairs(pairs, options)
    verdict = ComparisonVerdict.of_all(result.verdict for result in results)
    if not results and not unchanged:
        verdict = ComparisonVerdict.INCONCLUSIVE
    ran = {entry.suite for entry in b.entries}
    lost = [title_of(entry) for entry in left if entry.suite in ran]
    if lost:  # what the tree does not want any more is doubt; what a stored run lacks is missing
        doubt = ComparisonVerdict.INCOMPLETE if b.live is None else ComparisonVerdict.INCONCLUSIVE
        verdict = ComparisonVerdict.of_all([verdict, doubt])
    if gone:
        verdict = ComparisonVerdict.INCOMPLETE
    reason = next((f"{side.side} is incomplete: {side.incomplete}" for side in sides if side.incomplete), "")
    if reason:
        verdict = ComparisonVerdict.INCOMPLETE
    return ComparisonView(
        verdict=verdict,
        exit_code=verdict.exit_code(inconclusive_fails=options.inconclusive_fails),
        sentence=reason or sentence(results, unchanged, alone, lost, gone),
        a=str(a.side),
        b=str(b.side),
        unchanged=unchanged,
        alone_a=alone[0],
        alone_b=alone[1],
        lost=gone,
        removed=options.removed,
        incomplete=tuple(entry for side, name in ((a, "a"), (b, "b")) for entry in _incomplete(side, name)),
        results=results,
    )
