"""Whether a judge may decide a gate: it is calibrated, unchanged since, and agrees with people enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from prompteval.analysis.judges.calibrated import calibrated_rows
from prompteval.analysis.judges.figures import JudgeFigures, judge_figures
from prompteval.core.verdict import GateResult, Verdict
from prompteval.judging.calibration import Calibration
from prompteval.judging.labels import Label, labels_fingerprint
from prompteval.plan.gates import PlannedRule
from prompteval.plan.judge_files import JudgeFiles
from prompteval.plan.measures import Measure
from prompteval.plan.suite_plan import SuitePlan
from prompteval.report.result_view import ResultView

# Without a floor of the suite's own a judge has to agree beyond chance.
FLOORS: Mapping[str, float] = {"kappa.low": 0.0}
MORE_LABELS = "label more outputs with `prompteval label`"
CHECK = "run `prompteval judge check {suite} --judge {name}` again"


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a judge may decide; `reason` says why not, and what to do. `figures` where it is calibrated."""

    name: str
    reason: str = ""
    figures: JudgeFigures | None = None

    @property
    def decides(self) -> bool:
        return not self.reason


def recomputed(calibration: Calibration, labels: Sequence[Label]) -> JudgeFigures | str:
    """The figures of a calibration from its rows and the labels; a sentence where they do not go together."""
    rows = calibrated_rows(calibration, labels)
    if isinstance(rows, str):
        return rows
    return judge_figures(
        rows, calibration.scale, unparsed=calibration.unparsed, epsilon=calibration.epsilon,
        slices=calibration.slices,
    )  # fmt: skip


def below_floor(figures: JudgeFigures, floors: Mapping[str, float]) -> str:
    """Which floor the figures do not reach; empty where they reach all of them."""
    values = {"kappa": figures.kappa.value, "kappa.low": figures.kappa.low}
    for name, least in (floors or FLOORS).items():
        value = values[name]
        if value is None:
            why = figures.kappa.reason or "nothing to compare"
            return f"{name} is undefined on {figures.n} labelled outputs ({why}); {MORE_LABELS}"
        strict = not floors
        if value < least or (strict and value <= least):
            return f"{name} {value:.3f} is {'not above' if strict else 'below the floor'} {least:g}"
    return ""


def standing(suite: str, name: str, files: JudgeFiles | None) -> Standing:
    """Whether a judge of a suite may decide."""
    again = CHECK.format(suite=suite, name=name)
    if files is not None and files.problem:
        return Standing(name, f"the judge {name}: {files.problem}; {again}")
    if files is None or files.calibration is None:
        help = (
            f"label outputs with `prompteval label`, then run `prompteval judge check {suite} --judge {name}`"
        )
        return Standing(name, f"the judge {name} is not calibrated; {help}")
    calibration = files.calibration
    if calibration.fingerprint != files.fingerprint:
        return Standing(name, f"the judge {name} changed since its calibration ({files.changed}); {again}")
    if not files.labels:
        return Standing(
            name, f"the labels of {name} are missing: {calibration.labels_path}; restore the file"
        )
    if labels_fingerprint(files.labels) != calibration.labels_fingerprint:
        return Standing(name, f"the labels of {name} changed since its calibration; {again}")
    figures = recomputed(calibration, files.labels)
    if isinstance(figures, str):
        return Standing(name, f"{name}: {figures}; {again}")
    if figures_differ(calibration, figures):
        return Standing(name, f"the figures in the calibration of {name} are not those of its rows; {again}")
    weak = below_floor(figures, files.floors)
    if weak.endswith(MORE_LABELS):
        return Standing(name, f"the judge {name}: {weak}", figures)
    if weak:
        help = "improve its prompt, or let people decide"
        return Standing(
            name, f"the judge {name} does not agree with people well enough: {weak}; {help}", figures
        )
    return Standing(name, figures=figures)


def figures_differ(calibration: Calibration, figures: JudgeFigures) -> bool:
    """Whether what the file says is not what its rows give."""
    kappa = calibration.figures.get("kappa")
    written = kappa.get("value") if isinstance(kappa, Mapping) else None
    n, value = calibration.figures.get("n"), figures.kappa.value
    if n != figures.n or (written is None) != (value is None):
        return True
    return isinstance(written, int | float) and value is not None and abs(written - value) > 1e-6


def standings(plan: SuitePlan) -> dict[str, Standing]:
    """By the name of each judge of a suite, whether it may decide."""
    return {name: standing(plan.suite.name, name, files) for name, files in plan.judge_files.items()}


def held_back(result: ResultView, plan: SuitePlan, found: Mapping[str, Standing]) -> ResultView:
    """The result with each rule inconclusive that rests on a judge which may not decide."""
    if not found or not result.gates:
        return result
    gates = [
        _held(gate, reason) if (reason := _why(rule, plan, found, result)) else gate
        for gate, rule in zip(result.gates, plan.gates, strict=True)
    ]
    return replace(result, gates=tuple(gates))


def undecided_metrics(
    measures: Mapping[str, Measure], plan: SuitePlan, found: Mapping[str, Standing]
) -> dict[str, str]:
    """By the text of each metric that rests on a judge which may not decide, why not and what to do."""
    weak = {name: _weakest(_judges_of(measure, plan), found) for name, measure in measures.items()}
    return {name: reason for name, reason in weak.items() if reason}


def _judges_of(measure: Measure, plan: SuitePlan) -> tuple[str, ...]:
    """The judges that a metric rests on; one of verdicts rests on all that pass or fail."""
    if measure.scorer:
        return (measure.scorer,)
    return tuple(name for name, files in plan.judge_files.items() if files.judge.decides)


def _weakest(names: Sequence[str], found: Mapping[str, Standing]) -> str:
    return next((found[name].reason for name in names if name in found and not found[name].decides), "")


def _why(gate: PlannedRule, plan: SuitePlan, found: Mapping[str, Standing], result: ResultView) -> str:
    """Why a rule may not be decided: by its judge, or by a correction that has no labels to rest on."""
    if gate.measure is None:
        return ""
    weak = _weakest(_judges_of(gate.measure, plan), found)
    if weak or gate.measure.spec.kind != "corrected":
        return weak
    own = result.metrics.get(gate.measure.text)
    return own.reason if own is not None and own.value is None else ""


def _held(gate: GateResult, reason: str) -> GateResult:
    if gate.verdict is Verdict.INCOMPLETE:
        return gate
    return replace(gate, verdict=Verdict.INCONCLUSIVE, detail=reason, without_errors=None)
