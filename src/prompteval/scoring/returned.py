"""What a scorer may give back: a Score, a number, true or false, or a mapping; all else is a failed score."""

import numbers
from collections.abc import Mapping
from dataclasses import replace
from types import NoneType
from typing import Any

from prompteval.core.errors import PromptevalError
from prompteval.core.fingerprint import canonical_json, fingerprint
from prompteval.core.observation import Score

# A longer text names no class, and a run keeps and counts each of its labels.
LONGEST_LABEL = 1_000
_PLAIN = frozenset({float, NoneType})
KEYS = ("value", "passed", "reason")
_FORMS = "a number from 0 to 1, true or false, a Score, or a mapping of value, passed and reason"


def to_score(name: str, result: object, threshold: float | None = None) -> Score:
    """The score under the scorer's own name.

    True and false pass and fail. A number passes or fails by the threshold where there is one; without
    it 1 passes, 0 fails, and what lies between only measures. A mapping and a Score may say for
    themselves whether they pass.
    """
    try:
        if isinstance(result, Score):
            return _decided(_plain(name, result), threshold)
        if isinstance(result, Mapping):
            return _decided(_from_mapping(name, result), threshold)
        return _decided(_from_number(name, result), threshold)
    except (TypeError, ValueError) as error:
        return failed(name, f"the scorer returned {_shown(result)}: {error}")


def failed(name: str, why: str | BaseException) -> Score:
    """A score that failed, with its reason: the error's type and text, one of ours in its own words."""
    if isinstance(why, PromptevalError):
        why = str(why)
    elif isinstance(why, BaseException):
        why = f"{type(why).__name__}: {why}"
    return Score(name, None, status="failed", reason=why)


def passes(value: float, threshold: float | None) -> bool | None:
    """By the threshold; without one, 1 passes, 0 fails, and what lies between only measures."""
    if threshold is not None:
        return value >= threshold
    return bool(value) if value in (0.0, 1.0) else None


def _decided(score: Score, threshold: float | None) -> Score:
    if threshold is None or score.value is None:
        return score
    return score.decided(score.value >= threshold)


def _from_number(name: str, result: object) -> Score:
    value = _number(result)
    if not 0.0 <= value <= 1.0:
        raise ValueError("a number must be from 0 to 1; return a Score with low and high for another scale")
    return Score(name, value, passed=passes(value, None))


def _from_mapping(name: str, result: Mapping[object, object]) -> Score:
    unknown = [key for key in result if key not in KEYS]
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r} (known: {', '.join(KEYS)})")
    if "value" not in result:
        raise ValueError("no value")
    found = _from_number(name, result["value"])
    passed, reason = result.get("passed", found.passed), result.get("reason") or ""
    if not isinstance(reason, str):
        raise TypeError(f"reason must be a string, not {_shown(reason)}")
    return replace(found, passed=_yes_or_no(passed), reason=reason)


def _plain(name: str, score: Score) -> Score:
    """The score in values that can be stored: plain floats, evidence of JSON values."""
    if score.evidence:
        canonical_json(dict(score.evidence))
    labels, scale = score.labels, (score.value, score.low, score.high)
    if labels is not None and not (isinstance(labels[0], str) and isinstance(labels[1], str | None)):
        raise TypeError("labels must be two strings, (expected, predicted)")
    if labels is not None and max(len(labels[0]), len(labels[1] or "")) > LONGEST_LABEL:
        score = replace(score, labels=(_label(labels[0]), None if labels[1] is None else _label(labels[1])))
    if not isinstance(score.reason, str):
        raise TypeError(f"reason must be a string, not {_shown(score.reason)}")
    if _PLAIN.issuperset(map(type, scale)) and name == score.name and type(score.passed) in (bool, NoneType):
        return score
    value, low, high = (None if one is None else _number(one) for one in scale)
    return replace(score, name=name, value=value, passed=_yes_or_no(score.passed), low=low, high=high)


def _label(text: str) -> str:
    """A text as a label: one that is too long by its beginning, its length and its hash."""
    if len(text) <= LONGEST_LABEL:
        return text
    return f"{text[:200]}… ({len(text):,} characters, {fingerprint(text)})"


def _number(value: Any) -> float:
    """A float of any kind of number, numpy's too, as long as it is one and no text."""
    if isinstance(value, str | bytes | bytearray):
        raise TypeError(f"expected {_FORMS}")
    if not isinstance(value, numbers.Number):
        try:
            value = value.item()
        except (AttributeError, ValueError):
            raise TypeError(f"expected {_FORMS}") from None
    return float(value)


def _yes_or_no(passed: object) -> bool | None:
    if passed is None or isinstance(passed, bool):
        return passed
    if isinstance(passed, numbers.Number) or not hasattr(passed, "item"):
        raise TypeError(f"passed must be true, false or null, not {_shown(passed)}")
    return bool(passed)


def _shown(value: object) -> str:
    """The start of its repr, which may fail too."""
    try:
        text = repr(value)
    except Exception as error:
        return f"a {type(value).__name__} whose repr raises {type(error).__name__}"
    return text if len(text) <= 200 else f"{text[:200]}…"
