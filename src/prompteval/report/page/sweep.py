"""The page of a sweep: every cell beside the reference, and which differences are shown."""

from collections.abc import Iterator, Mapping
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
    section = Section("Cells", lines=[legend(swept)], tables=[sweep_table(swept)], drawn={"plots": [plot]})
    return page_json("sweep", head, [section])
