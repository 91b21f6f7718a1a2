"""What a run prints: the metrics that gate, and no numbers where nothing was measured."""

import io

from rich.console import Console

from prompteval.report.terminal import show
from tests.small_workspace import SUITE, Place


def printed(place: Place) -> str:
    console = Console(width=100, record=True, file=io.StringIO())
    show(place.run(), console, verbose=False)
    return console.export_text()


def test_a_run_whose_calls_all_failed_prints_no_numbers(place: Place) -> None:
    """The error and what to do, not a table of zeros and a list of failed gates."""
    place.write("m.jsonl", '{"when": "nothing has this", "text": "hello"}\n')
    text = printed(place)
    assert "no call gave an answer" in text and "no_match" in text
    assert "accuracy" not in text and "0.000" not in text


def test_slices_are_of_the_metric_that_gates(place: Place) -> None:
    """The first metric is not what the gate reads here."""
    place.write(
        "evals/s.yaml",
        SUITE.replace("[accuracy]", "[mean, accuracy]") + "slices: [t]\ngate: [accuracy >= 0.1]\n",
    )
    line = '{"id": "c%d", "inputs": {"message": "m"}, "expected": "hello", "tags": {"t": "x"}}\n'
    place.write("datasets/c.jsonl", line % 1 + line % 2)
    (found,) = [line for line in printed(place).splitlines() if "t=x" in line]
    assert "accuracy" in found
