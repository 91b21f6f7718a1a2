"""A sweep as a table, for the terminal and for Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

from prompteval.report.format import number
from prompteval.report.plain_markdown import safe, table
from prompteval.report.table import Table

HEADS = (
    "cell", "recall", "precision", "IoU", "difference", "95 % interval", "Holm p", "verdict", "chunks",
    "whole", "cut", "s", "USD",
)  # fmt: skip


def sweep_table(swept: Mapping[str, Any]) -> Table:
    """One row a cell, the reference first, from the JSON form of a sweep."""
    cells = swept["cells"]
    drawn = [(cell.get("low"), cell.get("delta"), cell.get("high"), None) for cell in cells]
    return Table("", HEADS, [_row(cell) for cell in cells], differences=drawn)


def legend(swept: Mapping[str, Any]) -> str:
    """What the columns mean, in two sentences."""
    return (
        f"{swept['questions']:,} questions with gold; recall, precision and IoU in characters of what "
        f"fits {swept['budget']:,} tokens. Difference in recall from {swept['reference']}, paired by "
        f"question, Holm over {len(swept['cells']) - 1} cells; whole: gold spans whole in one chunk; cut: "
        "chunks longer than the encoder's window."
    )


def render_markdown(swept: Mapping[str, object]) -> Iterator[str]:
    """The table with its legend."""
    yield f"{safe(legend(swept))}\n\n"
    yield from table(sweep_table(swept))


def _row(cell: Mapping[str, Any]) -> list[str]:
    means = [number(cell[name]) for name in ("recall", "precision", "iou")]
    compared = ["", "", ""]
    if cell.get("delta") is not None:
        ends = "–" if cell["low"] is None else f"[{cell['low']:+.3f}, {cell['high']:+.3f}]"
        p = "–" if cell["p_adjusted"] is None else f"{cell['p_adjusted']:.4f}"
        compared = [f"{cell['delta']:+.3f}", ends, p]
    cost = "–" if cell["cost_usd"] is None else f"{cell['cost_usd']:g}"
    counts = [f"{cell['chunks']:,}", f"{cell['whole']}/{cell['spans']}", str(cell["truncated"])]
    return [cell["name"], *means, *compared, cell["verdict"], *counts, f"{cell['seconds']:.1f}", cost]
