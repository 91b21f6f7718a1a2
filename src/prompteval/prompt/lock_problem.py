"""Where the lock is, and how a problem of its text is reported."""

from prompteval.core.problem import Problem
from prompteval.workspace.yaml12 import Place

PATH = "prompts/prompts.lock"


def unreadable(place: Place, reason: str) -> Problem:
    """What is wrong with a lock that cannot be read whole."""
    help = "take it from git again; `prompteval lock` then adds what is new"
    return Problem(PATH, *place, "PE252", f"the lock cannot be read: {reason}", help)
