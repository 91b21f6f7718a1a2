"""The rows of a calibration with the labels that they rest on, and how often a judge was right on them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from prompteval.analysis.judges.rows import JudgedRow, LabelIndex, labels_mark, with_labels
from prompteval.core.stored import StoredRow
from prompteval.judging.calibration import Calibration
from prompteval.judging.labels import Label, of_people
from prompteval.plan.judge_files import JudgeFiles
from prompteval.stats.judged.corrected import LabelledElsewhere

NOTHING = LabelledElsewhere(0, 0, 0, 0)


def calibrated_rows(calibration: Calibration, labels: Sequence[Label]) -> list[JudgedRow] | str:
    """The judged rows behind a calibration; a sentence where the labels are not those that it rests on."""
    index = LabelIndex(of_people(labels))
    rows = []
    for row in calibration.rows:
        given = [
            label
            for label in index.of_case(row.case_id)
            if label.output == row.output
            or (label.output is None and label.replicate in (None, row.replicate))
        ]
        if labels_mark(given) != row.labels:
            return f"the labels of case {row.case_id} are not those that it was calibrated with"
        words = {label.annotator: label.label for label in given}
        rows.append(
            JudgedRow(
                row.case_id, row.replicate, row.output, row.verdict, words, row.labels, None, row.tags,
                row.length, row.samples, row.order_changed, row.probability,
            )
        )  # fmt: skip
    return rows


def right_elsewhere(files: JudgeFiles) -> LabelledElsewhere:
    """How a judge of labels that pass or fail did on the outputs of its calibration.

    Nothing where it is not calibrated, changed since, or judges something else.
    """
    calibration, scale = files.calibration, files.scale
    if calibration is None or calibration.fingerprint != files.fingerprint or not scale.is_binary:
        return NOTHING
    rows = calibrated_rows(calibration, files.labels)
    if isinstance(rows, str):
        return NOTHING
    counts = {(truth, said): 0 for truth in (0.0, 1.0) for said in (0.0, 1.0)}
    for row in rows:
        truth = scale.truth(row.labels)
        if truth is not None and row.verdict is not None:
            counts[scale.value(truth), scale.value(row.verdict)] += 1
    return LabelledElsewhere(
        positives=counts[1.0, 0.0] + counts[1.0, 1.0],
        found=counts[1.0, 1.0],
        negatives=counts[0.0, 0.0] + counts[0.0, 1.0],
        rejected=counts[0.0, 0.0],
    )


def labelled_rows(
    rows: Iterable[StoredRow], judges: Mapping[str, JudgeFiles], target: str, model: str
) -> Iterator[StoredRow]:
    """The rows with what metrics read of people's labels, of these outputs and of the calibrations'."""
    elsewhere = {name: right_elsewhere(files) for name, files in judges.items()}
    return with_labels(rows, judges, target, model, elsewhere)
