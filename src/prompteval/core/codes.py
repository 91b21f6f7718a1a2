"""The index of problem codes: what each means, an example line and the fix. `codes.toml` holds it."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FORM = re.compile(r"[Pp][A-Za-z][0-9]+")


@dataclass(frozen=True, slots=True)
class ProblemCode:
    """One code; `example` is a line as `check` prints it."""

    code: str
    meaning: str
    example: str
    fix: str

    def __str__(self) -> str:
        return f"{self.code}  {self.meaning}\n\n  {self.example}\n\nFix: {self.fix}\n"


def is_code(text: str) -> bool:
    """Whether a text has the form of a code, or begins as one."""
    return _FORM.fullmatch(text) is not None


@cache
def codes() -> dict[str, ProblemCode]:
    """Every code in the order of numbers."""
    text = files("prompteval.core").joinpath("codes.toml").read_text(encoding="utf-8")
    return {code: ProblemCode(code, **entry) for code, entry in sorted(tomllib.loads(text).items())}


def document() -> Iterator[str]:
    """docs/problems.md."""
    yield "# Problem codes\n\n"
    yield "Problems are printed as `file:line:column CODE message (fix)`. `prompteval explain PE350` prints\n"
    yield "one entry; this page is the output of `prompteval explain --all`.\n"
    for one in codes().values():
        yield f"\n## {one.code}\n\n{one.meaning}\n\n```text\n{one.example}\n```\n\nFix: {one.fix}\n"
