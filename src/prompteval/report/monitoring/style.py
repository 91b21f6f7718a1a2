"""The style of the page of a check, and the policy that names it by hash."""

import base64
import hashlib
from functools import cache
from importlib.resources import files


@cache
def style() -> str:
    """The style sheet, light and dark."""
    folder = files(__package__)
    return "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in ("base.css", "page.css"))


def policy() -> str:
    """The page's content security policy: nothing is loaded, no script runs, only this style counts."""
    return f"default-src 'none'; style-src '{_hash(style())}'; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
