"""What a run prints: the metrics that gate, and no numbers where nothing was measured."""

import io

from rich.console import Console

from prompteval.report.table import Table
from prompteval.report.terminal import show, table
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


def test_a_table_in_a_narrow_terminal_breaks_no_word() -> None:
    """Each row is a block, its values side by side as far as they go; in a wider one it is a table."""
    heads = ("signal", "verdict", "observed", "95 % interval", "threshold", "rows")
    found = Table(
        "", heads, [("predictions", "quiet", "25.8 %", "21.9 % to 29.5 %", "15.0 %", "2,000")], texts=2
    )
    narrow = Console(width=40, record=True, file=io.StringIO())
    table(narrow, found)
    assert [line.rstrip() for line in narrow.export_text().splitlines()] == [
        "predictions  quiet", "  observed 25.8 %", "  95 % interval 21.9 % to 29.5 %", "  threshold 15.0 %   rows 2,000", ""
    ]  # fmt: skip
    wide = Console(width=80, record=True, file=io.StringIO())
    table(wide, found)
    assert "predictions   quiet" in wide.export_text() and "threshold 15.0 %" not in wide.export_text()


def test_rows_of_an_empty_table_and_of_empty_cells_are_printed_at_any_width() -> None:
    """Also one column wide, and words longer than the terminal."""
    for width in (1, 8, 20):
        console = Console(width=width, record=True, file=io.StringIO())
        table(console, Table("t", ("case", "n"), [("", ""), ("x" * 50, "")]))
        assert console.export_text().count("x") == 50
