"""How often a true shift alerts, beside the power that the report predicts.

python benchmarks/monitor/detection.py [WINDOWS]

The threshold is half the true shift. Predicted is the mean over references of what the report says of
their counts, before there is a shift.
"""

import sys
from collections import Counter
from time import process_time

import numpy as np
import peers
from populations import SEED, clinc150, counted, sketch, table, write_part

from prompteval.metrics.classification import averaged
from prompteval.monitor.labels import LabelledRows
from prompteval.monitor.signals.feedback import feedback_signal
from prompteval.monitor.signals.inputs import number_signal, word_signal
from prompteval.monitor.signals.predictions import share_signal
from prompteval.monitor.signals.rates import error_signal, percentile_signal
from prompteval.monitor.tally import Tally
from prompteval.stats.drift.numbers import binned, decile_edges
from prompteval.stats.drift.power import drop_power, psi_power
from prompteval.stats.drift.rates import rate_power
from prompteval.stats.drift.shares import shift_power

REFERENCE = 5_000
CLASSES = ["c0", "c1", "c2", "c3"]
PREDICTIONS = 100  # of a drop: the tables of references hardly differ
Row = list[object]


def main() -> None:
    windows = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    started = process_time()
    head = ["signal", "true shift", "threshold", "rows", "detected", "predicted", "within 4 points"]
    rows = [row for part in PARTS for row in part(windows)]
    off = [row for row in rows if row[6] != "yes"]
    text = (
        f"## Detection\n\n```\npython benchmarks/monitor/detection.py {windows}\n```\n\n"
        f"{windows:,} windows each, references of {REFERENCE:,} rows, the threshold half the true shift. "
        "Predicted is what a report\nsays of such a reference and so many rows before the shift. "
        "Always firing has 100 % in every row, and never firing 0 %.\nEvidently's default tests have "
        f"no threshold of this kind.\n\n{table([*head, 'Evidently'], rows)}\n\n"
        f"{len(off)} of {len(rows)} are off by more than 4 points.\n\n"
        f"{process_time() - started:.0f} s of processor time."
    )
    write_part("detection", text)


def line(
    name: str,
    shift: str,
    threshold: str,
    rows: int,
    found: list[bool],
    power: float | None,
    theirs: list[bool] | None = None,
) -> Row:
    detected = float(np.mean(found))
    close = "no prediction" if power is None else "yes" if abs(detected - power) <= 0.04 else "no"
    predicted = "" if power is None else f"{100 * power:.1f} %"
    beside = "" if theirs is None else peers.share(theirs)
    return [name, shift, threshold, f"{rows:,}", f"{100 * detected:.1f} %", predicted, close, beside]


def shares(windows: int) -> list[Row]:
    """One domain of CLINC150 rises by so many points, the others fall alike."""
    population = counted(clinc150()[0])
    names = sorted(population)
    p = np.asarray([population[name] for name in names], float)
    p /= p.sum()
    rows: list[Row] = []
    for shift, sizes in ((0.05, (500, 1000, 2000)), (0.15, (100, 200, 400)), (0.3, (50, 100, 200))):
        q = p * (1 - (p[0] + shift)) / (1 - p[0])
        q[0] = p[0] + shift
        for size in sizes:
            rows.append(moved(f"class share, {len(names)} classes", names, (p, q), shift, size, windows))
    return rows


def out_of_scope(windows: int) -> list[Row]:
    """A class that the reference has almost none of."""
    names = ["in scope", "oos"]
    return [
        moved(
            "out-of-scope share",
            names,
            (np.asarray([0.99, 0.01]), np.asarray([0.89, 0.11])),
            0.1,
            size,
            windows,
        )
        for size in (100, 200, 400)
    ]


def moved(
    name: str, names: list[str], pq: tuple[np.ndarray, np.ndarray], shift: float, size: int, windows: int
) -> Row:
    generator = np.random.default_rng(SEED)
    p, q = pq
    place = int(np.argmax(np.abs(q - p)))
    found, powers, theirs = [], [], list[bool]()
    for _ in range(windows):
        before, after = generator.multinomial(REFERENCE, p), generator.multinomial(size, q)
        if peers.INSTALLED:
            theirs.append(peers.drifted(np.repeat(names, before), np.repeat(names, after)))
        signal = share_signal("x", as_counter(names, before), as_counter(names, after), shift / 2)
        found.append(signal.verdict == "alert" and (signal.p or 1.0) <= 0.05)
        share = before[place] / REFERENCE
        powers.append(
            shift_power(
                share, float(q[place]), (REFERENCE, size), shift / 2, classes=np.count_nonzero(before + after)
            )
        )
    told = f"{100 * shift:.0f} points", f"{50 * shift:g} points"
    return line(name, *told, size, found, float(np.mean(powers)), theirs)


def as_counter(names: list[str], counts: np.ndarray) -> Counter[str]:
    return Counter(dict(zip(names, counts.tolist(), strict=True)))


def errors(windows: int) -> list[Row]:
    """A burst: 0.2 % of calls fail, and 1 %, against half of that."""
    generator = np.random.default_rng(SEED)
    rows: list[Row] = []
    for rate, sizes in ((0.002, (5_000, 10_000, 20_000)), (0.01, (1_000, 2_000, 4_000))):
        for size in sizes:
            found = []
            for failed in generator.binomial(size, rate, size=windows):
                tally = Tally()
                tally.rows, tally.failed = size, int(failed)
                found.append(error_signal(tally, None, rate / 2, None).verdict == "alert")
            power = rate_power(rate, size, rate / 2)
            rows.append(line("errors", f"{100 * rate:g} %", f"{50 * rate:g} %", size, found, power))
    return rows


