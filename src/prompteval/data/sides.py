"""What lies on both sides of a split: duplicates, clusters, the future."""

from collections.abc import Sequence

from prompteval.data.findings import Findings, named
from prompteval.data.minhash import near_pairs
from prompteval.data.normal import normal
from prompteval.data.rows import DataRow
from prompteval.data.times import moment

TRAIN = "train"


def check_duplicates(rows: Sequence[DataRow], near: float | None, findings: Findings) -> None:
    """Equal and similar texts, within and across splits; `near` None looks at equal ones alone."""
    first: dict[str, int] = {}
    for place, row in enumerate(rows):
        text = normal(row.text)
        if not text:
            continue
        earlier = first.setdefault(text, place)
        if earlier != place:
            _equal(row, rows[earlier], findings)
    if near is None:
        return
    texts, places = list(first), list(first.values())
    for pair in near_pairs(texts, near):
        one, other = sorted((places[pair.first], places[pair.second]))
        _similar(rows[other], rows[one], pair.jaccard, findings)


def _equal(row: DataRow, earlier: DataRow, findings: Findings) -> None:
    if row.split != earlier.split:
        message = f"{_side(row)} row equals {_side(earlier)} row {named(earlier)}"
        findings.add(row, "PD102", message, "keep it on one side: group equal rows, or remove one")
    else:
        findings.add(row, "PD101", f"duplicate of {named(earlier)}", "remove one, or give both one cluster")


def _similar(row: DataRow, earlier: DataRow, jaccard: float, findings: Findings) -> None:
    alike = f"{jaccard:.2f} alike"
    if row.split != earlier.split:
        message = f"{_side(row)} row is nearly {_side(earlier)} row {named(earlier)}, {alike}"
        findings.add(row, "PD104", message, "give both one cluster, and split by it")
    else:
        message = f"nearly a duplicate of {named(earlier)}, {alike}"
        findings.add(row, "PD103", message, "remove one, or give both one cluster")


def check_groups(rows: Sequence[DataRow], findings: Findings) -> None:
    """A cluster, user or document whose rows are in more than one split."""
    first: dict[str, DataRow] = {}
    reported: set[str] = set()
    for row in rows:
        if not row.group or not row.split:
            continue
        earlier = first.setdefault(row.group, row)
        if earlier.split != row.split and row.group not in reported:
            reported.add(row.group)
            message = (
                f"group {row.group!r} is in {row.split!r} and, by {named(earlier)}, in {earlier.split!r}"
            )
            findings.add(row, "PD108", message, "`prompteval data split --group` keeps a group together")


def check_times(rows: Sequence[DataRow], findings: Findings) -> None:
    """Rows of train that are later than the first row of another split: the model has seen the future."""
    known = [(row, when) for row in rows if row.split and (when := moment(row.time)) is not None]
    tested = [(when, row) for row, when in known if row.split != TRAIN]
    if not tested:
        return
    start, first = min(tested, key=lambda pair: pair[0])
    for row, when in known:
        if row.split == TRAIN and when > start:
            message = (
                f"train row of {row.time} is later than {_side(first)} row {named(first)} of {first.time}"
            )
            findings.add(row, "PD109", message, "`prompteval data split --time` puts the past into train")


def check_conflicts(rows: Sequence[DataRow], findings: Findings) -> None:
    """Equal texts with different labels: one of them is wrong, or the text lacks what decides."""
    first: dict[str, DataRow] = {}
    for row in rows:
        text = normal(row.text) if row.label else ""
        if text:
            earlier = first.setdefault(text, row)
            if earlier.label != row.label:
                labels = f"label {row.label!r:.60}, and {earlier.label!r:.60}"
                message = f"{labels} for the same text in {named(earlier)}"
                help = "decide on one label, or add the input that tells them apart"
                findings.add(row, "PD111", message, help)


def _side(row: DataRow) -> str:
    return repr(row.split) if row.split else "unsplit"
