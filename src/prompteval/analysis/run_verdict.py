"""A run's results to its one verdict: the word, the exit code and the sentence come from here."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from prompteval.core.text import counted
from prompteval.core.verdict import Verdict
from prompteval.report.result_view import ResultView


class RunDecision(NamedTuple):
    """A run's verdict with the sentence that says why; `can_continue` where cases are left to be run."""

    verdict: Verdict
    reason: str
    can_continue: bool = False


def run_verdict(
    results: Sequence[ResultView],
    *,
    stopped: str = "",
    interrupted: bool = False,
    strict_model: bool = False,
    lacking: str = "",
) -> RunDecision:
    """What all results decide together. Nothing that was not measured passes.

    `stopped` says why no further case was begun, where something else than the last case ended the run;
    `lacking` which shards of it are not there.
    """
    errors = sum(result.cases["errors"] for result in results if not result.errors_excluded)
    skipped = sum(result.not_run for result in results)
    if interrupted:
        return RunDecision(Verdict.INCOMPLETE, f"interrupted; {_not_run(skipped)}", True)
    if stopped:
        return RunDecision(Verdict.INCOMPLETE, f"stopped: {stopped}; {_not_run(skipped)}", True)
    if lacking:
        reason = f"{lacking}; {_not_run(skipped)}" if skipped else lacking
        return RunDecision(Verdict.INCOMPLETE, reason, True)
    if errors or skipped:
        ended = f"{counted(errors, 'case')} ended in an error" if errors else ""
        message = " and ".join(filter(None, [ended, _not_run(skipped) if skipped else ""]))
        return RunDecision(Verdict.INCOMPLETE, message, True)
    unscored = next(_unscored(results), None)
    if unscored is not None:
        return unscored
    unserved = next(_unserved(results), None)
    if unserved is not None:
        return unserved
    empty = next(_empty(results), None)
    if empty is not None:
        return empty
    if strict_model and any(result.other_models for result in results):
        return RunDecision(Verdict.FAIL, "--strict-model: the server answered with another model")
    return _of_gates(results)


def shard_verdict(
    results: Sequence[ResultView], shard: str, *, stopped: str = "", interrupted: bool = False
) -> RunDecision:
    """What one shard decides: nothing, or that cases of it are left to be run."""
    errors = sum(result.cases["errors"] for result in results if not result.errors_excluded)
    skipped = sum(result.not_run for result in results)
    if interrupted or stopped or errors or skipped:
        return run_verdict(results, stopped=stopped, interrupted=interrupted)
    message = f"shard {shard} has ended; gates are decided after `prompteval runs merge`"
    return RunDecision(Verdict.INCONCLUSIVE, message)


def left_open(result: ResultView) -> ResultView:
    """The result with no rule decided where cases of it are left to be run, also where the others pass."""
    if result.not_run <= 0:
        return result
    why = f"not decided: {_not_run(result.not_run)}"
    gates = [
        replace(gate, verdict=Verdict.INCOMPLETE, detail=f"{why}; so far: {gate.detail}", without_errors=None)
        for gate in result.gates
    ]
    return replace(result, gates=tuple(gates))


def _empty(results: Sequence[ResultView]) -> Iterator[RunDecision]:
    """Results that stand for no case at all, regardless of their gates."""
    if not results:
        yield RunDecision(Verdict.INCOMPLETE, "no suite was run")
    for result in results:
        cases = result.cases
        left = cases["scored"] + cases["invalid"]
        if not left:
            message = f"{result.title}: all {counted(cases['errors'], 'case')} ended in an error"
            yield RunDecision(Verdict.INCOMPLETE, f"{message}, and on_error: exclude leaves none", True)
        elif result.metrics and not any(found.n for found in result.metrics.values()):
            reason = next((found.reason for found in result.metrics.values() if found.reason), "")
            message = f"{result.title}: no case could be scored, so nothing was measured"
            yield RunDecision(Verdict.INCOMPLETE, f"{message}: {reason}" if reason else message)


def _unserved(results: Sequence[ResultView]) -> Iterator[RunDecision]:
    """Results with a scorer that no case gave what it reads."""
    for result in results:
        if result.unserved:
            yield RunDecision(
                Verdict.INCOMPLETE, f"{result.title}: no case could be scored by {result.unserved}"
            )


def _not_run(skipped: int) -> str:
    return f"{counted(skipped, 'case')} {'was' if skipped == 1 else 'were'} not run"


def _unscored(results: Sequence[ResultView]) -> Iterator[RunDecision]:
    """Results with more cases that a scorer failed on than their suite allows."""
    for result in results:
        count, total = result.cases.get("unscored", 0), result.cases["total"]
        if count > result.allow_unscored * total:
            why = f": {result.unscored_reason}" if result.unscored_reason else ""
            message = f"{result.title}: {counted(count, 'case')} of {total} could not be scored{why}"
            yield RunDecision(Verdict.INCOMPLETE, message)


def _of_gates(results: Sequence[ResultView]) -> RunDecision:
    gates = [(result, gate) for result in results for gate in result.gates]
    verdict = Verdict.worst(gate.verdict for _, gate in gates)
    decisive = [(result, gate) for result, gate in gates if gate.verdict is verdict]
    if decisive and verdict is not Verdict.PASS:
        (result, gate), *others = decisive
        also = "".join(f"; also {other.suite}: {rule.rule}" for other, rule in others[:1])
        more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
        return RunDecision(verdict, f"{result.suite}: {gate.rule}: {gate.detail}{also}{more}")
    if not gates:
        message = "no gate is set, so nothing was decided"
    else:
        message = "the gate passes" if len(gates) == 1 else f"all {len(gates)} gates pass"
    return RunDecision(verdict, "; ".join([message, *_unmeasured(results)]))


def _unmeasured(results: Sequence[ResultView]) -> Iterator[str]:
    """Metrics that no case entered, which a reader would take for measured ones that are fine."""
    names = [f"{r.suite}: {name}" for r in results for name, found in r.metrics.items() if not found.n]
    if names:
        yield f"not measured on any case: {', '.join(names)}"
