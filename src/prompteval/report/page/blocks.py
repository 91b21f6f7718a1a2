"""JSON in a page: escaped, and many rows in compressed blocks that a browser opens when it needs them."""

import base64
import gzip
import json
from dataclasses import dataclass, field

# More text than this in one block, and it is compressed; a page of a few cases can be read as it is.
PLAIN_SIZE = 60_000


def json_text(value: object) -> str:
    """JSON in ASCII that ends no script and begins no comment, also where a text in it would (S7)."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def element(kind: str, text: str, rows: int) -> str:
    """A block of data in a page: JSON, or where that is long base64 of gzip of JSON."""
    if len(text) <= PLAIN_SIZE:
        return f'<script type="application/json" data-{kind} data-rows="{rows}">{text}</script>\n'
    packed = base64.b64encode(gzip.compress(text.encode("ascii"), 6, mtime=0)).decode("ascii")
    return f'<script type="application/gzip" data-{kind} data-rows="{rows}">{packed}</script>\n'


@dataclass(slots=True)
class Blocks:
    """Rows that become blocks of at most so many rows and about so many characters."""

    kind: str
    most_rows: int
    most_characters: int
    rows: list[str] = field(default_factory=list)
    characters: int = 0

    def add(self, row: object) -> str:
        """Keep a row; a block once enough are there, else nothing."""
        text = json_text(row)
        self.rows.append(text)
        self.characters += len(text)
        full = len(self.rows) >= self.most_rows or self.characters >= self.most_characters
        return self.rest() if full else ""

    def rest(self) -> str:
        """What has been kept since the last block."""
        if not self.rows:
            return ""
        made = element(self.kind, f"[{','.join(self.rows)}]", len(self.rows))
        self.rows, self.characters = [], 0
        return made
