"""Rows that are unlike the others: in length, in script, in encoding."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from prompteval.data.findings import Findings
from prompteval.data.rows import DataRow

FEWEST_ROWS = 30
FAR = 6.0  # robust standard deviations of the logarithm of the length
USUAL = 0.9  # share of the rows that are in one script before another is odd
_ASCII_LETTER = re.compile("[A-Za-z]")
_LETTERS = 200  # of a text are looked at
# UTF-8 read as Windows-1252, the replacement character, controls, halves of surrogate pairs.
_BROKEN = re.compile(
    "Ã[\x80-\xbf©¨¼¶¤]|â€[\x80-\xbf™œ“”]|Â[\xa0-\xbf]|\ufffd|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\ud800-\udfff]"
)


def check_lengths(rows: Sequence[DataRow], findings: Findings) -> None:
    """Empty texts, and those far longer or shorter than the others (median and MAD of the logarithm)."""
    lengths = np.array([0 if row.text.isspace() else len(row.text) for row in rows])
    for place in np.flatnonzero(lengths == 0).tolist():
        help = "name its field with --text, or remove the row"
        findings.add(rows[place], "PD113", "the row has no text", help)
    logs = np.log(lengths[lengths > 0])
    if len(logs) < FEWEST_ROWS:
        return
    middle = float(np.median(logs))
    spread = 1.4826 * float(np.median(np.abs(logs - middle)))
    odd = np.abs(np.log(np.maximum(lengths, 1)) - middle) > FAR * spread
    for place in np.flatnonzero(odd & (lengths > 0)).tolist() if spread else ():
        than = f"{math.exp(middle):,.0f} is the median"
        message = f"text of {lengths[place]:,} characters, {than}"
        findings.add(rows[place], "PD113", message, "look at the row")


def check_scripts(rows: Sequence[DataRow], findings: Findings) -> None:
    """Rows in another script than nine tenths of the rows."""
    scripts = [script(row.text) for row in rows]
    counts = Counter(filter(None, scripts))
    if counts.total() < FEWEST_ROWS:
        return
    usual, count = counts.most_common(1)[0]
    if count < USUAL * counts.total():
        return
    for row, own in zip(rows, scripts, strict=True):
        if own and own != usual:
            findings.add(
                row,
                "PD114",
                f"text in {own}, and {count / counts.total():.0%} of the rows in {usual}",
                "look at the row",
            )


def check_encodings(rows: Sequence[DataRow], findings: Findings) -> None:
    """Characters that a wrong encoding left."""
    for row in rows:
        match = _BROKEN.search(row.text)
        if match:
            found = match[0].encode("unicode_escape").decode("ascii")
            findings.add(
                row, "PD115", f"character {match.start()} is {found}: the text was read in a wrong encoding"
            )


def script(text: str) -> str:
    """The script of most of the first letters: `latin`, `cyrillic`, `cjk`; empty without letters."""
    head = text[: 2 * _LETTERS]
    if head.isascii():
        return "latin" if _ASCII_LETTER.search(head) else ""
    letters = [character for character in head if character.isalpha()][:_LETTERS]
    counts = Counter(map(_script, letters))
    return counts.most_common(1)[0][0] if counts else ""


@lru_cache(maxsize=10_000)
def _script(character: str) -> str:
    return unicodedata.name(character, "unknown").partition(" ")[0].lower()
