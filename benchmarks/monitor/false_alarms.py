"""How often a check alerts where nothing changed.

python benchmarks/monitor/false_alarms.py [PAIRS]

Each pair is drawn at random from one pool, with replacement, to the same number of rows. Consecutive blocks
of a stream are not such pairs, and are shown apart.
"""

import itertools
import sys
from collections.abc import Callable
from time import process_time

import numpy as np
import peers
from populations import SEED, clinc150, counted, elec, sketch, table, write_part

from prompteval.monitor.check_signals import adjusted
from prompteval.monitor.signals.inputs import number_signal
from prompteval.monitor.signals.predictions import share_signal
from prompteval.report.monitoring.view import Signal

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]
SIZES = (200, 2_000, 200_000)
DEFAULT, TIGHTEST = (0.15, 0.2), (0.001, 0.001)


def drawing(classes: list[str], numbers: np.ndarray) -> Draw:
    names = np.asarray(classes)

    def draw(generator: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        places = generator.integers(0, len(names), size=rows)
        return names[places], numbers[places]

    return draw


def check(
    before: tuple[np.ndarray, ...], after: tuple[np.ndarray, ...], limits: tuple[float, float]
) -> list[Signal]:
    """The whole check of predictions and one number, Holm included."""
    signals = [
        share_signal("predictions", counted(before[0]), counted(after[0]), limits[0]),
        number_signal("inputs.number", sketch(before[1]), sketch(after[1]), limits[1]),
    ]
    return adjusted(signals, {})[0]


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    started = process_time()
    domains, intents, lengths = clinc150()
    classes, demand = elec()
    pools = {
        "CLINC150, 10 domains and length": drawing(domains, np.asarray(lengths, float)),
        "CLINC150, 150 intents and length": drawing(intents, np.asarray(lengths, float)),
        "elec, 2 classes and demand": drawing(classes, demand),
    }
    rows = [line(name, draw, size, pairs) for name, draw in pools.items() for size in SIZES]
    head = [
        "pool", "rows", "check at 0.15 and 0.2", "check at 0.001 and 0.001", "G-test p <= 0.05",
        "PSI > 0.2 alone", "Evidently's defaults", "always firing", "never firing",
    ]  # fmt: skip
    text = (
        f"## False alarms\n\n```\npython benchmarks/monitor/false_alarms.py {pairs}\n```\n\n"
        f"Share of {pairs:,} pairs without a change that alert. A check reads predictions and one "
        "number; its stated rate "
        "is at most 5 %.\nThe second check has the smallest thresholds that can be set. The others are "
        "a test without a "
        "threshold, and a threshold\nwithout an interval; Evidently's are those of its two columns, "
        f"either of them.\n\n{table(head, rows)}\n\n{consecutive()}\n\n"
        f"{process_time() - started:.0f} s of processor time."
    )
    write_part("false alarms", text)


def line(name: str, draw: Draw, size: int, pairs: int) -> list[str]:
    generator = np.random.default_rng(SEED)
    alerts, theirs = np.zeros(4), list[bool]()
    for _ in range(pairs):
        before, after = draw(generator, size), draw(generator, size)
        tight = check(before, after, TIGHTEST)
        alerting = [signal for signal in tight if signal.verdict == "alert"]
        limits = dict(zip(("predictions", "inputs.number"), DEFAULT, strict=True))
        alerts += [
            any((signal.low or 0.0) > limits[signal.name] for signal in alerting),
            bool(alerting),
            (tight[0].p or 0.0) <= 0.05,
            tight[0].measures["psi"].value > 0.2,
        ]
        if peers.INSTALLED:
            theirs.append(any(peers.drifted(one, other) for one, other in zip(before, after, strict=True)))
    shares = [f"{100 * share:.1f} %" for share in alerts / pairs]
    return [name, f"{size:,}", *shares, peers.share(theirs), "100.0 %", "0.0 %"]


def consecutive() -> str:
    """Blocks of elec, each beside the one before it."""
    classes, demand = elec()
    names = np.asarray(classes)
    lines = []
    for size in (200, 2_000):
        blocks = [
            (names[at : at + size], demand[at : at + size]) for at in range(0, len(names) - size + 1, size)
        ]
        alerts = [check(one, other, DEFAULT) for one, other in itertools.pairwise(blocks)]
        by = [np.mean([found[place].verdict == "alert" for found in alerts]) for place in (0, 1)]
        lines.append([f"{size:,}", f"{len(alerts):,}", *(f"{100 * share:.1f} %" for share in by)])
    head = ["rows", "pairs of blocks", "predictions alert", "demand alerts"]
    return (
        "Consecutive blocks of elec are not exchangeable: 200 half-hours are four days, and demand has "
        "a weekly shape.\n\n" + table(head, lines)
    )


if __name__ == "__main__":
    main()
