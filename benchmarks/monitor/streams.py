"""Delay of `watch` at change points, beside river's detectors, one that always fires and one that never does.

python benchmarks/monitor/streams.py

SEA has stated change points; elec has none, and the persistence baseline. river is not a dependency:
`pip install river` for its columns.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from populations import elec, sea, table, write_part

from prompteval.monitor.signals.predictions import share_signal
from prompteval.monitor.signals.rates import error_signal
from prompteval.monitor.tally import Tally
from prompteval.monitor.watch import evidence_of
from prompteval.report.monitoring.view import Signal
from prompteval.stats.drift.looks import alarms, next_evidence

CHANGES = (12_500, 25_000, 37_500)
LOOK_ROWS = 500
LOOKS = 8_640  # a look every five minutes, one false alarm in thirty days
Detect = Callable[[Sequence[int]], list[int]]


def main() -> None:
    label, error = sea()
    detectors: dict[str, Detect] = {
        "watch, share of label 1, threshold 3 points": lambda stream: by_shares(stream, 0.03),
        "watch, error rate, threshold 12 %": lambda stream: by_rate(stream, 0.12),
        **river(),
        "always firing": lambda stream: list(range(len(stream))),
        "never firing": lambda stream: [],
    }
    rows = []
    for name, detect in detectors.items():
        for what, stream in (("labels", label), ("errors", error)):
            if ("share" in name and what == "errors") or ("rate" in name and what == "labels"):
                continue
            found = detect(stream.tolist())
            rows.append([name, what, *(delay(found, number) for number in range(3)), false_alarms(found)])
    head = ["detector", "of", "change 1, rows", "change 2, rows", "change 3, rows", "false alarms"]
    text = (
        "## Change points\n\n```\npython benchmarks/monitor/streams.py\n```\n\n"
        f"SEA: rows from a stated change to the first alarm after it. `watch` looks every {LOOK_ROWS} "
        "rows, its reference "
        "is the concept that\nwas last confirmed (the first 2,500 rows after a change), and it is set "
        "for one false alarm in "
        f"{LOOKS:,} looks. A false alarm is one\nbefore the first change, or a second one within a "
        "concept. The second "
        "change leaves the errors where they were: no detector of\nerrors can see it.\n\n"
        f"{table(head, rows)}\n\n{persistence()}"
    )
    write_part("streams", text)


def concept(row: int) -> int:
    return sum(row >= change for change in CHANGES)


def delay(found: Sequence[int], number: int) -> str:
    end = [*CHANGES, 50_000][number + 1]
    after = [row for row in found if CHANGES[number] <= row < end]
    return f"{after[0] - CHANGES[number]:,}" if after else "not found"


def false_alarms(found: Sequence[int]) -> str:
    counts = Counter(concept(row) for row in found)
    return f"{counts[0] + sum(max(counts[k] - 1, 0) for k in (1, 2, 3)):,}"


def by_shares(stream: Sequence[int], threshold: float) -> list[int]:
    """`watch` on the share of a class: after an alarm the reference is drawn anew."""

    def look(reference: Sequence[int], window: Sequence[int]) -> Signal:
        sides = [Counter({str(k): list(side).count(k) for k in (0, 1)}) for side in (reference, window)]
        return share_signal("x", sides[0], sides[1], threshold)

    return watched(stream, look)


def by_rate(stream: Sequence[int], rate: float) -> list[int]:
    """`watch` on the share of wrong rows; once it alarms it stays so until a look is clear."""

    def look(reference: Sequence[int], window: Sequence[int]) -> Signal:
        tally = Tally()
        tally.rows, tally.failed = len(window), sum(window)
        return error_signal(tally, None, rate, None)

    starts = watched(stream, look)
    held: list[int] = []
    for row in starts:  # an alert lasts until three looks are clear, and does not start again before
        last = held[-1] if held else None
        if last is None or cleared(stream[last + 1 : row + 1], 0.8 * rate):
            held.append(row)
    return held


def cleared(stream: Sequence[int], below: float) -> bool:
    """Whether three looks in a row are under a rate."""
    looks = [sum(stream[at : at + LOOK_ROWS]) / LOOK_ROWS <= below for at in range(0, len(stream), LOOK_ROWS)]
    return any(all(looks[at : at + 3]) for at in range(len(looks) - 2))


def watched(stream: Sequence[int], look: Callable[[Sequence[int], Sequence[int]], Signal]) -> list[int]:
    found: list[int] = []
    evidence, start = 0.0, 0
    for end in range(2_500 + LOOK_ROWS, len(stream) + 1, LOOK_ROWS):
        if end - LOOK_ROWS < start + 2_500:
            continue
        seen = look(stream[start : start + 2_500], stream[end - LOOK_ROWS : end])
        evidence = next_evidence(evidence, evidence_of(seen))
        if alarms(evidence, LOOKS):
            found.append(end - 1)
            evidence, start = 0.0, next((c for c in reversed(CHANGES) if c < end), 0)
            if end - start > 6_000:  # no change is near: the reference is where it is now
                start = end
    return found


def river() -> dict[str, Detect]:
    """river's detectors at their defaults, where it is installed."""
    try:
        from river import drift
    except ImportError:
        return {}

    def detector(make: Callable[[], object]) -> Detect:
        def run(stream: Sequence[int]) -> list[int]:
            one, found = make(), []
            for row, value in enumerate(stream):
                one.update(value)
                if one.drift_detected:
                    found.append(row)
            return found

        return run

    return {
        "river ADWIN": detector(drift.ADWIN),
        "river PageHinkley": detector(drift.PageHinkley),
        "river KSWIN, seed 0": detector(lambda: drift.KSWIN(seed=0)),
    }


def persistence() -> str:
    """What a model of elec must beat, and how often a check of consecutive weeks moves."""
    classes, _ = elec()
    same = np.mean([a == b for a, b in itertools.pairwise(classes)])
    day = np.mean([a == b for a, b in zip(classes, classes[48:], strict=False)])
    major = max(Counter(classes).values()) / len(classes)
    return (
        f"elec: the same as the row before is right in {same:.4f} of rows, the same as a day before in "
        f"{day:.4f}, always "
        f"the larger class\nin {major:.4f}. A model under the first has learnt nothing about the market."
    )


if __name__ == "__main__":
    main()
