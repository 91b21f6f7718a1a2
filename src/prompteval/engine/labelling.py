"""`label`: the outputs of one run or two that a person labels, blind and in a seeded order."""

import getpass
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from prompteval.core.errors import UsageError
from prompteval.core.observation import Row
from prompteval.engine.judge_check import judged_run
from prompteval.engine.label_samples import check_one_sample
from prompteval.engine.stored import reading
from prompteval.judging.ask import SAMPLES, output_hash
from prompteval.judging.inputs import SeenPassage, passages_of
from prompteval.judging.labels import Label, Word, of_people, read_labels
from prompteval.judging.pairwise import Pairwise
from prompteval.judging.sample import Chosen, chosen_cases, rank, share_of
from prompteval.judging.scale import JudgeScale
from prompteval.plan.judge_files import scale_of
from prompteval.plan.judges import AnyJudge
from prompteval.plan.suite_plan import SuitePlan
from prompteval.store.protocol import Checked, ResultsStore
from prompteval.store.records import RunRecord
from prompteval.workspace.safe_paths import bounds_of, file_to_write
from prompteval.workspace.settings import Workspace
from prompteval.workspace.writing import make_directory

# A scale of more steps has no key for each; its number is typed.
MOST_KEYS = 9


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """What a command line asks to be labelled."""

    sample: int = 50
    seed: int = 0
    annotator: str = ""
    judge: str | None = None
    balance: str | None = None
    share: float = 1.0
    disagreeing: bool = False
    reading: bool = False  # the labels of the file are looked at, and none is added


@dataclass(frozen=True, slots=True)
class Output:
    """One output to label, without anything that says who made it or what a judge says of it."""

    case_id: str
    inputs: object
    expected: object
    passages: tuple[SeenPassage, ...]
    output: object
    mark: str
    run_id: str
    weight: float | None = None


@dataclass(slots=True)
class Sheet:
    """What is to be labelled, in order, and what already is. `words` are the labels with a key each."""

    path: Path
    annotator: str
    words: tuple[str, ...]
    scale: JudgeScale
    outputs: list[Output]
    suite: str
    chosen: str | None = None
    known: dict[tuple[str, str], Word] = field(default_factory=dict)
    within: Path | None = None

    @property
    def left(self) -> list[Output]:
        """The outputs that this person has not labelled."""
        return [one for one in self.outputs if (one.case_id, one.mark) not in self.known]

    def add(self, output: Output, word: Word, note: str | None = None) -> None:
        """Append one label to the file; a later one of the same output counts instead of it.

        Raises UsageError where it cannot be written.
        """
        label = Label(
            output.case_id, word, self.annotator, output.mark, weight=output.weight, run_id=output.run_id,
            note=note, chosen=self.chosen,
        )  # fmt: skip
        with (
            _explained(self.path),
            file_to_write(self.path, self.within).open("a", encoding="utf-8") as file,
        ):
            file.write(json.dumps(label.as_json()) + "\n")
        self.known[output.case_id, output.mark] = word

    def word(self, text: str) -> Word | None:
        """The label that a key or a typed text means; None where it means none."""
        if self.scale.is_numeric:
            try:
                value = float(text)
            except ValueError:
                return None
            return value if not self.scale.fault(value) else None
        if text.isdecimal() and 1 <= int(text) <= len(self.words):
            return self.words[int(text) - 1]
        return next((word for word in self.words if word == text), None)


def user_name() -> str:
    """The name of this machine's user. Raises UsageError where nothing says one."""
    try:
        name = getpass.getuser().strip()
    except (KeyError, OSError, ImportError):  # a user id without an entry, as in many containers
        name = ""
    if not name:
        raise UsageError("no user name; set USER or name --annotator")
    return name


