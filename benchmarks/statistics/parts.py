"""README.md beside this file, of which each command writes its own part."""

from collections.abc import Sequence
from pathlib import Path

README = Path(__file__).parent / "README.md"
_HEAD = "# Simulations of the statistics\n\nEach part is written by the command that stands in it.\n\n"


def write_part(name: str, text: str) -> None:
    """Puts `text` in the place of the part called `name`, or at the end."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = (README.read_text("utf-8") if README.exists() else _HEAD).partition(begin)
    after = rest.partition(end)[2] or "\n"
    README.write_text(f"{before}{begin}\n{text.rstrip()}\n{end}{after}", "utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
