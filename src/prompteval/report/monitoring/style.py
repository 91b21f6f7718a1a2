"""The style of the page of a check, and the policy that names it by hash."""

from functools import cache
from importlib.resources import files

from prompteval.report.page.assets import elements_style, hash_of


@cache
def style() -> str:
    """The style sheet, light and dark: that of every page, and the charts."""
    return elements_style() + files(__package__).joinpath("charts.css").read_text(encoding="utf-8")


def policy() -> str:
    """The page's content security policy: nothing is loaded, no script runs, only this style counts."""
    return f"default-src 'none'; style-src '{hash_of(style())}'; base-uri 'none'; form-action 'none'"
