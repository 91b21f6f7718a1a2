"""Every compiled pattern of the modules, against runs of the characters it is about."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from itertools import pairwise
from time import process_time

import pytest

import prompteval
from prompteval.core.errors import DeadlineExceeded
from prompteval.core.text import MAX_NAME
from prompteval.isolate.alarm import alarm

pytestmark = pytest.mark.slow
LENGTH = 20_000
# A linear pattern needs a hundredth of this.
SECONDS = 0.5
# Read only texts of a length that is refused before.
BOUNDED = {
    "prompteval.metrics.names._FORM": MAX_NAME,
    "prompteval.metrics.ranking_names._FORM": MAX_NAME,
    "prompteval.metrics.stage_names._FORM": MAX_NAME,
    "prompteval.stats.gate._RULE": MAX_NAME,
}
UNITS = (
    " ",
    "\n",
    "\t \n",
    "a",
    "a ",
    "A.",
    "0",
    "0,",
    "1 ",
    "=",
    "-",
    "#",
    ".",
    "[",
    "[1",
    "(",
    "<",
    "<a",
    "%41",
    "://",
    "@",
    "{",
    "_",
)


def patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    for found in pkgutil.walk_packages(prompteval.__path__, "prompteval."):
        if found.name.endswith("__main__") or ".starter" in found.name:
            continue
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield f"{found.name}.{name}", value


PATTERNS = dict(patterns())


@pytest.mark.parametrize("name", PATTERNS)
def test_b24_a_pattern_is_done_with_a_long_text_at_once(name: str) -> None:
    """A new one is tested without anybody's remembering it; each character of its own text is tried too."""
    pattern = PATTERNS[name]
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    length = BOUNDED.get(name, LENGTH)
    for unit in dict.fromkeys((*UNITS, *source, *(f"{a}{b}" for a, b in pairwise(source)))):
        text = (unit * length)[:length] + "\x00"
        given = text if isinstance(pattern.pattern, str) else text.encode("utf-8", "replace")
        started = process_time()
        try:
            with alarm(10, f"{name} on {unit!r}"):
                pattern.sub("" if isinstance(given, str) else b"", given)  # type: ignore[call-overload]
        except DeadlineExceeded as error:
            pytest.fail(str(error))
        assert process_time() - started < SECONDS, f"{name} takes long on {unit!r}"


def test_b24_the_patterns_are_found() -> None:
    """An empty list would pass everything."""
    assert len(PATTERNS) > 40
