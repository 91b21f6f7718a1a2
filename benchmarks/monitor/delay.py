"""How many rows `watch` needs to alarm after a change, by signal and size of the change.

python benchmarks/monitor/delay.py [STREAMS]

It looks every 500 rows and is set for one false alarm in 8,640 looks; the threshold is half the change. For
macro-F1 it looks more seldom: a third of the rows get a label, two looks later.
"""

import sys
from collections import Counter
from collections.abc import Callable
from time import process_time

import numpy as np
from detection import as_counter, labelled
from populations import SEED, clinc150, counted, sketch, table, write_part
from streams import LOOK_ROWS, LOOKS

from prompteval.monitor.signals.feedback import feedback_signal
from prompteval.monitor.signals.inputs import number_signal, word_signal
from prompteval.monitor.signals.predictions import share_signal
from prompteval.monitor.signals.rates import error_signal, percentile_signal
from prompteval.monitor.tally import Tally
from prompteval.monitor.watch import evidence_of
from prompteval.report.monitoring.view import Signal
from prompteval.stats.drift.looks import alarms, next_evidence

REFERENCE = 5_000
MOST_LOOKS = 200
# A label comes so many looks after its row, for a share of the rows.
LATE_LOOKS, LABELLED = 2, 1 / 3
RIGHT = 0.9
# One look of a stream: a signal of the rows since the look before, after the change.
Look = Callable[[np.random.Generator], Signal]


def main() -> None:
    streams = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    started = process_time()
    rows = [row(name, change, LOOK_ROWS, make, streams) for name, change, make in scenarios()]
    rows += [row("macro-F1, late labels", change, size, make, streams) for change, size, make in drops()]
    head = ["signal", "change", "rows a look", "alarmed", "median rows", "90 % within rows"]
    text = (
        f"## Delay\n\n```\npython benchmarks/monitor/delay.py {streams}\n```\n\n"
        f"{streams:,} streams each, references of {REFERENCE:,} rows, the threshold half the change, one "
        f"false alarm in {LOOKS:,} looks; a stream\nhas {MOST_LOOKS} looks. Always firing has a delay of one "
        "look in every row of the table, and never firing none. Labels come\nfor a third of the rows, "
        f"{LATE_LOOKS} looks later: the first {LATE_LOOKS} looks after a drop cannot show it.\n\n"
        f"{table(head, rows)}\n\n{process_time() - started:.0f} s of processor time."
    )
    write_part("delay", text)


