"""What a suite knows of its judges: their calibrations and the labels of people, read from its files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.core.protocols import Scorer
from prompteval.judging.calibration import Calibration, read_calibration
from prompteval.judging.faithfulness import Faithfulness
from prompteval.judging.labels import Label, of_people, read_labels
from prompteval.judging.pairwise import Pairwise
from prompteval.judging.scale import JudgeScale
from prompteval.plan.judges import AnyJudge, judges_of
from prompteval.plan.problems import Problems
from prompteval.workspace.suite import Suite
from prompteval.workspace.tree import Tree

# What people say of a pair, seen from the case's own output.
PAIR_WORDS = ("win", "tie", "loss")


@dataclass(frozen=True, slots=True)
class JudgeFiles:
    """One judge with its calibration and the labels of people, None and none where there are none.

    `problem` says why a calibration that is there cannot be read: `judge check` writes it again.
    """

    judge: AnyJudge
    calibration: Calibration | None = None
    labels: tuple[Label, ...] = ()
    floors: Mapping[str, float] = field(default_factory=dict)
    labels_path: str = ""
    calibration_path: str = ""
    problem: str = ""

    @property
    def fingerprint(self) -> str:
        return self.judge.fingerprint

    @property
    def scale(self) -> JudgeScale:
        """What the judge's verdicts are compared as."""
        return scale_of(self.judge)

    @property
    def changed(self) -> str:
        """What of the judge is not as it was when it was calibrated."""
        known, loaded = self.calibration, self.judge.loaded
        if known is None or loaded is None:
            return "its prompt"
        if known.prompt_fingerprint != loaded.prompt.fingerprint:
            return f"its prompt: {known.prompt} was calibrated, {loaded.prompt.reference} runs"
        if known.model != loaded.model:
            return f"its model: {known.model} was calibrated, {loaded.model} runs"
        return "its options"


def scale_of(judge: AnyJudge) -> JudgeScale:
    """The words of a judge, or the ends of its scale."""
    if isinstance(judge, Pairwise):
        return JudgeScale(PAIR_WORDS)
    if isinstance(judge, Faithfulness) or judge.is_graded:
        return JudgeScale(low=judge.low, high=judge.high)
    verdict = judge.verdict
    return JudgeScale(verdict.labels, tuple(label for label in verdict.labels if label in verdict.passes))


def read_judge_files(
    tree: Tree, suite: Suite, scorers: Sequence[Scorer], problems: Problems
) -> dict[str, JudgeFiles]:
    """What is known of each judge, by its name; what is wrong in a file is noted at its line."""
    found: dict[str, JudgeFiles] = {}
    for judge in judges_of(scorers):
        section = suite.judges.get(judge.name)
        if section is None or judge.loaded is None:
            found[judge.name] = JudgeFiles(judge)
            continue
        calibration: Calibration | None = None
        labels: tuple[Label, ...] = ()
        place = suite.judge_places.get(judge.name, (1, 1))
        wrong = ""
        if tree.exists(section.calibration):
            try:
                calibration = read_calibration(tree.read(section.calibration), section.calibration)
            except InvalidInput as error:
                wrong = f"its calibration cannot be read: {error.problems[0].message}"
                problems.found += [replace(one, severity="warning") for one in error.problems]
        path = section.labels or (calibration.labels_path if calibration is not None else "")
        if path and tree.exists(path):
            read = problems.catch(suite.path, place, "PE291", _labels, tree, path, scale_of(judge))
            labels = () if read is None else read
        found[judge.name] = JudgeFiles(
            judge, calibration, labels, section.floor, section.labels, section.calibration, wrong
        )
    return found


def _labels(tree: Tree, path: str, scale: JudgeScale) -> tuple[Label, ...]:
    """Those of people that count. Raises InvalidInput for one that the judge could not give."""
    labels = read_labels(tree.read(path), path)
    refuse_faults(labels, scale, path)
    return of_people(labels)


def refuse_faults(labels: Sequence[Label], scale: JudgeScale, path: str) -> None:
    """Raise InvalidInput with every label that is none of the judge's words, or off its scale."""
    problems = [
        Problem(path, label.line, 1, "PE291", fault)
        for label in labels
        if (fault := scale.fault(label.label))
    ]
    if problems:
        raise InvalidInput(problems)
