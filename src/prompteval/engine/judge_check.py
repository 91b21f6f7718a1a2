"""`judge check`: a judge's stored verdicts beside the labels of people."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prompteval.analysis.judges.figures import JudgeFigures, judge_figures
from prompteval.analysis.judges.rows import JudgedRow, LabelIndex, judged_rows
from prompteval.analysis.judges.standing import FLOORS, below_floor
from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.stored import EntryKey, RowFields
from prompteval.core.text import counted
from prompteval.engine.stored import reading
from prompteval.judging.calibration import Calibration, CalibrationRow, Unparsed
from prompteval.judging.labels import Label, labels_fingerprint, of_people, read_labels
from prompteval.judging.scale import JudgeScale
from prompteval.plan.judge_files import JudgeFiles, refuse_faults, scale_of
from prompteval.plan.judges import AnyJudge
from prompteval.plan.suite_plan import SuitePlan, plan_suite
from prompteval.report.judge.render import attack_json, figures_json
from prompteval.report.judge.view import JudgeView
from prompteval.store.protocol import ResultsStore
from prompteval.store.records import RunRecord
from prompteval.workspace.discovery import find_suites
from prompteval.workspace.safe_paths import shown_place
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What a command line asks of a check."""

    judge: str | None = None
    labels: Path | None = None
    unparsed: Unparsed = "missing"
    epsilon: float = 0.15


@dataclass(frozen=True, slots=True)
class Checked:
    """A judge that was checked: what is shown, and the calibration with the place that the suite gives it."""

    view: JudgeView
    calibration: Calibration
    path: Path | None
    rows: tuple[JudgedRow, ...]
    judge: AnyJudge
    run_id: str
    suite_path: str

    def as_json(self) -> dict[str, object]:
        """The calibration, with the attacks where there were some."""
        body = self.calibration.as_json()
        if self.view.attacks:
            body["attacks"] = [attack_json(one) for one in self.view.attacks]
        return body


def check_judge(workspace: Workspace, name: str, options: CheckOptions) -> Checked:
    """The judge of a run, or of a suite's last run, beside people.

    Raises UsageError for an unknown run or judge, for a judge that changed since the run, and where no output
    of the run is labelled; InvalidInput for labels that the judge cannot be compared with.
    """
    with reading(workspace) as store:
        record, plan = judged_run(workspace, store, name, options.judge)
        judge, files = _judge_of(plan, options.judge)
        _refuse_changed(record, plan, judge)
        labels, path = _labels(workspace, plan, files, options)
        scale = scale_of(judge)
        refuse_faults(labels, scale, path)
        people = of_people(labels)
        rows = tuple(_rows(store, record, plan, judge, people, scale))
    if not rows:
        synthetic = sum(one.synthetic for one in labels)
        why = f"{path} has {counted(len(labels), 'label')}, and none is of an output of run {record.run_id}"
        if synthetic == len(labels):
            why = f"all labels of {path} are synthetic, and calibrate nothing"
        raise UsageError(why, f"label some with `prompteval label {record.run_id} -o {path}`")
    tags = tuple(named.text for named in plan.suite.slices)
    figures = judge_figures(rows, scale, unparsed=options.unparsed, epsilon=options.epsilon, slices=tags)
    calibration = _calibration(judge, figures, rows, people, path, scale, options, tags)
    view = _view(record, judge, figures, files, rows, scale, labels)
    where = None if files is None or not files.calibration_path else workspace.root / files.calibration_path
    return Checked(view, calibration, where, rows, judge, record.run_id, plan.suite.path)


def judged_run(
    workspace: Workspace, store: ResultsStore, name: str, judge: str | None
) -> tuple[RunRecord, SuitePlan]:
    """The run that a name means, and its suite with a judge. Raises UsageError where there is none."""
    record = _last_of_suite(workspace, store, name) or store.run(name)
    store.refuse_damaged(record)
    suites = record.manifest["suites"]
    asked = {suite: _judges_in(suites[suite]) for suite in suites}
    able = [suite for suite, names in asked.items() if names and judge in (None, *names)]
    if not able:
        known = [one for names in asked.values() for one in names]
        message = f"run {record.run_id} has no judge" + (f" {judge!r}" if judge else "")
        raise UsageError(message, did_you_mean(judge, known) if judge and known else "add one to the scorers")
    if len(able) > 1:
        raise UsageError(
            f"{len(able)} suites of run {record.run_id} have a judge", f"name one: {', '.join(able)}"
        )
    return record, plan_suite(workspace, suites[able[0]]["path"])


def _last_of_suite(workspace: Workspace, store: ResultsStore, name: str) -> RunRecord | None:
    """The last run that has a suite of this name or path; None where there is no such suite."""
    try:
        (path,) = find_suites(WorkingTree(workspace.root), (name,))
    except (UsageError, ValueError):
        return None
    for record in store.runs():
        suites = record.manifest.get("suites", {})
        if any(one.get("path") == path for one in suites.values()) and not record.damage:
            return store.run(record.run_id)
    raise UsageError(f"the suite {name} has not been run", f"run it with `prompteval run {name}`")


def _judges_in(facts: dict[str, list[tuple[str, str, dict[str, object]]]]) -> list[str]:
    return [name for _, name, options in facts["scorers"] if "judge" in options]


def _judge_of(plan: SuitePlan, name: str | None) -> tuple[AnyJudge, JudgeFiles | None]:
    found = list(plan.judge_files.items())
    if name is not None:
        found = [(one, files) for one, files in found if one == name]
    if not found:
        raise UsageError(f"the suite {plan.suite.name} has no judge {name!r}", "see its scorers")
    if len(found) > 1:
        names = ", ".join(one for one, _ in found)
        raise UsageError(f"the suite {plan.suite.name} has several judges", f"--judge is one of {names}")
    return found[0][1].judge, found[0][1]


