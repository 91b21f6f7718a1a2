"""One view of a run: the shape of `run --json`, and the rows behind it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from prompteval.core.observation import Row
from prompteval.core.verdict import Estimate, GateResult, Verdict
from prompteval.report.exchanges import OpenExchanges, no_exchanges
from prompteval.report.prompt_text import PromptVersions
from prompteval.report.rag_view import RagView, rag_from
from prompteval.report.threshold_view import PrecisionRecallCurve, curve_from
from prompteval.report.thumbnails import Thumbnails, no_thumbnails

SCHEMA = "prompteval/run@1"


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One class of a breakdown; support counts its expected cases."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class ReliabilityLine:
    """The cases whose confidence is in [low, high): their mean confidence and the share that came true.

    `share_low` and `share_high` are the share's 95 % interval; all None in an empty bin.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    share: float | None
    share_low: float | None
    share_high: float | None


@dataclass(frozen=True, slots=True)
class ReliabilityTable:
    """The bins of one `reliability` metric, or none and why.

    `ece` is the expected calibration error over them, `null_high` its 95th percentile where
    every confidence is exactly true.
    """

    metric: str
    lines: tuple[ReliabilityLine, ...]
    ece: float | None
    null_high: float | None
    missing: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FlakyCase:
    """A case whose repeats got different scores of the first scorer.

    `scores` has one a repeat, in their order; None where that repeat could not be scored.
    """

    case_id: str
    scores: tuple[float | None, ...]

    @property
    def known(self) -> list[float]:
        """The scores that are there."""
        return [score for score in self.scores if score is not None]


