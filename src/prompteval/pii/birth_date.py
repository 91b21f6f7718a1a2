"""Dates of birth: a date behind a word for birth."""

import re
from collections.abc import Iterator

from prompteval.pii.context import said_before
from prompteval.pii.span import Span

_BORN = re.compile(
    r"\bborn\b|\bbirth ?dates?\b|\bbirthday\b|\bd\.?o\.?b\b|\b(?:date|day) of birth\b|\bgeb(?:oren|\.)"
    r"|\bgeburts\w{1,8}\b|\bn[ée]e? (?:le|en)\b|\bnaissance\b|\bnaci(?:do|da|miento|ó)\b"
    r"|\bnat[oa] (?:il|a)\b|\bnascita\b|\bgeboorte\w{1,8}\b|\burodz\w{1,6}\b"
    r"|\bf[öo]d(?:d|else\w{1,6})\b|\bnascid[oa]\b|\bnascimento\b",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan|feb|mar|apr|ma[iyj]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|janv|févr|avr|juin|juil|août|déc)"
    r"[^\W\d_]{0,7}"
)
_YEAR = r"(?:1[89]|20)[0-9]{2}"
_DATE = re.compile(
    rf"(?<![\w/.-])(?:{_YEAR}([-/.])[01]?[0-9]\1[0-3]?[0-9]|[0-3]?[0-9]([-/.])[0-3]?[0-9]\2(?:{_YEAR}|[0-9]{{2}})"
    rf"|[0-3]?[0-9](?:st|nd|rd|th|\.)?(?: of| de)? {_MONTH}\.?,?(?: de)? {_YEAR}"
    rf"|{_MONTH}\.? [0-3]?[0-9](?:st|nd|rd|th)?,? {_YEAR})(?![\w/-])",
    re.IGNORECASE,
)


def birth_dates(text: str) -> Iterator[Span]:
    """Dates in figures or with the month's name, within 40 characters behind `born`, `DOB` and the like."""
    if not _BORN.search(text):
        return
    for match in _DATE.finditer(text):
        if said_before(text, match.start(), _BORN):
            yield Span(match.start(), match.end(), "birth_date")
