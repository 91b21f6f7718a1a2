"""Two outputs, field by field and word by word: what stayed, went and came."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal

from prompteval.core.strict_json import loads

# `turned` is a value in place of another, written as `57265.0 → 572.65`.
Part = tuple[Literal["same", "gone", "new", "turned"], str]
LONGEST = 2000  # characters of each side that are compared; the search grows with their product
_MOST_ALIKE = 50_000  # pairs of equal words: the search grows with these times the parts it finds
# A number is one word, with its sign, its point and its thousands.
_WORDS = re.compile(r"\s+|(?<!\w)-?\d+(?:[.,]\d+)+|\w+|[^\w\s]")
MOST_FIELDS = 10
SHORT = 40  # characters of a value that is shown whole beside the one that it was
_NOTHING: Any = object()


def changed_words(before: str | None, after: str | None) -> Iterator[Part]:
    """The word diff of two outputs; the one that is known where a side keeps none."""
    if before is not None and after is not None:
        ours, theirs = _fields(before), _fields(after)
        if ours is not None and theirs is not None:
            yield from field_diff(ours, theirs)
        else:
            yield from word_diff(before, after)
    elif after is not None:
        yield "new", after
    elif before is not None:
        yield "gone", before


def field_diff(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Part]:
    """Each field that changed, with what it was and is; all of them are counted."""
    changed = [name for name in {**before, **after} if not _same(before, after, name)]
    if not changed:
        yield "same", "no field changed"
    if len(changed) > 1:
        yield "same", f"{len(changed):,} fields: "
    for place, name in enumerate(changed[:MOST_FIELDS]):
        yield "same", f"{'; ' if place else ''}{name}: "
        yield from _value_diff(before.get(name, _NOTHING), after.get(name, _NOTHING))
    if len(changed) > MOST_FIELDS:
        yield "same", f"; … {len(changed) - MOST_FIELDS:,} more"


def _value_diff(before: object, after: object) -> Iterator[Part]:
    ours, theirs = _shown(before), _shown(after)
    long = max(len(ours), len(theirs)) > SHORT
    if long and isinstance(before, str) and isinstance(after, str):
        yield from word_diff(before, after)
    else:
        yield "turned", f"{ours} → {theirs}"


def _same(before: Mapping[str, object], after: Mapping[str, object], name: str) -> bool:
    """Whether a field is there on both sides with one value; true is not 1, nor 1.0 another than 1."""
    ours, theirs = before.get(name, _NOTHING), after.get(name, _NOTHING)
    return bool(ours == theirs) and isinstance(ours, bool) == isinstance(theirs, bool)


def _shown(value: object) -> str:
    if value is _NOTHING:
        return "(absent)"
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _fields(text: str) -> dict[str, object] | None:
    """The values of an object in JSON by their dotted paths, lists as wholes; None for anything else."""
    try:
        raw = loads(text)
    except ValueError:
        return None
    return _flat(raw, "") if isinstance(raw, dict) else None


def _flat(raw: dict[str, object], prefix: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in raw.items():
        if isinstance(value, dict) and value:
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def word_diff(before: str, after: str) -> Iterator[Part]:
    """Parts whose `same` and `gone` join to A's text and whose `same` and `new` to B's.

    Only the first `LONGEST` characters of each are compared; "…" stands for the rest.
    """
    a, b = (_WORDS.findall(text[:LONGEST]) for text in (before, after))
    for kind, start, end, other, until in _operations(a, b):
        if kind == "equal":
            yield "same", "".join(a[start:end])
            continue
        if end > start:
            yield "gone", "".join(a[start:end])
        if until > other:
            yield "new", "".join(b[other:until])
    if max(len(before), len(after)) > LONGEST:
        yield "same", "…"


def _operations(a: list[str], b: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """What turns one list into the other; a whole replacement where one word is repeated over and over."""
    if a == b:
        return [("equal", 0, len(a), 0, len(b))] if a else []
    ours, theirs = Counter(a), Counter(b)
    alike = sum(count * theirs[word] for word, count in ours.items() if not word.isspace())
    if alike > _MOST_ALIKE:
        return [("replace", 0, len(a), 0, len(b))]
    return SequenceMatcher(str.isspace, a, b, autojunk=False).get_opcodes()
