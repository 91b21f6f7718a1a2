"""Whether time grows with the length of a text or with its square."""

import contextlib
import gc
from collections.abc import Callable
from time import process_time
from typing import Any

from prompteval.core.errors import PromptevalError
from prompteval.corpus.documents.outcome import DocumentFault

# A square of tens of thousands of characters takes more, even where its inner loop is a search in C.
NOTHING_SECONDS = 0.03
TRIES = 3


def excess(read: Callable[[str], Any], text_of: Callable[[int], str], length: int) -> str:
    """What is wrong with the time at one, two and four times `length`; empty where it grows with the length.

    Doubled twice, a linear reader takes four times as long and a quadratic one sixteen times; at most
    seven times, and three times for the second doubling, is let pass at one of TRIES tries.
    """
    if _seconds(read, text_of(4 * length)) < NOTHING_SECONDS:
        return ""
    told = ""
    for _ in range(TRIES):
        one, two, four = (_seconds(read, text_of(length * times)) for times in (1, 2, 4))
        if four < 7 * one and four < 3 * two:
            return ""
        told = f"{one:.4f} s, {two:.4f} s and {four:.4f} s for one, two and four times {length:,} characters"
    return told


def _seconds(read: Callable[[str], Any], text: str) -> float:
    gc.disable()  # its passes come at numbers of objects, not of characters
    started = process_time()
    try:
        with contextlib.suppress(PromptevalError, DocumentFault):  # a limit or a deadline, in one line
            read(text)
        return process_time() - started
    finally:
        gc.enable()