def tails(windows: int) -> list[Row]:
    """A tail: 2 % of requests over the limit of P99, which is twice what may be."""
    generator = np.random.default_rng(SEED)
    rows: list[Row] = []
    for size in (500, 1_000, 2_000):
        found = []
        for slow in generator.binomial(size, 0.02, size=windows):
            tally = Tally()
            tally.rows = tally.timed = size
            tally.slow[1500.0] = int(slow)
            tally.latency.add([100.0] * int(size - slow) + [3000.0] * int(slow))
            found.append(percentile_signal(tally, "p99_ms", 1500.0, None).verdict == "alert")
        power = rate_power(0.02, size, 0.01)
        rows.append(line("latency P99", "2 % slower", "1 % slower", size, found, power))
    return rows


def lengths(windows: int) -> list[Row]:
    """Questions of CLINC150, each 30 % longer; the threshold is half the PSI of the whole pools."""
    pool = np.asarray(clinc150()[2], float)
    full = number_signal("x", sketch(pool), sketch(pool * 1.3), 0.001).observed or 0.0
    rows: list[Row] = []
    for size in (100, 200, 400):
        generator = np.random.default_rng(SEED)
        found, powers, theirs = [], [], list[bool]()
        for _ in range(windows):
            before, after = generator.choice(pool, REFERENCE), 1.3 * generator.choice(pool, size)
            found.append(number_signal("x", sketch(before), sketch(after), full / 2).verdict == "alert")
            side = sketch(before).weighted()
            counts = binned(side, decile_edges(side))
            powers.append(psi_power(counts, size, full, full / 2, ordered=True))
            if peers.INSTALLED:
                theirs.append(peers.drifted(before, after))
        rows.append(
            line("length", f"PSI {full:.2f}", f"PSI {full / 2:.2f}", size, found, mean(powers), theirs)
        )
    return rows


def mean(powers: list[float | None]) -> float | None:
    known = [one for one in powers if one is not None]
    return float(np.mean(known)) if len(known) == len(powers) else None


def languages(windows: int) -> list[Row]:
    """A tenth of the rows in another language, where one in fifty was."""
    names, p, q = ["de", "en"], np.asarray([0.02, 0.98]), np.asarray([0.12, 0.88])
    full = float(((q - p) * np.log(q / p)).sum())
    rows: list[Row] = []
    for size in (200, 400, 1_000):
        generator = np.random.default_rng(SEED)
        found, powers, theirs = [], [], list[bool]()
        for _ in range(windows):
            before, after = generator.multinomial(REFERENCE, p), generator.multinomial(size, q)
            signal = word_signal("x", as_counter(names, before), as_counter(names, after), full / 2)
            found.append(signal.verdict == "alert")
            powers.append(psi_power(before, size, full, full / 2, ordered=False))
            if peers.INSTALLED:
                theirs.append(peers.drifted(np.repeat(names, before), np.repeat(names, after)))
        rows.append(line("language", "2 % to 12 %", f"PSI {full / 2:.2f}", size, found, mean(powers), theirs))
    return rows


def drops(windows: int) -> list[Row]:
    """Macro-F1 of four classes falls; labels come late, so that a third of the window's rows has one."""
    rows: list[Row] = []
    for drop, sizes in ((0.02, (10_000, 60_000)), (0.05, (1_500, 9_000)), (0.1, (600, 1_800))):
        for size in sizes:
            generator = np.random.default_rng(SEED)
            found, powers = [], []
            for number in range(windows):
                late = int((generator.random(size) < 1 / 3).sum())
                sides = [labelled(generator, REFERENCE, 0.9), labelled(generator, late, 0.9 - drop)]
                signal = feedback_signal("f1(average=macro)", drop / 2, *sides, Counter({"c0": size}))
                found.append(signal.verdict == "alert")
                if number < PREDICTIONS:
                    powers.append(drop_power(confusion(sides[0]), late, drop, drop / 2, macro_f1))
            told = f"{100 * drop:.0f} points", f"{50 * drop:g} points"
            rows.append(line(f"macro-F1, {size // 3:,} late labels", *told, size, found, mean(powers)))
    return rows


def macro_f1(tables: np.ndarray) -> np.ndarray:
    return averaged(tables, "f1", "macro")


def confusion(side: LabelledRows) -> np.ndarray:
    found = np.zeros((len(CLASSES), len(CLASSES) + 1), np.int64)
    for (expected, predicted), count in side.pairs.items():
        found[CLASSES.index(expected), CLASSES.index(predicted)] = count
    return found


def labelled(generator: np.random.Generator, n: int, right: float) -> LabelledRows:
    cells = [(a, b) for a in CLASSES for b in CLASSES]
    shares = [right / 4 if a == b else (1 - right) / 12 for a, b in cells]
    found = LabelledRows()
    for pair, count in zip(cells, generator.multinomial(n, shares).tolist(), strict=True):
        if count:
            found.pairs[pair] = count
            found.predicted[pair[1]] += count
    return found


PARTS = (shares, out_of_scope, lengths, languages, errors, tails, drops)


if __name__ == "__main__":
    main()