def _refuse_changed(record: RunRecord, plan: SuitePlan, judge: AnyJudge) -> None:
    scorers = record.manifest["suites"][plan.suite.name]["scorers"]
    ran = next((options.get("judge") for _, name, options in scorers if name == judge.name), None)
    if ran != judge.fingerprint:
        message = f"the judge {judge.name} changed since run {record.run_id}"
        raise UsageError(message, f"run it again: `prompteval run {plan.suite.name}`")


def _labels(
    workspace: Workspace, plan: SuitePlan, files: JudgeFiles | None, options: CheckOptions
) -> tuple[tuple[Label, ...], str]:
    """(the labels, their path from the root of the workspace, or as it was given where it lies outside)."""
    named = None if files is None or not files.labels_path else workspace.root / files.labels_path
    place = options.labels or named
    if place is None:
        raise UsageError(
            "no labels", "name a file with --labels, or with `labels:` under `judges:` of the suite"
        )
    try:
        data = place.read_bytes()
    except OSError as error:
        help = f"`prompteval label {plan.suite.name} -o {shown_place(place)}` writes them"
        raise UsageError(f"{shown_place(place)}: {error.strerror}", help) from None
    resolved = place.resolve()
    inside = resolved.is_relative_to(workspace.root.resolve())
    shown = resolved.relative_to(workspace.root.resolve()).as_posix() if inside else str(place)
    return read_labels(data, str(place)), shown


def _rows(
    store: ResultsStore,
    record: RunRecord,
    plan: SuitePlan,
    judge: AnyJudge,
    labels: Sequence[Label],
    scale: JudgeScale,
) -> Iterator[JudgedRow]:
    index = LabelIndex(labels)
    seen: set[tuple[str, int, str]] = set()
    for suite, target, model in record.manifest["entries"]:
        if suite != plan.suite.name:
            continue
        key = EntryKey(record.run_id, suite, target, model)
        rows = store.entry_rows(key, RowFields())
        for row in judged_rows(rows, judge.name, index, scale, target, model):
            known = (row.case_id, row.replicate, row.output)
            if known not in seen:  # the same output of two versions was labelled, and judged, once
                seen.add(known)
                yield row


def _calibration(  # noqa: PLR0913 - the parts of the file
    judge: AnyJudge,
    figures: JudgeFigures,
    rows: Sequence[JudgedRow],
    labels: Sequence[Label],
    path: str,
    scale: JudgeScale,
    options: CheckOptions,
    slices: tuple[str, ...],
) -> Calibration:
    loaded = judge.loaded
    if loaded is None:
        raise UsageError(f"the judge {judge.name} has no prompt")
    shown = {
        tag: {value: figures_json(one) for value, one in values.items()}
        for tag, values in figures.slices.items()
    }
    kept = [
        CalibrationRow(
            row.case_id, row.replicate, row.output, row.label_mark, row.verdict, row.length, row.samples,
            row.order_changed, tuple(pair for pair in row.tags if pair[0] in slices), row.probability,
        )
        for row in sorted(rows, key=lambda row: (row.case_id, row.replicate, row.output))
    ]  # fmt: skip
    return Calibration(
        judge.name, judge.fingerprint, loaded.prompt.reference, loaded.prompt.fingerprint, loaded.model, path,
        labels_fingerprint(labels), len(labels), figures.annotators, scale, options.unparsed, options.epsilon,
        slices, {**figures_json(figures), "slices": shown}, tuple(kept),
    )  # fmt: skip


def _view(
    record: RunRecord,
    judge: AnyJudge,
    figures: JudgeFigures,
    files: JudgeFiles | None,
    rows: Sequence[JudgedRow],
    scale: JudgeScale,
    labels: Sequence[Label],
) -> JudgeView:
    floors = {} if files is None else files.floors
    weak = below_floor(figures, floors)
    floor = ", ".join(
        f"{name} {'>' if not floors else '>='} {value:g}" for name, value in (floors or FLOORS).items()
    )
    loaded = judge.loaded
    return JudgeView(
        judge.name,
        "" if loaded is None else loaded.prompt.reference,
        "" if loaded is None else loaded.model,
        f"run {record.run_id}",
        figures,
        scale.labels,
        not weak,
        f"{weak}; it may not decide a gate" if weak else f"it may decide a gate ({floor})",
        figures.slices,
        tuple(_notes(judge, figures, files, labels)),
        (),
        tuple(_length_points(rows, scale)),
    )


def _notes(
    judge: AnyJudge, figures: JudgeFigures, files: JudgeFiles | None, labels: Sequence[Label]
) -> Iterator[str]:
    """What differs from the calibration before, and what was left out."""
    before = None if files is None else files.calibration
    if before is not None and before.fingerprint == judge.fingerprint:
        kappa = before.figures.get("kappa")
        value = kappa.get("value") if isinstance(kappa, dict) else None
        if isinstance(value, float) and figures.kappa.value is not None and value != figures.kappa.value:
            yield f"kappa was {value:.3f} on {before.figures.get('n')} outputs in the calibration before"
    synthetic = sum(one.synthetic for one in labels)
    if synthetic:
        yield f"{counted(synthetic, 'synthetic label')} left out"


def _length_points(rows: Iterable[JudgedRow], scale: JudgeScale) -> Iterator[tuple[float, float, float]]:
    """(length of an output, the judge's value, the people's), of a scale that has values."""
    if not (scale.is_numeric or scale.is_binary):
        return
    for row in rows:
        truth = scale.truth(row.labels)
        if row.length is not None and row.verdict is not None and truth is not None:
            yield row.length, scale.value(row.verdict), scale.value(truth)
