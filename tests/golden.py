"""Texts that are kept as they are: `make golden` writes them again, and git shows what changed."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIRECTORY = ROOT / "tests" / "fixtures" / "golden"


def hold(path: Path, text: str) -> None:
    """The file is this text, or becomes it where REWRITE_GOLDEN is set."""
    if os.environ.get("REWRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path} does not exist: make golden"
    assert path.read_text(encoding="utf-8") == text, f"{path.relative_to(ROOT)} has changed: make golden"