def row(
    name: str, change: str, size: int, make: Callable[[np.random.Generator], Look], streams: int
) -> list[str]:
    generator = np.random.default_rng(SEED)
    found = [delay(make(generator), size, generator) for _ in range(streams)]
    known = sorted(one for one in found if one is not None)
    shown = [name, change, f"{size:,}", f"{len(known):,} of {streams:,}"]
    if len(known) < 0.9 * streams:
        return [*shown, "", ""]
    ends = [known[len(known) // 2], known[min(int(0.9 * streams), len(known) - 1)]]
    return [*shown, *(f"{end:,}" for end in ends)]


def delay(look: Look, size: int, generator: np.random.Generator) -> int | None:
    """Rows to the alarm, with `size` of them a look; None where there is none in MOST_LOOKS looks."""
    evidence = 0.0
    for number in range(1, MOST_LOOKS + 1):
        evidence = next_evidence(evidence, evidence_of(look(generator)))
        if alarms(evidence, LOOKS):
            return number * size
    return None


def scenarios() -> list[tuple[str, str, Callable[[np.random.Generator], Look]]]:
    population = counted(clinc150()[0])
    names = sorted(population)
    p = np.asarray([population[name] for name in names], float)
    p /= p.sum()
    found = []
    for shift in (0.0, 0.05, 0.15, 0.3):
        q = p * (1 - (p[0] + shift)) / (1 - p[0])
        q[0] = p[0] + shift
        threshold = shift / 2 or 0.025
        change = f"{100 * shift:.0f} points" if shift else "none, threshold 2.5 points"
        found.append(("class share, 10 classes", change, shares(names, p, q, threshold)))
    scope = np.asarray([0.99, 0.01]), np.asarray([0.89, 0.11])
    found.append(("out-of-scope share", "10 points", shares(["in scope", "oos"], *scope, 0.05)))
    language = np.asarray([0.02, 0.98]), np.asarray([0.12, 0.88])
    size = float(((language[1] - language[0]) * np.log(language[1] / language[0])).sum())
    found.append(("language", f"PSI {size:.2f}", words(*language, size / 2)))
    pool = np.asarray(clinc150()[2], float)
    size = number_signal("x", sketch(pool), sketch(pool * 1.3), 0.001).observed or 0.0
    found.append(("length", f"PSI {size:.2f}", lengths(pool, size / 2)))
    for rate in (0.002, 0.01):
        found.append(("errors", f"{100 * rate:g} %", errors(rate)))
    found.append(("latency P99", "2 % slower", tails()))
    return found


def shares(names: list[str], p: np.ndarray, q: np.ndarray, threshold: float) -> Callable[..., Look]:
    def make(generator: np.random.Generator) -> Look:
        before = as_counter(names, generator.multinomial(REFERENCE, p))
        return lambda one: share_signal(
            "x", before, as_counter(names, one.multinomial(LOOK_ROWS, q)), threshold
        )

    return make


def words(p: np.ndarray, q: np.ndarray, threshold: float) -> Callable[..., Look]:
    def make(generator: np.random.Generator) -> Look:
        before = as_counter(["de", "en"], generator.multinomial(REFERENCE, p))
        return lambda one: word_signal(
            "x", before, as_counter(["de", "en"], one.multinomial(LOOK_ROWS, q)), threshold
        )

    return make


def lengths(pool: np.ndarray, threshold: float) -> Callable[..., Look]:
    def make(generator: np.random.Generator) -> Look:
        before = sketch(generator.choice(pool, REFERENCE))
        return lambda one: number_signal("x", before, sketch(1.3 * one.choice(pool, LOOK_ROWS)), threshold)

    return make


def errors(rate: float) -> Callable[..., Look]:
    def look(generator: np.random.Generator) -> Signal:
        tally = Tally()
        tally.rows, tally.failed = LOOK_ROWS, int(generator.binomial(LOOK_ROWS, rate))
        return error_signal(tally, None, rate / 2, None)

    return lambda _: look


def tails() -> Callable[..., Look]:
    def look(generator: np.random.Generator) -> Signal:
        slow, tally = int(generator.binomial(LOOK_ROWS, 0.02)), Tally()
        tally.rows = tally.timed = LOOK_ROWS
        tally.slow[1500.0] = slow
        tally.latency.add([100.0] * (LOOK_ROWS - slow) + [3000.0] * slow)
        return percentile_signal(tally, "p99_ms", 1500.0, None)

    return lambda _: look


def drops() -> list[tuple[str, int, Callable[[np.random.Generator], Look]]]:
    """Macro-F1 of four classes falls by so many points; fewer rows a look cannot show the smaller drops."""
    found = [("none, threshold 2.5 points", 9_000, late_labels(0.0, 0.025, 9_000))]
    for points, size in ((2, 60_000), (5, 9_000), (10, 1_800)):
        found.append((f"{points} points", size, late_labels(points / 100, points / 200, size)))
    return found


def late_labels(drop: float, threshold: float, size: int) -> Callable[..., Look]:
    def make(generator: np.random.Generator) -> Look:
        reference, looks = labelled(generator, REFERENCE, RIGHT), 0

        def look(one: np.random.Generator) -> Signal:
            nonlocal looks
            looks += 1
            right = RIGHT - (drop if looks > LATE_LOOKS else 0.0)
            window = labelled(one, int(one.binomial(size, LABELLED)), right)
            return feedback_signal("f1(average=macro)", threshold, reference, window, Counter({"c0": size}))

        return look

    return make


if __name__ == "__main__":
    main()
