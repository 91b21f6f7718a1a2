"""A whole run: plan, execute, store, summarise, decide."""

import asyncio
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import Any

from prompteval.core.case import Case
from prompteval.core.errors import NothingSelected, PromptevalError, ProviderError, UsageError
from prompteval.core.observation import Row
from prompteval.core.protocols import BatchProvider, Provider
from prompteval.core.verdict import Verdict
from prompteval.engine.batching import Batched
from prompteval.engine.collect import collect
from prompteval.engine.manifest import manifest
from prompteval.engine.meter import Meter
from prompteval.engine.options import RunOptions
from prompteval.engine.plan import SuitePlan, plan_suite
from prompteval.engine.runner import Entry, Stop, interruptible, run_cases
from prompteval.engine.select import select
from prompteval.engine.stored import store_path, stored_rows
from prompteval.engine.summary import (
    breakdowns,
    decide_gates,
    latency,
    metric_estimates,
    reference_estimates,
    slice_estimates,
)
from prompteval.engine.targets.base import TargetPlan
from prompteval.engine.usage import UsageTotals
from prompteval.providers.layers import build_layers
from prompteval.providers.open import open_provider
from prompteval.providers.recording import Recorder
from prompteval.report.view import ResultView, RunView
from prompteval.store.cache import SqliteCache
from prompteval.store.results import SqliteStore
from prompteval.workspace.discovery import find_suites
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree


@dataclass(slots=True)
class _Job:
    """One (suite, target, model) of a run, with the number of cases selected for it."""

    plan: SuitePlan
    target: TargetPlan
    model: str
    selected: int


def run_suites(
    workspace: Workspace, options: RunOptions, meter: Meter, plans: Sequence[SuitePlan] | None = None
) -> RunView:
    """Check what is selected, run it, store it, decide.

    `plans` are suites that the caller has resolved already; else those that `options` name are.
    Raises InvalidInput for anything wrong in the files, NothingSelected when no case is left,
    and StoreError, all before the first call.
    """
    jobs = _jobs(_plan(workspace, options) if plans is None else plans, options)
    if options.offline:
        _forbid_network()
    state = workspace.state_dir()
    store = SqliteStore.open(store_path(workspace))
    cache = SqliteCache.open(state / "cache.sqlite") if options.cache else None
    recorder = Recorder(options.record) if options.record else None
    try:
        run = _Run(workspace, options, meter, store, cache, recorder)
        return run.execute(jobs)
    finally:
        if cache is not None:
            cache.close()
        store.close()
        if recorder is not None:
            recorder.close()


def _plan(workspace: Workspace, options: RunOptions) -> list[SuitePlan]:
    paths = find_suites(WorkingTree(workspace.root), options.suites)
    if not paths:
        raise NothingSelected("there is no suite in evals/; write one or run `prompteval init`")
    return [plan_suite(workspace, path, models=options.models, prompts=options.prompts) for path in paths]


def _jobs(plans: Sequence[SuitePlan], options: RunOptions) -> list[_Job]:
    jobs: list[_Job] = []
    for plan in plans:
        selected = sum(1 for _ in _selected(plan, options)) if plan.targets else 0
        jobs += [_Job(plan, target, model, selected) for target, model in plan.entries() if selected]
    if not jobs:
        raise NothingSelected("no case is left after the selection; look at -k, --prompt, --failed and split")
    return jobs


def _selected(plan: SuitePlan, options: RunOptions) -> Iterator[Case]:
    return select(plan.suite.name, plan.cases(), plan.suite.split, options.selection)


