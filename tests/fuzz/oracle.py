"""What no command line may do, whatever it was given."""

import re
from collections.abc import Collection

from tests.forks import Done

# Generous on a machine that does other work: a bound is there to catch what has none.
MOST_CPU_S = 20.0
MOST_MB = 1500.0
DEADLINE_S = 90.0
CHECK_CODES = frozenset({0, 2})
RUN_CODES = frozenset({0, 1, 2, 3, 4, 5})
_FRAME = re.compile(r'File ".*/(?:src|tests)/(\S+)", line (\d+), in (\S+)')
_RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def fault(done: Done, codes: Collection[int]) -> str:
    """What is wrong with how a command line ended, alike for one cause; empty when nothing is."""
    told = done.stdout + done.stderr
    if "Traceback (most recent call last)" in told:
        return _traceback(told)
    if done.code is None:
        return f"did not end within {DEADLINE_S:g} s"
    if done.code < 0:
        return f"ended by signal {-done.code}"
    if done.code == 70:
        crash = re.search(r"crashed: (.*?)(?: \((?:details|please)|$)", done.stderr, re.MULTILINE)
        return f"a crash of our own: {_alike(crash[1] if crash else _last(told))}"
    if done.code not in codes:
        return f"exit {done.code}: {_last(told)}"
    if (
        done.code == 1
        and '"exit_code": 1' not in told
        and "(exit 1)" not in told
        and "exit 1" not in _last(told)
    ):
        return f"exit 1 without a gate that failed: {_last(told)}"
    if done.code and not told.strip():
        return f"exit {done.code} without a word"
    if found := _RAW.search(told):
        return f"a raw {found.group()!r} was printed"
    if done.cpu_s > MOST_CPU_S:
        return f"took {done.cpu_s:.0f} s of the processor"
    if done.peak_mb > MOST_MB:
        return f"took {done.peak_mb:.0f} MB"
    return ""


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:200] if lines else "nothing was said"


def _traceback(text: str) -> str:
    """The exception with the last place of ours, without what differs from one input to the next."""
    frames = _FRAME.findall(text)
    place = ":".join(frames[-1]) if frames else "?"
    errors = re.findall(
        r"^([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Warning|Refused)\b.*)$", text, re.MULTILINE
    )
    return f"traceback at {place}: {_alike(errors[-1] if errors else _last(text))}"


def _alike(text: str) -> str:
    """A message without the numbers and the paths that differ from one input to the next."""
    return re.sub(r"(?<![:\w])\d+", "N", re.sub(r"/\S*fuzz-\S*", "PATH", text))[:200]
