"""A judge's stored scores joined with the labels of people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from prompteval.core.fingerprint import fingerprint
from prompteval.core.stored import StoredRow, StoredScore
from prompteval.judging.ask import LABEL_KEYS, LENGTH, ORDER, OUTPUT, PROBABILITY, SAMPLES, WORD
from prompteval.judging.labels import Label, Word, of_people
from prompteval.judging.scale import JudgeScale
from prompteval.plan.judge_files import JudgeFiles
from prompteval.stats.judged.corrected import LabelledElsewhere


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """One output with a judge's verdict and the labels of people.

    `verdict` is None where the judge's reply had none. `label_mark` is over the labels, `samples` are the
    values of several askings. `order_changed` says of a pair whether the judge decides otherwise when the
    order is turned, None where there is one order. `probability` is that of the labels that pass, where the
    judge was asked for it.
    """

    case_id: str
    replicate: int
    output: str
    verdict: Word | None
    labels: Mapping[str, Word]
    label_mark: str
    weight: float | None = None
    tags: tuple[tuple[str, str], ...] = ()
    length: float | None = None
    samples: tuple[float, ...] = ()
    order_changed: bool | None = None
    probability: float | None = None


class LabelIndex:
    """Labels by their case, so that a row finds its own."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self._by_case: dict[str, list[Label]] = {}
        for label in labels:
            self._by_case.setdefault(label.case_id, []).append(label)

    def of_case(self, case_id: str) -> Sequence[Label]:
        """The labels of all outputs of a case."""
        return self._by_case.get(case_id, ())

    def of(self, case_id: str, replicate: int, output: str, prompt: str, model: str) -> list[Label]:
        """The labels of one output."""
        given = self._by_case.get(case_id, ())
        return [label for label in given if label.fits(case_id, replicate, output, prompt, model)]


def with_labels(
    rows: Iterable[StoredRow],
    judges: Mapping[str, JudgeFiles],
    target: str,
    model: str,
    elsewhere: Mapping[str, LabelledElsewhere],
) -> Iterator[StoredRow]:
    """The rows, each score of a judge with what people say of the same output, for metrics to read.

    As `labelled` and `labelled_passes`: the judge's value, 1 where there are labels, people's value, and the
    weight of the labels or 0. As `calibrated`: whether it passes, 1 where there are labels, and how the judge
    did on the outputs of its calibration. Labels that a model gave, or of outputs that were not drawn, are
    left out.
    """
    if not judges:
        yield from rows
        return
    known = {
        name: (files, LabelIndex(of_people(files.labels)), elsewhere[name]) for name, files in judges.items()
    }
    for row in rows:
        scores = tuple(
            _labelled(score, row, *known[score.name], target, model) if score.name in known else score
            for score in row.scores
        )
        yield replace(row, scores=scores)


def _labelled(
    score: StoredScore,
    row: StoredRow,
    files: JudgeFiles,
    labels: LabelIndex,
    elsewhere: LabelledElsewhere,
    target: str,
    model: str,
) -> StoredScore:
    if score.value is None:
        return score
    output = str(score.evidence.get(OUTPUT, ""))
    given = labels.of(row.case_id, row.replicate, output, target, model)
    truth = files.scale.truth({one.annotator: one.label for one in given}) if given else None
    weight = next((one.weight for one in given if one.weight is not None), 0.0)
    judged = score.value, float(score.value if score.passed is None else score.passed)
    if truth is None:
        found = [[value, 0.0, 0.0, 0.0] for value in judged]
    else:
        value = files.scale.value(truth)
        least = files.judge.threshold
        passes = float(value >= least) if files.scale.is_numeric and least is not None else value
        found = [[judged[0], 1.0, value, weight], [judged[1], 1.0, passes, weight]]
    counts = elsewhere.positives, elsewhere.found, elsewhere.negatives, elsewhere.rejected
    found.append([judged[1], float(truth is not None), *map(float, counts)])
    return replace(score, evidence={**score.evidence, **dict(zip(LABEL_KEYS, found, strict=True))})


def labels_mark(labels: Iterable[Label]) -> str:
    """Over some labels, in any order."""
    return fingerprint(sorted(label.mark for label in labels))


def judged_rows(
    rows: Iterable[StoredRow], judge: str, labels: LabelIndex, scale: JudgeScale, target: str, model: str
) -> Iterator[JudgedRow]:
    """Every output that the judge was asked about and people labelled."""
    for row in rows:
        score = row.score(judge)
        if score is None or score.status == "skipped":
            continue
        output = str(score.evidence.get(OUTPUT, ""))
        given = labels.of(row.case_id, row.replicate, output, target, model)
        if not given:
            continue
        length, changed = score.evidence.get(LENGTH), score.evidence.get(ORDER)
        probability = score.evidence.get(PROBABILITY)
        yield JudgedRow(
            row.case_id,
            row.replicate,
            output,
            verdict_of(score, scale),
            {label.annotator: label.label for label in given},
            labels_mark(given),
            next((label.weight for label in given if label.weight is not None), None),
            tuple(sorted(row.tags.items())),
            float(length) if isinstance(length, int | float) else None,
            tuple(float(one) for one in score.evidence.get(SAMPLES, ())),
            changed if isinstance(changed, bool) else None,
            float(probability) if isinstance(probability, int | float) else None,
        )


def verdict_of(score: StoredScore, scale: JudgeScale) -> Word | None:
    """What the judge said: the number, or its word; None where it said neither."""
    if score.value is None:
        return None
    if scale.is_numeric:
        return score.value
    if ORDER in score.evidence:
        return {1.0: "win", 0.0: "loss"}.get(score.value, "tie")
    word = score.evidence.get(WORD)
    return str(word) if word is not None else None
