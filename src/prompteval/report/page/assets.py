"""The page's style and script, and the policy that names both by hash."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

STYLES = ("page.css", "cases.css")
# In the order in which they stand in the page; the last starts it.
SCRIPTS = (
    "types.js", "elements.js", "words.js", "data.js", "address.js", "charts.js", "diagrams.js", "tables.js",
    "summary.js", "filters.js", "matrix.js", "parts.js", "case.js", "compared.js", "keys.js", "start.js",
)  # fmt: skip


@cache
def style() -> str:
    """The style sheet: light, dark and print."""
    return "".join(_read(name) for name in STYLES)


@cache
def script() -> str:
    """The renderer: plain scripts of one scope, one behind the other."""
    return "".join(_read(name) for name in SCRIPTS)


def policy() -> str:
    """The page's content security policy: nothing is loaded, and only this style and script count."""
    allowed = f"style-src '{_hash(style())}'; script-src '{_hash(script())}'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _read(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
