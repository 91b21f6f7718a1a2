"""A row twice: shortly for the list of all cases, and in full for the page of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prompteval.core.observation import CaseVerdict, Row, row_verdict
from prompteval.core.text import counted, one_line
from prompteval.report.advice import reason_of
from prompteval.report.case import failing_scores, failure_reason, output_text
from prompteval.report.exchanges import Exchange, calls_made
from prompteval.report.inputs import shown_inputs
from prompteval.report.one_case.citations import quoted_words
from prompteval.report.one_case.passages import lists_of
from prompteval.report.one_case.shapes import Line, Part
from prompteval.report.one_case.view import case_view, written
from prompteval.report.thumbnails import Thumbnails, no_thumbnails

# Of a text in the list, of a reason there, and of one part of a case in full.
SNIPPET, WHY, LONGEST_PART = 160, 240, 20_000
# All that can be searched in a row, and of a very long part what stays of each text.
LONGEST_SEARCHED, LEAST = 2_000, 120
# Of all rows of a page together: with more rows each keeps less.
PARTS_CHARACTERS, SEARCHED_CHARACTERS = 400_000_000, 60_000_000


@dataclass(frozen=True, slots=True)
class Room:
    """How many characters of one row a page keeps: of a part in full, and to search in."""

    part: int
    searched: int

    @staticmethod
    def of(rows: int) -> "Room":
        """What each of so many rows may take."""
        share = max(rows, 1)
        part = max(1_000, min(LONGEST_PART, PARTS_CHARACTERS // share))
        return Room(part, max(2 * SNIPPET, min(LONGEST_SEARCHED, SEARCHED_CHARACTERS // share)))


def listed(row: Row, column: int, room: Room) -> dict[str, object]:
    """A row of the list: enough to filter, sort and recognise it. `text` is what a search reads."""
    seen, verdict = row.observation, row_verdict(row)
    inputs, expected, output = _inputs(shown_inputs(row.case)), expected_text(row), output_text(seen)
    why = failure_reason(row)
    parts = (row.case.id, inputs, expected, output, why, *_passages(row))
    found: dict[str, object] = {
        "column": column,
        "id": row.case.id,
        "replicate": row.replicate,
        "verdict": verdict.value,
        "outcome": seen.outcome,
        "inputs": _snippet(inputs),
        "expected": _snippet(expected),
        "output": _snippet(output),
        "latency_ms": round(seen.latency_ms, 1),
        "scores": {score.title: [score.value, score.passed, score.status] for score in row.scores},
        "tags": dict(row.case.tags),
        "text": "\n".join(part for part in parts if part)[: room.searched],
    }
    if verdict is not CaseVerdict.PASS:
        found |= {"why": _cut(one_line(why), WHY), "reason": _kind(row)}
        found["fails"] = [score.name for score in failing_scores(row)]
    return found


def in_full(row: Row, room: Room, images: Thumbnails = no_thumbnails) -> dict[str, object]:
    """Everything that is known of a row, with the images of its inputs."""
    view = case_view(row)
    gold = [dict(item) for group in row.case.gold for item in group]
    return {
        "verdict": view.verdict,
        "why": view.why,
        "expected": _of_value(expected_text(row), room),
        "output": _of_value(_answer_text(row), room),
        "gold": [
            {name: item[name] for name in ("doc", "start", "end", "quote") if name in item} for item in gold
        ],
        "parts": [_part(part, room.part, images) for part in view.parts],
        "quotes": [list(one) for one in quoted_words(row.observation, lists_of(row.observation))],
        "evidence": {
            score.title: _clipped(written(dict(score.evidence)), room.part)
            for score in row.scores
            if score.evidence
        },
        "calls": calls_made(row),
    }


def raw_exchanges(exchanges: Sequence[Exchange], room: Room) -> list[dict[str, str]]:
    """What was sent and what came back, each as the JSON text that is kept."""
    return [
        {
            "role": one.role, "model": one.model, "served_by": one.served_by,
            "request": _clipped(one.request, room.part), "response": _clipped(one.response, room.part),
        }
        for one in exchanges
    ]  # fmt: skip


def expected_text(row: Row) -> str:
    """The expected value as text, or the first right answer; empty where a case has neither."""
    if row.case.expected is not None:
        return written(row.case.expected)
    return row.case.answers[0] if row.case.answers else ""


def _answer_text(row: Row) -> str:
    """What stands beside the expected text: of a question with answers, the answer alone."""
    output = row.observation.output
    if row.case.expected is None and isinstance(output, Mapping) and isinstance(output.get("answer"), str):
        return str(output["answer"])
    return output_text(row.observation)


def _kind(row: Row) -> str:
    """What kind of failure it is: the stage that lost the answer, the error, or how the output ended."""
    found = reason_of(row)
    if found is not None:
        return found
    failure = row.observation.failure
    return row.observation.outcome if failure is None else failure.type


def _passages(row: Row) -> list[str]:
    """The names of what was found for a question, to search by document."""
    ranking = row.observation.ranking
    return [] if ranking is None else [name for name, _ in ranking.hits[:10]]


def _inputs(inputs: object) -> str:
    texts = map(written, inputs.values()) if isinstance(inputs, Mapping) else [written(inputs)]
    return " ".join(texts)


def _snippet(text: str) -> str:
    return _cut(" ".join(text[: 4 * SNIPPET].split()), SNIPPET)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _of_value(text: str, room: Room) -> dict[str, object]:
    """A value to compare, and its whole length where it is not there in full."""
    return {"text": text[: room.part], "length": len(text)}


def _part(part: Part, longest: int, images: Thumbnails) -> dict[str, object]:
    """A part with its lines. All of it together has a bounded length."""
    found: dict[str, object] = {"name": part.name}
    if part.text:
        found["text"] = _clipped(part.text, longest)
    lines, left = [], longest
    for line in part.lines:
        lines.append(_line(line, left, images))
        left = max(LEAST, left - len(line.text) - len(line.words))
    if lines:
        found["lines"] = lines
    return {**found, "left_out": part.left_out} if part.left_out else found


def _line(line: Line, longest: int, images: Thumbnails) -> dict[str, object]:
    found: dict[str, object] = {"label": _cut(line.label, 200), "text": _clipped(line.text, longest)}
    if line.marks:
        found["marks"] = [[mark.word, mark.tone] for mark in line.marks]
    if shown := [image for sha256 in line.images if (image := images(sha256))]:
        found["images"] = shown
    if line.words:
        found["words"] = _clipped(line.words, longest)
    return found


def _clipped(text: str, longest: int) -> str:
    """A text, cut after so many characters with a word on what is missing."""
    return text if len(text) <= longest else f"{text[:longest]}… {counted(len(text), 'character')} in all"