@dataclass(frozen=True, slots=True)
class ResultView:
    """One (suite, prompt, model). scored + errors + invalid + skipped = total.

    passed + failed + errors + unscored = scored + errors + invalid, where a run counted verdicts.
    `error_kinds` counts the cases that ended in an error by its kind, such as `offline` or `timeout`.
    `other_models` are those that a server answered with, beside the one asked for. `allow_unscored` is
    the share of cases that a scorer may fail on, `unscored_reason` why it failed on the first, `unserved` a
    scorer that scored no case since none has what it reads, and why. `alias` is what the version was asked
    for by, empty for none.
    """

    suite: str
    prompt: str
    fingerprint: str
    model: str
    cases: Mapping[str, int]
    metrics: Mapping[str, Estimate]
    slices: Mapping[str, Mapping[str, Mapping[str, Estimate]]]
    references: Mapping[str, Mapping[str, Estimate]]
    gates: tuple[GateResult, ...]
    usage: Mapping[str, Any]
    timing: Mapping[str, Any]
    per_class: tuple[ClassLine, ...] = ()
    confusion: Mapping[str, Any] = field(default_factory=dict)
    reliability: tuple[ReliabilityTable, ...] = ()
    precision_recall: tuple[PrecisionRecallCurve, ...] = ()
    notes: tuple[str, ...] = ()
    errors_excluded: bool = False
    flaky: tuple[FlakyCase, ...] = ()
    stop_early: Mapping[str, Any] = field(default_factory=dict)
    rag: RagView | None = None
    other_models: tuple[str, ...] = ()
    allow_unscored: float = 0.0
    unscored_reason: str = ""
    unserved: str = ""
    error_kinds: Mapping[str, int] = field(default_factory=dict)
    alias: str = ""

    @property
    def not_run(self) -> int:
        """The cases that are left to be run."""
        return self.cases["skipped"] - self.saved

    @property
    def saved(self) -> int:
        """The cases that were not run because all was decided without them."""
        return int(self.stop_early["of"] - self.stop_early["cases"]) if self.stop_early else 0

    @property
    def title(self) -> str:
        """`suite  prompt@v2  model`, with the alias behind the version."""
        return f"{self.suite}  {self.shown_prompt}  {self.model}"

    @property
    def shown_prompt(self) -> str:
        """`prompt@v2`, and `prompt@v2 (production)` where it was asked for by an alias."""
        return f"{self.prompt} ({self.alias})" if self.alias else self.prompt


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Where a run comes from: when it started (ISO 8601), git's state, other facts as (name, value).

    `prompts` has by (suite, prompt) what the version says and what the one before it said, where kept.
    `shard` is the part that it was, such as 1/4; empty for a whole run.
    """

    started: str = ""
    commit: str = ""
    branch: str = ""
    dirty: bool = False
    others: tuple[tuple[str, str], ...] = ()
    prompts: Mapping[tuple[str, str], PromptVersions] = field(default_factory=dict)
    shard: str = ""


@dataclass(frozen=True, slots=True)
class RunView:
    """A whole run. `reason` is the last printed line: why the exit code is what it is.

    `facts` are None where nothing is known of it. `stopped` says why no further case was begun, of a run that
    has just ended so. `exchanges` opens what was sent and what came back; `thumbnails` gives images of cases
    by their hashes.
    """

    run_id: str
    verdict: Verdict
    exit_code: int
    reason: str
    results: tuple[ResultView, ...]
    rows: Callable[[], Iterator[Row]] = field(default=lambda: iter(()), compare=False)
    facts: RunFacts | None = field(default=None, compare=False)
    exchanges: OpenExchanges = field(default=no_exchanges, compare=False)
    thumbnails: Thumbnails = field(default=no_thumbnails, compare=False)
    stopped: str = field(default="", compare=False)

    @property
    def last_line(self) -> str:
        """The verdict, why, and the exit code; of a shard that has ended, which has no verdict, only why."""
        open_shard = self.facts is not None and self.facts.shard and self.verdict is Verdict.INCONCLUSIVE
        word = "" if open_shard else f"{self.verdict.value}: "
        return f"{word}{self.reason} (exit {self.exit_code})"

    def as_json(self) -> dict[str, object]:
        """The document of `run --json`."""
        return {
            "schema": SCHEMA,
            "run_id": self.run_id,
            "verdict": self.verdict.value,
            "exit_code": self.exit_code,
            "reason": self.reason,
            "results": [_result_json(result) for result in self.results],
        }


def from_json(
    raw: Mapping[str, Any], rows: Callable[[], Iterator[Row]], facts: RunFacts | None = None
) -> RunView:
    """The view behind `as_json`."""
    return RunView(
        run_id=raw["run_id"],
        verdict=Verdict(raw["verdict"]),
        exit_code=raw["exit_code"],
        reason=raw["reason"],
        results=tuple(_result_from(result) for result in raw["results"]),
        rows=rows,
        facts=facts,
    )


def _result_json(result: ResultView) -> dict[str, object]:
    body: dict[str, object] = {
        "suite": result.suite,
        "prompt": result.prompt,
        **({"alias": result.alias} if result.alias else {}),
        "fingerprint": result.fingerprint,
        "model": result.model,
        "cases": dict(result.cases),
        "metrics": _estimates_json(result.metrics),
        "slices": {
            tag: {value: _estimates_json(found) for value, found in values.items()}
            for tag, values in result.slices.items()
        },
        "references": {name: _estimates_json(found) for name, found in result.references.items()},
        "gates": [_gate_json(gate) for gate in result.gates],
        "usage": dict(result.usage),
        "timing": dict(result.timing),
    }
    if result.per_class:
        body["per_class"] = {
            line.label: {
                "precision": line.precision,
                "recall": line.recall,
                "f1": line.f1,
                "support": line.support,
            }
            for line in result.per_class
        }
    if result.confusion:
        body["confusion"] = dict(result.confusion)
    if result.reliability:
        body["reliability"] = {table.metric: _reliability_json(table) for table in result.reliability}
    if result.precision_recall:
        body["precision_recall"] = [curve.as_json() for curve in result.precision_recall]
    if result.flaky:
        body["flaky"] = [{"id": case.case_id, "scores": list(case.scores)} for case in result.flaky]
    if result.rag is not None:
        body.update(result.rag.as_json())
    return body | _remarks_json(result)


def _remarks_json(result: ResultView) -> dict[str, object]:
    """What must be known to read a result."""
    body: dict[str, object] = {}
    if result.error_kinds:
        body["error_kinds"] = dict(result.error_kinds)
    if result.allow_unscored:
        body["allow_unscored"] = result.allow_unscored
    reasons = {"unscored_reason": result.unscored_reason, "unserved": result.unserved}
    body |= {name: reason for name, reason in reasons.items() if reason}
    if result.other_models:
        body["other_models"] = list(result.other_models)
    if result.notes:
        body["notes"] = list(result.notes)
    if result.errors_excluded:
        body["errors_excluded"] = True
    if result.stop_early:
        body["stop_early"] = dict(result.stop_early)
    return body


def _reliability_json(table: ReliabilityTable) -> dict[str, object]:
    body: dict[str, object] = {"ece": table.ece, "null_high": table.null_high, "missing": table.missing}
    body["bins"] = [asdict(line) for line in table.lines]
    return {**body, "reason": table.reason} if table.reason else body


def _reliability_from(metric: str, raw: Mapping[str, Any]) -> ReliabilityTable:
    values = dict(raw)
    lines = tuple(ReliabilityLine(**line) for line in values.pop("bins"))
    return ReliabilityTable(metric, lines, **values)


def _estimates_json(estimates: Mapping[str, Estimate]) -> dict[str, object]:
    return {name: _estimate_json(estimate) for name, estimate in estimates.items()}


def _estimate_json(estimate: Estimate) -> dict[str, object]:
    body: dict[str, object] = {
        "value": estimate.value, "low": estimate.low, "high": estimate.high,
        "n": estimate.n, "missing": estimate.missing, "method": estimate.method,
    }  # fmt: skip
    for name in ("reason", "note"):
        if getattr(estimate, name):
            body[name] = getattr(estimate, name)
    if not estimate.gateable:
        body["gateable"] = False
    if estimate.left_out:
        body["left_out"] = estimate.left_out
    if estimate.repeated:
        body |= {"stable": estimate.stable, "repeated": estimate.repeated}
    if estimate.null_high is not None:
        body["null_high"] = estimate.null_high
    return body


def _estimate_from(name: str, raw: Mapping[str, Any]) -> Estimate:
    return Estimate(metric=name, **raw)


def _estimates_from(raw: Mapping[str, Any]) -> dict[str, Estimate]:
    return {name: _estimate_from(name, value) for name, value in raw.items()}


def _gate_json(gate: GateResult) -> dict[str, object]:
    body: dict[str, object] = {
        "rule": gate.rule, "verdict": gate.verdict.value, "observed": gate.observed, "detail": gate.detail,
    }  # fmt: skip
    if gate.without_errors is not None:
        body["without_errors"] = gate.without_errors.value
    if gate.broken:
        body["broken"] = list(gate.broken)
    return body


def _gate_from(raw: Mapping[str, Any]) -> GateResult:
    return GateResult(
        raw["rule"], Verdict(raw["verdict"]), raw["observed"], raw["detail"], _verdict_from(raw),
        tuple(raw.get("broken", ())),
    )  # fmt: skip


def _verdict_from(gate: Mapping[str, object]) -> Verdict | None:
    found = gate.get("without_errors")
    return None if found is None else Verdict(found)


def _result_from(raw: Mapping[str, Any]) -> ResultView:
    return ResultView(
        suite=raw["suite"],
        prompt=raw["prompt"],
        fingerprint=raw["fingerprint"],
        model=raw["model"],
        cases=raw["cases"],
        metrics=_estimates_from(raw["metrics"]),
        slices={
            tag: {value: _estimates_from(found) for value, found in values.items()}
            for tag, values in raw["slices"].items()
        },
        references={name: _estimates_from(found) for name, found in raw["references"].items()},
        gates=tuple(map(_gate_from, raw["gates"])),
        usage=raw["usage"],
        timing=raw["timing"],
        per_class=tuple(ClassLine(label, **line) for label, line in raw.get("per_class", {}).items()),
        confusion=raw.get("confusion", {}),
        reliability=tuple(_reliability_from(m, body) for m, body in raw.get("reliability", {}).items()),
        precision_recall=tuple(map(curve_from, raw.get("precision_recall", ()))),
        notes=tuple(raw.get("notes", ())),
        errors_excluded=raw.get("errors_excluded", False),
        flaky=tuple(FlakyCase(case["id"], tuple(case["scores"])) for case in raw.get("flaky", ())),
        stop_early=raw.get("stop_early", {}),
        rag=rag_from(raw),
        error_kinds=raw.get("error_kinds", {}),
        other_models=tuple(raw.get("other_models", ())),
        allow_unscored=raw.get("allow_unscored", 0.0),
        unscored_reason=raw.get("unscored_reason", ""),
        unserved=raw.get("unserved", ""),
        alias=raw.get("alias", ""),
    )
