"""The check as tables for a terminal."""

from typing import TYPE_CHECKING

from prompteval.core.text import printable
from prompteval.report.monitoring.cells import detail_lines, head_lines, moved_table, signal_table
from prompteval.report.monitoring.view import MonitorView
from prompteval.report.terminal import table

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {"✗ alert": "red", "✓ quiet": "green", "? too few": "yellow"}


def show(view: MonitorView, console: "Console", *, verbose: bool) -> None:
    """Print the check to a console; colour and width are the console's. Quiet slices are for `verbose`."""
    for line in head_lines(view):
        console.print(printable(line), markup=False, highlight=False)
    table(console, signal_table("", view.signals), styles=_style)
    for name, signal in detail_lines(view):
        console.print(f"{printable(name)}: {printable(signal.detail)}", markup=False, highlight=False)
    for signal in view.signals:
        if signal.moved and (verbose or signal.verdict == "alert"):
            console.print()
            table(console, moved_table(signal))
    hidden = 0
    for tag, values in view.slices.items():
        for value, signals in values.items():
            if verbose or any(signal.verdict == "alert" for signal in signals):
                console.print()
                table(console, signal_table(f"{tag} = {value}", signals), styles=_style)
            else:
                hidden += 1
    if hidden:
        console.print(f"-v shows {hidden:,} more slices, none with an alert", style="dim")


def _style(cell: str) -> str:
    return _STYLES.get(cell, "")
