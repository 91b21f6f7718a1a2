"""National numbers of ten countries, each with its own check.

Those whose form says little (nine or ten digits) count only behind a word that names them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

from prompteval.pii.checksums import luhn, mod11_10, weighted
from prompteval.pii.context import said_before
from prompteval.pii.scan import scan
from prompteval.pii.span import Span

_BEFORE = r"(?<![0-9A-Za-z])(?<![0-9][.,/-])"
_BEHIND = r"(?![0-9A-Za-z])(?![.,/-][0-9])"
_SEPARATORS = re.compile("[ .+/-]")
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
# Italian letters in odd places of the tax code, by digit or letter of the same rank.
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_MONTHS = "ABCDEHLMPRST"
_OMOCODE = "LMNPQRSTUV"  # letters in place of digits where two people would have one code


@dataclass(frozen=True, slots=True)
class _Number:
    """A country's number: its form, its check over what is written without separators, and its words.

    `named` counts only behind one of the `words`.
    """

    name: str
    form: re.Pattern[str]
    check: Callable[[str], bool]
    words: re.Pattern[str] | None = None


def national_ids(text: str) -> Iterator[Span]:
    """Numbers whose check is right, and of the form that their country gives them."""
    for number in _NUMBERS:
        if number.words is not None and not number.words.search(text):
            continue
        for match in scan(number.form, text, partial(_is_right, number)):
            yield Span(match.start(), match.end(), "national_id", number.name)


def _is_right(number: _Number, match: re.Match[str]) -> bool:
    if number.words is not None and not said_before(match.string, match.start(), number.words):
        return False
    return number.check(_SEPARATORS.sub("", match[0]).upper())


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def us_ssn(digits: str) -> bool:
    """No area 000 or 666, no group 00, no serial 0000; areas from 900 are tax numbers (ITIN)."""
    area, group, serial = int(digits[:3]), int(digits[3:5]), int(digits[5:])
    if area in (0, 666) or not group or not serial:
        return False
    return area < 900 or 50 <= group <= 65 or 70 <= group <= 88 or group in (90, 91, 92, *range(94, 100))


def uk_nino(text: str) -> bool:
    """National Insurance: the prefixes that are not given out."""
    return text[:2] not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")


def uk_nhs(digits: str) -> bool:
    """NHS number: modulo 11 over nine digits, weights 10 to 2."""
    rest = 11 - weighted(digits[:9], (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return rest != 10 and rest % 11 == int(digits[9])


def de_tax(digits: str) -> bool:
    """Steuer-ID: one digit of the first ten two or three times, no other twice; MOD 11,10."""
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    if digits[0] == "0" or counts[-1] not in (2, 3) or (len(counts) > 1 and counts[-2] > 1):
        return False
    return mod11_10(digits)


def fr_nir(text: str) -> bool:
    """Numéro de sécurité sociale: the key is 97 - number mod 97; Corsica's 2A and 2B count as 19 and 18."""
    number = text[:-2].replace("2A", "19", 1) if text[5:7] == "2A" else text[:-2]
    number = number.replace("2B", "18", 1) if text[5:7] == "2B" else number
    return number.isdecimal() and 97 - int(number) % 97 == int(text[-2:])


def es_dni(text: str) -> bool:
    """DNI and NIE: the letter of the number modulo 23, X, Y and Z being 0, 1 and 2."""
    digits = {"X": "0", "Y": "1", "Z": "2"}.get(text[0], text[0]) + text[1:-1]
    return len(digits) == 8 and _DNI_LETTERS[int(digits) % 23] == text[-1]


def it_tax(text: str) -> bool:
    """Codice fiscale: the month's letter, the day, and the check letter."""
    places = [int(c) if c.isdigit() else ord(c) - 65 for c in text[:15]]
    total = sum(_ODD[place] if not index % 2 else place for index, place in enumerate(places))
    day = "".join(c if c.isdigit() else str(_OMOCODE.index(c)) for c in text[9:11])
    return text[8] in _MONTHS and 1 <= int(day) % 40 <= 31 and total % 26 == ord(text[15]) - 65


def nl_bsn(digits: str) -> bool:
    """Burgerservicenummer: the test of eleven."""
    return int(digits) > 0 and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def pl_pesel(digits: str) -> bool:
    """PESEL: a date of birth whose month says the century, and modulo 10."""
    century, month = divmod(int(digits[2:4]), 20)
    year = (1900, 2000, 2100, 2200, 1800)[century] + int(digits[:2])
    if not _is_date(year, month, int(digits[4:6])):
        return False
    return -weighted(digits[:10], (1, 3, 7, 9)) % 10 == int(digits[10])


def se_personal(digits: str) -> bool:
    """Personnummer: a date, 60 more in the day for a coordination number, and Luhn over ten digits."""
    if len(digits) == 12 and digits[:2] not in ("18", "19", "20"):
        return False
    year = int(digits[:4]) if len(digits) == 12 else 2000 + int(digits[-10:-8])
    month, day = int(digits[-8:-6]), int(digits[-6:-4])
    return _is_date(year, month, day - 60 if day > 60 else day) and luhn(digits[-10:])


def br_cpf(digits: str) -> bool:
    """CPF: two digits modulo 11; eleven equal ones are none."""
    first = weighted(digits[:9], (10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    second = weighted(digits[:10], (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    return len(set(digits)) > 1 and digits[9:] == f"{first}{second}"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(f"{_BEFORE}{pattern}{_BEHIND}", re.IGNORECASE)


def _words(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


_D = "[0-9LMNPQRSTUV]"
_SSN_WORDS = _words("ssn|social security|itin|tin|tax id")
_NUMBERS = (
    _Number("us_ssn", _form("[0-9]{3}-[0-9]{2}-[0-9]{4}"), us_ssn),
    _Number("us_ssn", _form("[0-9]{3} ?[0-9]{2} ?[0-9]{4}"), us_ssn, _SSN_WORDS),
    _Number(
        "uk_nino",
        _form("[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]"),
        uk_nino,
    ),
    _Number("uk_nhs", _form("[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}"), uk_nhs, _words("nhs")),
    _Number("de_tax_id", _form("[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}"), de_tax),
    _Number(
        "fr_nir",
        _form("[1278] ?[0-9]{2} ?(?:0[1-9]|[1-9][0-9]) ?(?:2[AB]|[0-9]{2}) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}"),
        fr_nir,
    ),
    _Number("es_dni", _form("(?:[0-9]{8}|[XYZ]-?[0-9]{7})-?[A-HJ-NP-TV-Z]"), es_dni),
    _Number(
        "it_codice_fiscale", _form(f"[A-Z]{{6}}{_D}{{2}}[A-EHLMPRST]{_D}{{2}}[A-Z]{_D}{{3}}[A-Z]"), it_tax
    ),
    _Number(
        "nl_bsn",
        _form("[0-9]{4}[ .]?[0-9]{2}[ .]?[0-9]{3}"),
        nl_bsn,
        _words(r"bsn|burgerservice\w{0,8}|sofi\w{0,8}"),
    ),
    _Number("pl_pesel", _form("[0-9]{11}"), pl_pesel),
    _Number("se_personnummer", _form("(?:[0-9]{2})?[0-9]{6}[-+][0-9]{4}"), se_personal),
    _Number("se_personnummer", _form("(?:19|20)[0-9]{10}"), se_personal),
    _Number("se_personnummer", _form("[0-9]{10}"), se_personal, _words(r"person\w{0,8}|samordning\w{0,8}")),
    _Number("br_cpf", _form(r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}"), br_cpf),
)
