"""The page's style and script, and the policy that names both by hash."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

STYLES = ("page.css", "cases.css", "changes.css")
# In the order in which they stand in the page; the last starts it.
SCRIPTS = (
    "types.js", "elements.js", "words.js", "data.js", "address.js", "charts.js", "diagrams.js", "tables.js",
    "prompt.js", "summary.js", "filters.js", "matrix.js", "parts.js", "case.js", "compared.js", "keys.js",
    "page.js", "start.js",
)  # fmt: skip
# Of the page that is served: its data come from the server.
REMOTE_SCRIPTS = (*SCRIPTS[:-1], "remote.js", "label.js", "served.js")


@cache
def elements_style() -> str:
    """The part of the style that any page uses: colours, text, tables, marks in a cell."""
    return _read(STYLES[0])


@cache
def style() -> str:
    """The style sheet: light, dark and print."""
    return "".join(_read(name) for name in STYLES)


@cache
def script() -> str:
    """The renderer: plain scripts of one scope, one behind the other."""
    return "".join(_read(name) for name in SCRIPTS)


@cache
def remote_script() -> str:
    """The renderer of the page that is served."""
    return "".join(_read(name) for name in REMOTE_SCRIPTS)


def policy() -> str:
    """The page's content security policy: nothing is loaded, and only this style and script count."""
    return _policy(script())


def remote_policy() -> str:
    """That of the page that is served: it asks its own server, and nobody else."""
    return f"{_policy(remote_script())}; connect-src 'self'; frame-ancestors 'none'"


def _policy(script: str) -> str:
    allowed = f"style-src '{hash_of(style())}'; script-src '{hash_of(script)}'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _read(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def hash_of(text: str) -> str:
    """The hash of a text, as a policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
