"""What else a model might have written for the short values of its answer, and how probable that was.

Servers give the most probable tokens at each place of a text (`top_logprobs`). Of an answer in JSON they are
kept for the fields with a short value alone: a judge's verdict needs no more.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final

from prompteval.core.observation import ALTERNATIVES
from prompteval.core.response_json import is_logprob
from prompteval.core.secret import hide

LONGEST_VALUE: Final = 100
LEAST: Final = 1e-4
_WHITE: Final = " \t\r\n"
_decoder: Final = JSONDecoder()


def alternatives_of(text: str, tokens: object) -> dict[str, dict[str, dict[str, float]]]:
    """As a reply's details: for each field the beginnings of values as JSON text, each with its probability.

    Empty where the tokens have no alternatives, or are not those of the text.
    """
    known = [one for one in tokens if isinstance(one, Mapping)] if isinstance(tokens, list) else []
    if not any(one.get("top_logprobs") for one in known):
        return {}
    words = [str(one.get("token", "")) for one in known]
    if not "".join(words).startswith(text):
        return {}
    found = {name: _beginnings(text[a:b], a, words, known) for name, a, b in short_values(text)}
    found = {name: values for name, values in found.items() if values}
    return {ALTERNATIVES: found} if found else {}


def short_values(text: str) -> Iterator[tuple[str, int, int]]:
    """(name, begin, end) of each short value in the JSON object that a text is; none for any other text."""
    place = _skip(text, 0)
    if text[place : place + 1] != "{":
        return
    place = _skip(text, place + 1)
    try:
        while text[place : place + 1] == '"':
            name, place = _decoder.raw_decode(text, place)
            begin = _skip(text, _skip(text, place) + 1)
            value, end = _decoder.raw_decode(text, begin)
            if not isinstance(value, dict | list) and end - begin <= LONGEST_VALUE:
                yield name, begin, end
            place = _skip(text, end)
            if text[place : place + 1] == ",":
                place = _skip(text, place + 1)
    except (JSONDecodeError, RecursionError):
        return


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _WHITE:
        place += 1
    return place


def _beginnings(
    value: str, begin: int, words: Sequence[str], tokens: Sequence[Mapping[str, Any]]
) -> dict[str, float]:
    """Each value that a token of this one could have begun, at the probability of the way to it."""
    found: dict[str, float] = {}
    place, written, reached = 0, "", 1.0
    for word, token in zip(words, tokens, strict=True):
        before, place = place, place + len(word)
        if place <= begin:
            continue
        lead = word[: max(begin - before, 0)]
        for other, probability in _others(token):
            if other != word and other.startswith(lead):
                _add(found, written + other[len(lead) :], reached * probability)
        written += word[len(lead) :]
        reached *= _probability(token.get("logprob"))
        if len(written) >= len(value):
            break
    _add(found, value, reached)
    return {hide(text): round(share, 6) for text, share in found.items() if share >= LEAST}


def _others(token: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    given = token.get("top_logprobs")
    for one in given if isinstance(given, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("token"), str):
            yield one["token"], _probability(one.get("logprob"))


def _probability(logprob: object) -> float:
    return min(math.exp(float(logprob)), 1.0) if is_logprob(logprob) else 0.0  # type: ignore[arg-type]


def _add(found: dict[str, float], text: str, probability: float) -> None:
    """Count a beginning, cut where its value ends."""
    text = text.lstrip(_WHITE)
    if text.startswith('"'):
        end = text.find('"', 1)
        text = text if end < 0 else text[: end + 1]
    else:
        text = text.rstrip(_WHITE + ",}")
    if text:
        found[text] = found.get(text, 0.0) + probability
