"""Rows that the model is shown: in few-shot examples, in the prompt's text, verbatim in the corpus."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prompteval.data.findings import Findings
from prompteval.data.minhash import SHINGLE, shingles
from prompteval.data.normal import normal
from prompteval.data.rows import DataRow

# A shorter text is in any prompt by chance.
SHORTEST = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """A text that the model is shown, and where it is written."""

    place: str
    text: str


def check_examples(
    rows: Sequence[DataRow], examples: Iterable[Shown], near: float, findings: Findings
) -> None:
    """B12: rows that equal a few-shot question, or are nearly one; both are named."""
    known = [(shown, normal(shown.text)) for shown in examples]
    sets = [(shown, text, shingles(text)) for shown, text in known if text]
    for row in rows if sets else ():
        text = normal(row.text)
        own = shingles(text)
        for shown, other, parts in sets:
            alike = 1.0 if text == other else _jaccard(own, parts) if len(text) >= SHINGLE else 0.0
            if alike >= near:
                how = "equals" if alike == 1 else "is nearly"
                message = (
                    f"the row {how} a few-shot example of the prompt at {shown.place}, {alike:.2f} alike"
                )
                findings.add(row, "PD105", message, "remove it from the examples or from the rows")
                break


def check_prompt(rows: Sequence[DataRow], parts: Iterable[Shown], findings: Findings) -> None:
    """Rows whose whole text is in a template."""
    known = [(shown, normal(shown.text)) for shown in parts]
    for row in rows if known else ():
        text = normal(row.text)
        place = next((shown.place for shown, whole in known if len(text) >= SHORTEST and text in whole), None)
        if place is not None:
            findings.add(
                row, "PD106", f"the row's text is in the prompt at {place}", "remove it from one of them"
            )


def check_corpus(rows: Sequence[DataRow], documents: Iterable[Shown], findings: Findings) -> None:
    """Rows whose whole text is in a document: retrieval finds the question itself."""
    wanted: dict[str, list[DataRow]] = {}
    for row in rows:
        text = normal(row.text)
        if len(text) >= SHORTEST:
            wanted.setdefault(text[:SHORTEST], []).append(row)
    for document in documents if wanted else ():
        whole = normal(document.text)
        starts = {whole[place : place + SHORTEST] for place in range(len(whole) - SHORTEST + 1)}
        for start in sorted(starts & wanted.keys()):
            for row in wanted[start]:
                if normal(row.text) in whole:
                    message = f"the row's text is verbatim in document {document.place}"
                    findings.add(row, "PD107", message, "rephrase it, or say that it is meant")


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / max(len(one) + len(other) - shared, 1)
