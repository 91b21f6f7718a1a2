"""Texts that are kept as they are: `make golden` writes them again, and git shows what changed."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIRECTORY = ROOT / "tests" / "fixtures" / "golden"
CHANGED = "the text has changed: make golden, and look at the diff"


def kept(path: Path, text: str) -> str:
    """What the file holds, which a test compares with `text`; where REWRITE_GOLDEN is set it becomes that first.

    A file that does not exist holds nothing.
    """
    if os.environ.get("REWRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") if path.is_file() else ""
