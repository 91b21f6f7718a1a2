"""Text in Markdown that shows what it says: no markup, no link, nobody notified."""

import html
import re
from collections.abc import Iterator

from prompteval.core.text import printable
from prompteval.report.table import Table

# What forges find in text that is shown, after any escape is gone; only a character that does not show
# keeps them from it. A reference such as `prompt@v2` is none of these and stays unchanged.
_NOTHING = "\u200b"
_MENTION = r"(?<![A-Za-z0-9_])@"
_ADDRESS = r"@(?=[\w-]*\.[A-Za-z0-9])"
_ISSUE = r"[#!~%](?=\w)|\bGH(?=-\d)"
_HOST = r"\bwww(?=\.)|:(?=//)"
_LINKED = re.compile(rf"{_MENTION}|{_ADDRESS}|{_ISSUE}|{_HOST}", re.IGNORECASE)
# The hash of a commit becomes a link everywhere but in code, and should still be there to be copied.
_HASH = re.compile(r"(?<![0-9A-Za-z_])([0-9a-f]{7,})(?![0-9A-Za-z_])", re.IGNORECASE)
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~$])")
# At the beginning of a line these begin a list, a rule or a heading of the line before.
_BLOCK = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[-=](?:[-=\s]|$)))")


def safe(text: str) -> str:
    """`text` on one line, as Markdown that shows just these words, also in the cell of a table."""
    flat = " ".join(printable(text).split())
    # What stands beside code is looked at by itself, as forges do.
    parts = enumerate(_HASH.split(flat))
    return "".join(f"`{part}`" if place % 2 else _escaped(part) for place, part in parts)


def table(found: Table) -> Iterator[str]:
    """A table below its title. Forges align what they show by themselves."""
    if found.title:
        yield f"{safe(found.title)}\n\n"
    if found.rows:
        yield f"| {' | '.join(map(safe, found.heads))} |\n|{'---|' * len(found.heads)}\n"
        yield from (f"| {' | '.join(map(safe, row))} |\n" for row in found.rows)
        yield "\n"


def _escaped(text: str) -> str:
    text = _LINKED.sub(rf"\g<0>{_NOTHING}", text)
    return _BLOCK.sub(r"\1\\", _MARKUP.sub(r"\\\1", html.escape(text, quote=False)))
