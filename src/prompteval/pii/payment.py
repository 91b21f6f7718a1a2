"""Payment cards and bank accounts."""

import re
from collections.abc import Iterator

from prompteval.pii.checksums import luhn, mod97
from prompteval.pii.scan import scan
from prompteval.pii.span import Span

_BEFORE = r"(?<![0-9A-Za-z])(?<![0-9][.,-])"
_BEHIND = r"(?![0-9A-Za-z])(?![.,-][0-9])"
# Twelve to nineteen digits, together or in the groups that are printed on cards; those of five groups first.
_CARDS = (
    re.compile(rf"{_BEFORE}[0-9]{{4}}([ -])[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{1,3}}{_BEHIND}"),
    re.compile(
        rf"{_BEFORE}(?:[0-9]{{12,19}}|[0-9]{{4}}([ -])[0-9]{{4}}\1[0-9]{{4}}(?:\1[0-9]{{1,4}}|(?!\1[0-9]))"
        rf"|[0-9]{{4}}([ -])[0-9]{{6}}\2[0-9]{{4,5}}){_BEHIND}"
    ),
)
# First digits of issuers, with the lengths they give out: old JCB 1800 and 2131, Mastercard from 22, American
# Express, Diners and JCB 3, Visa 4, Mastercard and Maestro 5, Discover, UnionPay, Maestro and RuPay 6 and 81,
# Maestro 0604, Troy 9792.
_ISSUER = re.compile(
    r"(?:1800|2131)[0-9]{11}|2[2-7][0-9]{14}|3[0-9]{13,15}|4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"
    r"|5[0-9]{11,18}|(?:0604|6[0-9]{3}|8[12][0-9]{2})[0-9]{8,15}|9792[0-9]{12}"
)
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?=[ -]?[0-9A-Za-z])")
# Characters of an IBAN by country, from the registry of ISO 13616 (SWIFT, release 99).
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27,
    "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28,
    "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
    "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21,
    "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28,
    "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22,
    "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25,
    "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip


def cards(text: str) -> Iterator[Span]:
    """Numbers of a known issuer's range whose last digit checks (Luhn)."""
    for pattern in _CARDS:
        for match in scan(pattern, text, _is_card):
            yield Span(match.start(), match.end(), "card")


def _is_card(match: re.Match[str]) -> bool:
    digits = match[0].replace(" ", "").replace("-", "")
    return bool(_ISSUER.fullmatch(digits)) and luhn(digits) and len(set(digits)) > 1


def ibans(text: str) -> Iterator[Span]:
    """Accounts of a country's length with the right check digits, in either case, grouped or not."""
    for match in _ACCOUNT.finditer(text):
        length = IBAN_LENGTHS.get(match[0][:2].upper())
        end = length and _end(text, match.start(), length)
        if end and mod97("".join(filter(str.isalnum, text[match.start() : end]))):
            yield Span(match.start(), end, "iban", match[0][:2].lower())


def _end(text: str, start: int, length: int) -> int | None:
    """Behind the `length`-th letter or digit from `start`; None where the text continues or ends before."""
    count = 0
    for place in range(start, min(len(text), start + 2 * length)):
        if text[place] not in " -":
            count += 1
        if count == length:
            behind = text[place + 1 : place + 2]
            return None if behind.isalnum() else place + 1
    return None
