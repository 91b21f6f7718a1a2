"""A result as JSON values, and back: the objects in `results` of `run --json`."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from prompteval.core.verdict import Estimate, GateResult, Verdict
from prompteval.report.rag_view import rag_from
from prompteval.report.result_view import ClassLine, FlakyCase, ReliabilityLine, ReliabilityTable, ResultView
from prompteval.report.threshold_view import curve_from


def result_json(result: ResultView) -> dict[str, object]:
    """A result as it is in `results` of `run --json`."""
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


def result_from(raw: Mapping[str, Any]) -> ResultView:
    """The result behind `result_json`."""
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
