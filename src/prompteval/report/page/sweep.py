"""The page of a sweep: every cell beside the reference, and which differences are shown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prompteval.core.text import counted
from prompteval.report.page.document import Headline, Section, page_json
from prompteval.report.page.run import PAGE_END, page_start
from prompteval.report.sweep import legend, sweep_table


def render(swept: Mapping[str, Any]) -> Iterator[str]:
    """A page that works from a file and loads nothing else, from the JSON form of a sweep."""
    yield from page_start(sweep_json(swept), f"rag sweep of {swept['suite']}")
    yield PAGE_END


def sweep_json(swept: Mapping[str, Any]) -> dict[str, object]:
    """The document of a sweep."""
    cells = swept["cells"]
    shown = [cell["name"] for cell in cells if cell["verdict"] in ("improved", "regressed")]
    word = f"{counted(len(shown), 'cell')} {'differs' if len(shown) == 1 else 'differ'}"
    beside = f": {', '.join(shown)}" if shown else ""
    sentence = f"from {swept['reference']} at {swept['budget']:,} tokens{beside}"
    head = Headline(f"prompteval rag sweep of {swept['suite']}", word, "none", sentence)
    plot = {
        "kind": "scatter", "title": "Recall and precision by cell", "names": ["precision", "recall"],
        "points": [
            [cell["precision"], cell["recall"], cell["name"] == swept["reference"], cell["name"]]
            for cell in cells
        ],
        "words": "Filled: the reference, the suite's own setting. Point at a cell for its name.",
    }  # fmt: skip
    curves = _curves(cells)
    lacking = len(cells) - len(curves)
    notes = [f"{counted(lacking, 'cell')} of an older version without a curve"] if lacking else []
    drawn = {"plots": [_curves_plot(curves), plot]}
    section = Section("Cells", lines=[legend(swept)], notes=notes, tables=[sweep_table(swept)], drawn=drawn)
    return page_json("sweep", head, [section])


def _curves(cells: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    """The cells that have a curve, with (tokens, recall) of each budget."""
    return [
        {"name": one["name"], "verdict": one["verdict"], "points": [point[1:] for point in one["curve"]]}
        for one in cells
        if one.get("curve")
    ]


def _curves_plot(curves: Sequence[Mapping[str, object]]) -> dict[str, object]:
    words = (
        "Means over the questions at eight budgets. Thick: the reference; ▲ and ▼: cells whose recall at the "
        "whole budget is shown to be higher or lower; thin: no difference is shown."
    )
    return {
        "kind": "curves",
        "title": "Recall by tokens of the context",
        "names": ["tokens", "recall"],
        "lines": curves,
        "words": words,
    }
