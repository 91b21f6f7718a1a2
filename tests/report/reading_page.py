"""What is in a page: its document and its rows, read as the script reads them."""

import base64
import gzip
import json
import re
from dataclasses import dataclass
from typing import Any

BLOCK = re.compile(r'<script type="application/(json|gzip)" data-(\w+)(?: data-rows="(\d+)")?>(.*?)</script>')


@dataclass(frozen=True, slots=True)
class ReadPage:
    """The document, the rows of the list, those in full, and their exchanges, in one order."""

    document: dict[str, Any]
    listed: list[dict[str, Any]]
    cases: list[dict[str, Any]]
    exchanges: list[list[dict[str, str]]]

    @property
    def verdicts(self) -> list[str]:
        return [row["verdict"] for row in self.listed]

    @property
    def texts(self) -> str:
        """Every text of the page, one behind the other."""
        return "\n".join(_texts([self.document, self.listed, self.cases]))


def read_page(text: str) -> ReadPage:
    """The data of a page. Raises AssertionError for a block whose count is wrong."""
    found: dict[str, list[Any]] = {"page": [], "listed": [], "cases": [], "exchanges": []}
    for form, kind, count, body in BLOCK.findall(text):
        rows = json.loads(body if form == "json" else gzip.decompress(base64.b64decode(body)))
        assert kind == "page" or len(rows) == int(count)
        found[kind] += [rows] if kind == "page" else rows
    (document,) = found["page"]
    assert len(found["listed"]) == len(found["cases"]) == len(found["exchanges"])
    return ReadPage(document, found["listed"], found["cases"], found["exchanges"])


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inner for text in _texts(one)]
