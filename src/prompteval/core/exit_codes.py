"""Exit codes, and the one that decides where several apply."""

from collections.abc import Iterable

PASS, FAIL, USAGE, INCOMPLETE, INCONCLUSIVE, NOTHING, CRASH, INTERRUPTED = 0, 1, 2, 3, 4, 5, 70, 130
MEANING = {
    PASS: "pass",
    FAIL: "a gate failed, or a comparison regressed",
    USAGE: "usage, settings or validation error",
    INCOMPLETE: "incomplete",
    INCONCLUSIVE: "inconclusive",
    NOTHING: "nothing was selected",
    CRASH: "prompteval crashed",
    INTERRUPTED: "interrupted",
}
PRECEDENCE = (CRASH, INTERRUPTED, USAGE, NOTHING, INCOMPLETE, FAIL, INCONCLUSIVE, PASS)


def deciding(codes: Iterable[int]) -> int:
    """The code of `codes` that decides; a code that is none of ours counts as a crash, no code as a pass."""
    found = {code if code in MEANING else CRASH for code in codes}
    return next((code for code in PRECEDENCE if code in found), PASS)