def label_sheet(
    workspace: Workspace,
    runs: Sequence[str],
    path: Path | None,
    options: LabelOptions,
    checked: Checked | None = None,
) -> Sheet:
    """The sheet of one run, or of two whose versions of a case go together.

    Raises UsageError for runs without a judge or an output, for a file of labels that cannot be reached and
    for one with labels of another sample, InvalidInput for one that is wrong.
    """
    with reading(workspace, checked) as store:
        record, plan = judged_run(workspace, store, runs[0], options.judge)
        judge = _judge(plan, options.judge)
        others = [store.run(name) for name in runs[1:]]
        found = [_outputs(store, one, plan, judge) for one in (record, *others)]
    if isinstance(judge, Pairwise):
        raise UsageError(f"{judge.name} compares pairs, and `label` labels single outputs", "choose --judge")
    cases = _of_all_runs(found)
    if options.disagreeing:
        cases = {case: of for case, of in cases.items() if any(one.doubtful for one in of)}
    if not cases:
        what = "no output on which the judge disagrees with itself" if options.disagreeing else "no output"
        raise UsageError(f"run {record.run_id} has {what} to label")
    chosen = _chosen(cases, options)
    place = path or _own_path(workspace, plan, judge)
    within = bounds_of(workspace.root, place)
    with _explained(place):
        make_directory(place.parent, within=within)
        labels = _labels(place)
    if not (options.disagreeing or options.reading):
        marks = {case: {one.output.mark for one in of} for case, of in cases.items()}
        check_one_sample(place, of_people(labels), marks, {one.case_id: one.weight for one in chosen})
    known = {
        (one.case_id, one.output): one.label
        for one in labels
        if one.annotator == options.annotator and one.output is not None
    }
    scale = scale_of(judge)
    outputs = list(_ordered(chosen, cases, options.seed))
    why = "disagree" if options.disagreeing else None
    return Sheet(
        place, options.annotator, words_of(scale), scale, outputs, plan.suite.name, why, known, within
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One output of a case; `doubtful` where the samples of the judge differ."""

    output: Output
    tags: Mapping[str, str]
    doubtful: bool


def _chosen(cases: Mapping[str, Sequence[_Candidate]], options: LabelOptions) -> list[Chosen]:
    """The sample of the cases that is labelled. Raises UsageError for a tag that no case carries."""
    strata = {case: of[0].tags.get(options.balance or "") for case, of in cases.items()}
    if options.balance and not any(strata.values()):
        raise UsageError(f"--balance {options.balance}: no case carries the tag {options.balance!r}")
    chosen = chosen_cases(strata, options.sample, options.seed, balanced=options.balance is not None)
    return share_of(chosen, options.share)


def words_of(scale: JudgeScale) -> tuple[str, ...]:
    """The labels that have a key: the judge's words, or the whole numbers of a short scale."""
    if scale.labels:
        return scale.labels
    low, high = scale.low, scale.high
    if low.is_integer() and high.is_integer() and high - low < MOST_KEYS:
        return tuple(f"{number}" for number in range(int(low), int(high) + 1))
    return ()


def _judge(plan: SuitePlan, name: str | None) -> AnyJudge:
    found = [files.judge for one, files in plan.judge_files.items() if name in (None, one)]
    if len(found) != 1:
        names = ", ".join(plan.judge_files)
        raise UsageError(f"the suite {plan.suite.name} has {len(found)} judges", f"--judge is one of {names}")
    return found[0]


def _own_path(workspace: Workspace, plan: SuitePlan, judge: AnyJudge) -> Path:
    path = plan.judge_files[judge.name].labels_path
    if not path:
        help = "name one with -o, or with `labels:` under `judges:` of the suite"
        raise UsageError("no file to write labels to", help)
    return workspace.root / path


def _outputs(
    store: ResultsStore, record: RunRecord, plan: SuitePlan, judge: AnyJudge
) -> dict[str, list[_Candidate]]:
    """The outputs of a run by their case, equal ones of a case once."""
    found: dict[str, dict[str, _Candidate]] = {}
    for row in store.rows(record.run_id, plan.suite.name):
        if row.observation.outcome != "ok":
            continue
        case, mark = row.case, output_hash(row.observation.output)
        passages = passages_of(row.observation) or ()
        output = Output(
            case.id, case.inputs, case.expected, passages, row.observation.output, mark, record.run_id
        )
        candidate = _Candidate(output, case.tags, _is_doubtful(row, judge.name))
        found.setdefault(case.id, {}).setdefault(mark, candidate)
    return {case: list(of.values()) for case, of in found.items()}


def _is_doubtful(row: Row, judge: str) -> bool:
    """Whether the samples of the judge differ, or it gave no verdict."""
    own = (score for score in row.scores if score.name == judge)
    return any(one.value is None or len(set(one.evidence.get(SAMPLES, ()))) > 1 for one in own)


def _of_all_runs(found: Sequence[dict[str, list[_Candidate]]]) -> dict[str, list[_Candidate]]:
    """The cases that every run has, with the different outputs of all runs."""
    shared = set(found[0]).intersection(*found[1:])
    merged: dict[str, list[_Candidate]] = {}
    for case in sorted(shared):
        by_mark: dict[str, _Candidate] = {}
        for of in found:
            for one in of[case]:
                by_mark.setdefault(one.output.mark, one)
        merged[case] = list(by_mark.values())
    return merged


def _ordered(
    chosen: Sequence[Chosen], cases: Mapping[str, Sequence[_Candidate]], seed: int
) -> Iterator[Output]:
    """The outputs of the chosen cases, those of a case together in an order that says nothing of them."""
    for one in chosen:
        for candidate in sorted(cases[one.case_id], key=lambda c: rank(seed, one.case_id, c.output.mark)):
            yield replace(candidate.output, weight=one.weight)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Raise UsageError with the path and the reason where the system refuses the file of labels."""
    try:
        yield
    except OSError as error:
        message = f"no label can be kept in {path}: {error.filename or path}: {error.strerror}"
        raise UsageError(message, "`prompteval label -o FILE` keeps them elsewhere") from None


def _labels(path: Path) -> tuple[Label, ...]:
    """The labels of the file; none where it is missing or empty."""
    if not path.is_file() or not path.stat().st_size:
        return ()
    return read_labels(path.read_bytes(), str(path))


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An output that people label differently."""

    case_id: str
    output: str | None
    labels: Mapping[str, Word]


def disagreements(path: Path) -> list[Disagreement]:
    """The outputs of a file that people label differently, by case. Raises InvalidInput for a wrong file."""
    by_output: dict[tuple[str, str | None], dict[str, Word]] = {}
    for one in read_labels(path.read_bytes(), str(path)):
        if not one.synthetic:
            by_output.setdefault((one.case_id, one.output), {})[one.annotator] = one.label
    return [
        Disagreement(case, output, given)
        for (case, output), given in sorted(by_output.items(), key=lambda one: (one[0][0], one[0][1] or ""))
        if len(set(given.values())) > 1
    ]
