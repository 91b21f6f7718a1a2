"""The page's style and script, and the policy that names both by hash."""

import base64
import hashlib
from functools import cache
from importlib.resources import files


@cache
def style() -> str:
    """The style sheet, light and dark."""
    return files(__package__).joinpath("page.css").read_text(encoding="utf-8")


@cache
def script() -> str:
    """Search and keys; without it everything is shown all the same."""
    return files(__package__).joinpath("page.js").read_text(encoding="utf-8")


def policy() -> str:
    """The page's content security policy: nothing is loaded, and only this style and script count."""
    allowed = f"style-src '{_hash(style())}'; script-src '{_hash(script())}'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
