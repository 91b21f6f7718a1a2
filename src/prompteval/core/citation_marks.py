"""Marks of citations in a text: `[1]`, `[1, 3]`, `[1-3]`, `【1†source】`, `[^1]`, `¹`, `(Source 1)`, links.

A mark is a number of a passage, from 1. What is in code, an interval, a list with a 0 or a year is
text. Each mark is replaced by one character, so that the text can be split around it.
"""

import re
from dataclasses import dataclass
from functools import cache

# A private character stands for a mark: the base and the mark's place in the list.
BASE = 0xF0000
MOST = 60_000
MARK = re.compile("[\U000f0000-\U000fea60]")
LARGEST = 999
LONGEST_RANGE = 50

_WORD = (
    "sources?|docs?|documents?|passages?|citations?|cite|refs?|references?|contexts?|chunks?|excerpts?|"
    "quellen?|dokumente?|abschnitt|fuentes?|documentos?|pasajes?|extraits?|passaggi[o]?|fonti|fonte|"
    "источники?|документы?|来源|文档|文献|資料|出典|출처|문서|المصدر"
)
_AND = r"\s?(?:,|;|，|、|&|and|und|et|y|и)\s?(?:and |und |et |y )?"
_NUMBER = rf"(?:(?:{_WORD})\s?[:#.№]?\s?|[\^#№])?\d{{1,4}}\^?"
_TO = r"\s?(?:[-–—‑~]|to|bis)\s?"
_LIST = rf"{_NUMBER}(?:(?:{_AND}|{_TO}){_NUMBER}){{0,99}}"
_PAGE = r"(?:†[^\]】\n]{0,80}|,\s?(?:pp?|S|с)\.\s?\d{1,5}(?:[-–]\d{1,5})?)?"
_LINK = r"(?:\((?:https?:|#|/|\.)[^()\s]{0,500}\))?"
_FORMS = (
    rf"\[\[(?P<double>{_LIST}){_PAGE}\](?:\((?:https?:|#|/|\.)[^()\s]{{0,500}}\))?\]{_LINK}",
    rf"\\?[\[【［〔](?P<square>{_LIST}){_PAGE}\\?[\]】］〕]{_LINK}",
    rf"\((?P<round>(?:{_WORD})\s?[:#.№]?\s?{_LIST})\)",
    rf"<(?P<tag>sup|cite)>\s?\[?(?P<tagged>{_LIST})\]?\s?</(?P=tag)>",
    r"(?:(?<=[^\W\d_]{3})|(?<=[.,;:!?)\]\"”’。、，」]))"
    r"(?P<raised>[¹²³⁴-⁹][⁰¹²³⁴-⁹]?(?:[,˒‚ ]?[¹²³⁴-⁹][⁰¹²³⁴-⁹]?)*)",
)
_CODE = re.compile(
    r"^[ \t]{0,3}(`{3,}+|~{3,}+)[^\n]*+\n(?s:.*?)(?:^[ \t]{0,3}\1|\Z)|(?<!`)`(?!`)[^`\n]++`", re.MULTILINE
)
_JOINED = re.compile(r"\[(\d{1,3})\]\s?[-–—]\s?\[(\d{1,3})\]")
_PART = re.compile(rf"(\d{{1,4}})(?:\^?{_TO}(?:[\^#]|(?:{_WORD})\s?)?(\d{{1,4}}))?", re.IGNORECASE)
_INTERVAL = re.compile(
    r"(?:[∈∉⊂⊆=]|\b(?:range|interval|between|domain|bereich|intervall|intervalle|intervalo|диапазоне?|отрезке?|"
    r"интервале?)(?: of| from| von| de)?|区间|範囲|区間|구간)[\s:$\\]*\Z",
    re.IGNORECASE,
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹˒‚ ", "0123456789,,,")
# A footnote or the target of a link: where its number is explained, not where it is cited.
_DEFINITION = re.compile(r"^[ \t]{0,3}\[\^?\d{1,4}\^?\]:[^\n]*+(?:\n[ \t]{2,}+[^\n]*+)*+\n?", re.MULTILINE)
_HEADING = re.compile(
    r"^[ \t#*_]{0,9}(?:sources?|references?|citations?|footnotes?|bibliography|quellen|fuentes|références|"
    r"источники|参考文献|参考资料|来源|出典|출처|참고문헌)[ \t*_]{0,9}[:：]?[ \t*_]{0,9}$",
    re.IGNORECASE | re.MULTILINE,
)
_ENTRY = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.):]|\[\^?\d{1,4}\^?\]|【\d{1,4}】|[\U000f0000-\U000fea60])")


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with one private character for each mark; `numbers` are those of the marks in order."""

    text: str
    numbers: tuple[tuple[int, ...], ...]

    def of(self, part: str) -> tuple[int, ...]:
        """The numbers that the marks in a part of the text name, each once, in their order."""
        found = (n for mark in MARK.findall(part) for n in self.numbers[ord(mark) - BASE])
        return tuple(dict.fromkeys(found))


def find_marks(text: str) -> Marked:
    """The text with its marks replaced, without footnotes and the list of sources at its end."""
    text = _without_sources(_DEFINITION.sub("", MARK.sub("", text)))
    numbers: list[tuple[int, ...]] = []

    def replaced(match: re.Match[str]) -> str:
        found = _numbers(match)
        if not found or len(numbers) >= MOST or _is_interval(text, match):
            return match[0]
        numbers.append(found)
        return chr(BASE + len(numbers) - 1)

    parts, at, form = [], 0, _any_form()
    text = _JOINED.sub(r"[\1-\2]", text)
    for code in _CODE.finditer(text):
        parts += [form.sub(replaced, text[at : code.start()]), code[0]]
        at = code.end()
    parts.append(form.sub(replaced, text[at:]) if at else form.sub(replaced, text))
    return Marked("".join(parts), tuple(numbers))


@cache
def _any_form() -> re.Pattern[str]:
    """Any form of a mark; compiled at the first use, which takes most of the time of all patterns here."""
    return re.compile("|".join(_FORMS), re.IGNORECASE)


def _numbers(match: re.Match[str]) -> tuple[int, ...]:
    """The passages that a mark names; none where it is something else."""
    raised = match["raised"]
    body = (
        raised.translate(_RAISED)
        if raised
        else match["double"] or match["square"] or match["round"] or match["tagged"]
    )
    found: list[int] = []
    for first, last in _PART.findall(body):
        low, high = int(first), int(last or first)
        if not 1 <= low <= high <= LARGEST or high - low > LONGEST_RANGE:
            return ()
        found.extend(range(low, high + 1))
    return tuple(dict.fromkeys(found))


def _is_interval(text: str, match: re.Match[str]) -> bool:
    """Whether a list of two numbers stands where an interval does."""
    body = match["square"]
    if body is None or not re.fullmatch(r"\d+\s?[,;]\s?\d+", body):
        return False
    return _INTERVAL.search(match.string, max(0, match.start() - 24), match.start()) is not None


def _without_sources(text: str) -> str:
    """The text up to a heading such as "Sources:" behind which there are only entries of a list."""
    headings = [heading.span() for heading in _HEADING.finditer(text)]
    if headings:
        start, end = headings[-1]
        lines = [line for line in text[end:].split("\n") if line.strip()]
        if lines and all(map(_ENTRY.match, lines)):
            return text[:start].rstrip()
    return text
