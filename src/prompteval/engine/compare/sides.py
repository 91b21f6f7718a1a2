"""What a side of a comparison is: a stored run, a commit, a version, a baseline, the working tree."""

import re
from dataclasses import dataclass
from typing import Literal

from prompteval.core.errors import UsageError

SideKind = Literal["run", "prompt", "git", "baseline", "working"]
_FORMS = "a run id, last, baseline:NAME, name@v1, name@production, git:REF or baseline"
_PROMPT = re.compile(r"[^@:/\s]+@(v\d+|git:.+|[a-z][a-z0-9_-]*)")


@dataclass(frozen=True, slots=True)
class Side:
    """A side as it was asked for. `value` is the run's name, the prompt reference or the git ref.

    `run_id` is the run that a live side has become.
    """

    kind: SideKind
    value: str = ""
    run_id: str = ""

    def __str__(self) -> str:
        if self.kind == "git":
            return f"git:{self.value}"
        return {"working": "working tree", "baseline": "baseline"}.get(self.kind, self.value)

    @property
    def is_live(self) -> bool:
        """Whether this side is run now (from the cache where it can), rather than read back."""
        return self.kind in ("prompt", "git", "working")


def parse_side(text: str | None) -> Side:
    """The side a text names; None is the working tree. Raises UsageError for a text of no form."""
    if text is None:
        return Side("working")
    if text == "baseline":
        return Side("baseline")
    if text.startswith("git:"):
        if text == "git:":
            raise UsageError("git: needs a commit", "write git:main, git:HEAD~1 or git:<commit>")
        return Side("git", text.removeprefix("git:"))
    if "@" in text:
        if _PROMPT.fullmatch(text) is None:
            raise UsageError(f"{text!r} is not a side of a comparison", f"give {_FORMS}")
        return Side("prompt", text)
    if not text.strip():
        raise UsageError("a side of the comparison is empty", f"give {_FORMS}")
    return Side("run", text)