class _Run:
    """One run in progress."""

    def __init__(
        self,
        workspace: Workspace,
        options: RunOptions,
        meter: Meter,
        store: SqliteStore,
        cache: SqliteCache | None,
        recorder: Recorder | None,
    ) -> None:
        self._workspace = workspace
        self._options = options
        self._meter = meter
        self._store = store
        self._cache = cache
        self._recorder = recorder
        self._id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"

    def execute(self, jobs: list[_Job]) -> RunView:
        plans = list({id(job.plan): job.plan for job in jobs}.values())
        entries = [(job.plan.suite.name, job.target.reference, job.model) for job in jobs]
        self._store.begin_run(self._id, manifest(self._workspace, plans, entries), _now())
        stop: Stop | None = None
        results: list[ResultView] = []
        stop, results = asyncio.run(self._all(jobs))
        view = self._decide(results, stop)
        self._store.finish_run(self._id, view.verdict.value, view.exit_code, view.as_json(), _now())
        return view

    async def _all(self, jobs: list[_Job]) -> tuple[Stop, list[ResultView]]:
        stop = Stop()
        results = []
        async with interruptible(stop):
            for job in jobs:
                started = perf_counter()
                usage = UsageTotals()
                if not stop.event.is_set():
                    await self._one(job, stop, usage)
                self._store.flush()
                results.append(self._summarise(job, usage, perf_counter() - started))
        return stop, results

    async def _one(self, job: _Job, stop: Stop, usage: UsageTotals) -> None:
        entry = Entry(self._id, job.plan.suite.name, job.target.reference, job.target.fingerprint, job.model)
        self._meter.start(
            f"{entry.suite} {entry.target} {entry.model}", job.selected * self._repeats(job.plan)
        )

        def on_row(row: Row) -> None:
            usage.add(row)
            calls = row.observation.calls
            cached = bool(calls) and calls[-1].served_by == "cache"
            self._meter.advance(error=row.observation.outcome == "error", cached=cached)

        provider, concurrency = None, self._options.concurrency
        if job.target.own_model is None:
            provider, concurrency = self._layered(job.model)
        target = job.target.open(job.model, provider)
        try:
            await run_cases(
                entry,
                self._work(job.plan),
                target,
                job.plan.scorers,
                concurrency=concurrency,
                sink=self._store.add_rows,
                on_row=on_row,
                stop=stop,
            )
        finally:
            await target.aclose()

    def _layered(self, model: str) -> tuple[Provider, int]:
        """The provider of a model with its layers, and how many cases run at a time."""
        live = self._open(model)
        profile = self._workspace.settings.models.get(model)
        layered = build_layers(
            Batched(live) if isinstance(live, BatchProvider) else live,
            cache=self._cache if getattr(live, "cacheable", True) else None,
            recorder=self._recorder,
            max_attempts=profile.max_attempts if profile else 5,
        )
        limit = profile.max_concurrency if profile and profile.max_concurrency else self._options.concurrency
        return layered, max(limit, live.max_batch if isinstance(live, BatchProvider) else 1)

    def _open(self, model: str) -> Provider:
        if self._options.replay is not None:
            from prompteval.providers.replay import from_text

            try:
                text = self._options.replay.read_text(encoding="utf-8")
            except OSError as error:
                raise UsageError(f"{self._options.replay}: {error.strerror}") from None
            return from_text(text, str(self._options.replay))
        provider = open_provider(model, self._workspace)
        ready = getattr(provider, "check_ready", None)
        if ready is not None:
            try:
                ready()
            except ProviderError as error:
                raise UsageError(str(error), "set it, or run with --model local/minilm") from None
        return provider

    def _repeats(self, plan: SuitePlan) -> int:
        return self._options.repeat or plan.suite.repeat

    def _work(self, plan: SuitePlan) -> Iterator[tuple[Case, int]]:
        for case in _selected(plan, self._options):
            count = self._options.repeat or case.repeat or plan.suite.repeat
            for replicate in range(count):
                yield case, replicate

    def _summarise(self, job: _Job, usage: UsageTotals, wall_s: float) -> ResultView:
        plan, suite = job.plan, job.plan.suite
        stored = self._store.score_columns(self._id, suite.name, job.target.reference, job.model)
        names = [scorer.name for scorer in plan.scorers]
        tags = [named.text for named in suite.slices]
        keep_ids = any(named.text == "random" for named in suite.references)
        columns = collect(stored, names, tags, keep_ids=keep_ids, exclude_errors=suite.on_error == "exclude")
        seen = sum(columns.outcomes.values())
        estimates = metric_estimates(plan, columns)
        slices = slice_estimates(plan, columns)
        lines, confusion = breakdowns(plan, columns)
        notes = []
        if suite.on_error == "exclude":
            notes.append(f"on_error: exclude left {columns.outcomes['error']} failed cases out")
        if usage.other_models:
            notes.append(f"the server answered with another model: {', '.join(sorted(usage.other_models))}")
        return ResultView(
            suite=suite.name,
            prompt=job.target.reference,
            fingerprint=job.target.fingerprint,
            model=job.model,
            cases={
                "total": job.selected,
                "scored": columns.outcomes["ok"],
                "errors": columns.outcomes["error"],
                "invalid": columns.outcomes["invalid"],
                "skipped": job.selected - seen,
            },
            metrics=estimates,
            slices=slices,
            references=reference_estimates(plan, columns),
            gates=decide_gates(plan, columns, estimates, slices, job.selected),
            usage=usage.as_json(),
            timing={"wall_s": round(wall_s, 3), "latency_ms": latency(columns)},
            per_class=lines,
            confusion=confusion,
            notes=tuple(notes),
            errors_excluded=suite.on_error == "exclude",
        )

    def _decide(self, results: list[ResultView], stop: Stop) -> RunView:
        verdict, reason = _verdict(results, stop, strict_model=self._options.strict_model)
        code = 130 if stop.interrupted else verdict.exit_code()
        run_id = self._id
        rows = partial(stored_rows, self._workspace, run_id)
        return RunView(run_id, verdict, code, reason, tuple(results), rows)


def _verdict(results: list[ResultView], stop: Stop, *, strict_model: bool) -> tuple[Verdict, str]:
    """The one value that decides the word and the code, with the sentence that says why."""
    gates = [(result, gate) for result in results for gate in result.gates]
    errors = sum(result.cases["errors"] for result in results if not result.errors_excluded)
    skipped = sum(result.cases["skipped"] for result in results)
    if stop.interrupted:
        return Verdict.INCOMPLETE, f"interrupted; {skipped} cases were not run"
    if stop.reason:
        return Verdict.INCOMPLETE, f"stopped: {stop.reason}; {skipped} cases were not run"
    if errors or skipped:
        return Verdict.INCOMPLETE, f"{errors} cases ended in an error and {skipped} were not run"
    if strict_model and any("another model" in note for result in results for note in result.notes):
        return Verdict.FAIL, "--strict-model: the server answered with another model"
    verdict = Verdict.worst(gate.verdict for _, gate in gates)
    for result, gate in gates:
        if gate.verdict is verdict and verdict is not Verdict.PASS:
            return verdict, f"{result.suite}: {gate.rule}: {gate.detail}"
    if not gates:
        return verdict, "no gate is set, so nothing was decided"
    return verdict, f"all {len(gates)} gates pass"


class NetworkForbidden(PromptevalError):
    """A connection was tried under --offline."""


def _forbid_network() -> None:
    """Refuse every connection of this process, for good: an audit hook cannot be taken back."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            raise NetworkForbidden(f"--offline: a connection to {arguments[-1]!r} was refused")

    sys.addaudithook(hook)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
