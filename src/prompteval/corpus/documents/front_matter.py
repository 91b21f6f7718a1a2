"""The metadata at the head of a Markdown file, as Jekyll, Hugo and GitHub docs write them."""

import re

from prompteval.core.errors import PromptevalError
from prompteval.workspace.yaml12 import parse

_YAML = re.compile(
    r"---[ \t]*\n((?:(?!(?:---|\.\.\.)[ \t]*(?:\n|\Z))[^\n]*+\n)*+)(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
_TOML = re.compile(r"\+\+\+[ \t]*\n((?:(?!\+\+\+)[^\n]*+\n)*+)\+\+\+[ \t]*(?:\n|\Z)")
_KEY = re.compile(r"[A-Za-z_][\w .-]*[:=]|[#\s]*\Z")
_TITLE = re.compile(r"^title[ \t]*[:=][ \t]*(.*)$", re.MULTILINE | re.IGNORECASE)
_INK = re.compile(r"[^\s]")
# A parser is asked only for what a person writes by hand.
LONGEST = 20_000


def split_front_matter(text: str) -> tuple[str, str]:
    """(title or "", the text with blanks in place of its front matter); offsets stay those of the file.

    What stands between two lines of `---` (or `+++`) at the very start is front matter where it has keys.
    """
    match = _YAML.match(text) or _TOML.match(text)
    if match is None or not _has_keys(match[1]):
        return "", text
    return _title(match[1], yaml=text.startswith("---")), _INK.sub(" ", match[0]) + text[match.end() :]


def _has_keys(block: str) -> bool:
    first = next((line for line in block.split("\n") if line.strip() and not line.startswith("#")), "")
    return _KEY.match(first) is not None


def _title(block: str, *, yaml: bool) -> str:
    """The value of `title`, read by YAML; by its line alone where the rest is not YAML."""
    if yaml and len(block) <= LONGEST:
        try:
            found = parse(block, "front matter").value
            title = found.get("title") if isinstance(found, dict) else None
            return " ".join(str(title).split()) if isinstance(title, str | int | float) else ""
        except PromptevalError:
            pass
    line = _TITLE.search(block)
    return line[1].strip().strip("\"'").strip() if line else ""
