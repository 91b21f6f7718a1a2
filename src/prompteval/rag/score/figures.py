"""The figures of an answer: numbers with their units, dates and names, and which of them no passage holds."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "date", "name"]

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_MONTH = "|".join([*_MONTHS, *(month[:3] for month in _MONTHS), "sept"])
_DATE = re.compile(
    rf"\b(?P<iso>(?P<y>[12]\d{{3}})-(?P<m>\d{{1,2}})-(?P<d>\d{{1,2}}))\b"
    rf"|\b(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(?P<m1>{_MONTH})\.?(?:,?\s+(?P<y1>[12]\d{{3}}))?\b"
    rf"|\b(?P<m2>{_MONTH})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y2>[12]\d{{3}})\b)?"
    rf"|\b(?P<m3>{_MONTH})\.?,?\s+(?P<y3>[12]\d{{3}})\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.])(?P<currency>[$€£¥]\s?)?(?P<digits>\d+(?:[,.' \u00a0\u202f]\d{3})*(?:\.\d+)?|\d+)"
)
_UNIT = re.compile(r"\s?(?P<unit>%|°\s?[CF]\b|[^\W\d_]{1,14})")
# What a number is of: another one of these beside the same number is another figure.
_UNITS = {
    "%": "%", "percent": "%", "second": "s", "s": "s", "minute": "min", "min": "min", "hour": "h", "h": "h",
    "day": "d", "week": "w", "month": "mo", "year": "y", "yr": "y", "mm": "mm", "cm": "cm", "m": "m",
    "metre": "m", "meter": "m", "km": "km", "kilometre": "km", "kilometer": "km", "mile": "mi", "foot": "ft",
    "feet": "ft", "ft": "ft", "inch": "in", "g": "g", "gram": "g", "kg": "kg", "kilogram": "kg", "ton": "t",
    "tonne": "t", "pound": "lb", "lb": "lb", "litre": "l", "liter": "l", "ml": "ml", "million": "million",
    "billion": "billion", "trillion": "trillion", "thousand": "thousand", "dollar": "$", "usd": "$",
    "euro": "€", "eur": "€", "gbp": "£", "yen": "¥", "kb": "kb", "mb": "mb", "gb": "gb", "tb": "tb",
    "kw": "kw", "mw": "mw", "kwh": "kwh", "watt": "w", "volt": "v", "°c": "°c", "°f": "°f",
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*", re.UNICODE)
_ENDS = re.compile(r"(?:^|[.!?:;\n\"“(])\s*$")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, date or name as it is written, and what it says: equal for equal figures."""

    kind: Kind
    text: str
    value: str
    unit: str = ""


def figures_of(text: str) -> list[Figure]:
    """The figures of a text in their order; the digits of a date are no number."""
    found: list[tuple[int, Figure]] = []
    rest = text
    for match in _DATE.finditer(text):
        found.append((match.start(), Figure("date", match[0], _date_value(match))))
        rest = rest[: match.start()] + " " * len(match[0]) + rest[match.end() :]
    found += [(at, figure) for at, figure in _numbers(rest)]
    found += [(at, figure) for at, figure in _names(rest)]
    return [figure for _, figure in sorted(found, key=lambda pair: pair[0])]


def without_source(text: str, passages: Sequence[str]) -> tuple[list[Figure], list[Figure]]:
    """(all figures of a text, those that no passage holds).

    A number is held by the same number of the same unit, or of none that is known; a date by one that says as
    much; a name where one passage has all of its words.
    """
    wanted = figures_of(text)
    held = [figure for passage in passages for figure in figures_of(passage)]
    words = [{word.casefold() for word in _WORD.findall(passage)} for passage in passages]
    return wanted, [one for one in wanted if not _is_held(one, held, words)]


def figures_held(claim: str, evidence: Sequence[str]) -> float:
    """A Support: 1 where the evidence holds every figure of the claim, also where the claim has none."""
    return float(not without_source(claim, evidence)[1])


def _is_held(figure: Figure, held: Sequence[Figure], words: Sequence[set[str]]) -> bool:
    if figure.kind == "name":
        own = {word.casefold() for word in _WORD.findall(figure.text)}
        return any(own <= known for known in words)
    same = [one for one in held if one.kind == figure.kind]
    if figure.kind == "date":
        return any(_says(one.value, figure.value) for one in same)
    equal = [one for one in same if one.value == figure.value]
    if equal:
        return any(one.unit in ("", figure.unit) or not figure.unit for one in equal)
    return any(figure.value in one.value.split("-") for one in held if one.kind == "date")  # a year alone


def _says(known: str, wanted: str) -> bool:
    """Whether one date has every part that another one has."""
    pairs = zip(known.split("-"), wanted.split("-"), strict=True)
    return all(want in ("", have) for have, want in pairs)


def _date_value(match: "re.Match[str]") -> str:
    """`year-month-day` without leading zeros; a part that is not said is empty."""
    named = match.groupdict()
    if named["iso"]:
        return f"{named['y']}-{int(named['m'])}-{int(named['d'])}"
    month = next(named[key] for key in ("m1", "m2", "m3") if named[key]).lower()[:3]
    number = next(place for place, name in enumerate(_MONTHS, 1) if name.startswith(month))
    year = named["y1"] or named["y2"] or named["y3"] or ""
    day = named["d1"] or named["d2"] or ""
    return f"{year}-{number}-{int(day) if day else ''}"


def _numbers(text: str) -> Iterator[tuple[int, Figure]]:
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"[,' \u00a0\u202f]", "", match["digits"])
        if re.fullmatch(r"\d+(?:\.\d{3}){2,}", digits):  # 1.234.567
            digits = digits.replace(".", "")
        value = digits.rstrip("0").rstrip(".") if "." in digits else digits
        after = _UNIT.match(text, match.end())
        unit = _unit(after["unit"]) if after is not None else ""
        written = match[0] + (after[0] if after is not None and unit else "")
        unit = unit or (match["currency"] or "").strip()
        yield match.start(), Figure("number", written, value.lstrip("0") or "0", unit)


def _unit(word: str) -> str:
    plain = word.lower().replace(" ", "")
    return _UNITS.get(plain) or _UNITS.get(plain.removesuffix("s")) or ""


def _names(text: str) -> Iterator[tuple[int, Figure]]:
    """Runs of words that begin with a capital letter; the first word of a sentence alone is none."""
    run: list[re.Match[str]] = []
    for match in [*_WORD.finditer(text), None]:
        joined = run and match is not None and text[run[-1].end() : match.start()] in (" ", ". ", "-")
        capital = match is not None and match[0][0].isupper()
        if run and not (joined and capital):
            yield from _name(text, run)
            run = []
        if match is not None and capital:
            run.append(match)


def _name(text: str, run: Sequence["re.Match[str]"]) -> Iterator[tuple[int, Figure]]:
    """The name in a run of capitalised words, without the first word of a sentence where others follow."""
    if _ENDS.search(text[: run[0].start()]):
        run = run[1:] if len(run) > 1 else []
    kept = [word for word in run if word[0].casefold() not in _NO_NAMES and len(word[0]) > 1]
    if kept:
        written = text[kept[0].start() : kept[-1].end()]
        yield kept[0].start(), Figure("name", written, written.casefold())


_WORDS = ["i", "the", "a", "an", "it", "he", "she", "we", "they", "you", "in", "on", "at"]
_NO_NAMES = frozenset([*_MONTHS, *_WORDS])
