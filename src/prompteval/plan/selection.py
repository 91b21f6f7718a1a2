"""Which cases run: the `-k` expression, the first N, a seeded sample."""

import hashlib
import heapq
import re
from collections.abc import Callable, Iterable, Iterator

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.plan.run_options import Selection

_TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")
Matcher = Callable[[str], bool]


def compile_expression(text: str) -> Matcher:
    """A `-k` expression as a predicate over a name.

    Words are sought in the name without regard to case and joined by `and`, `or`, `not` and
    brackets, `not` binding strongest. Raises UsageError at what cannot be read.
    """
    tokens = _TOKEN.findall(text)
    if not tokens:
        raise UsageError("-k is empty", 'give words, as in -k "refund and not email"')
    matcher, rest = _either(tokens, text)
    if rest:
        raise UsageError(f"-k {text!r}: {rest[0]!r} is out of place", "join words with and, or, not, ( )")
    return matcher


def _either(tokens: list[str], text: str) -> tuple[Matcher, list[str]]:
    left, rest = _both(tokens, text)
    while rest and rest[0] == "or":
        right, rest = _both(rest[1:], text)
        left = _join(any, left, right)
    return left, rest


def _both(tokens: list[str], text: str) -> tuple[Matcher, list[str]]:
    left, rest = _single(tokens, text)
    while rest and rest[0] == "and":
        right, rest = _single(rest[1:], text)
        left = _join(all, left, right)
    return left, rest


def _join(quantifier: Callable[[Iterable[bool]], bool], left: Matcher, right: Matcher) -> Matcher:
    return lambda name: quantifier(part(name) for part in (left, right))


def _single(tokens: list[str], text: str) -> tuple[Matcher, list[str]]:
    if not tokens or tokens[0] in (")", "and", "or"):
        found = repr(tokens[0]) if tokens else "the end"
        raise UsageError(f"-k {text!r}: a word is missing before {found}", "")
    if tokens[0] == "not":
        inner, rest = _single(tokens[1:], text)
        return (lambda name: not inner(name)), rest
    if tokens[0] == "(":
        inner, rest = _either(tokens[1:], text)
        if not rest or rest[0] != ")":
            raise UsageError(f"-k {text!r}: a bracket is not closed", "")
        return inner, rest[1:]
    word = tokens[0].lower()
    return (lambda name: word in name.lower()), tokens[1:]


def case_name(suite: str, case: Case) -> str:
    """What `-k` looks at: suite, id and tags, as `suite::id::tag=value`."""
    tags = "".join(f"::{key}={value}" for key, value in sorted(case.tags.items()))
    return f"{suite}::{case.id}{tags}"


def select(
    suite: str, cases: Iterable[Case], splits: tuple[str, ...], selection: Selection
) -> Iterator[Case]:
    """The cases of `suite` that run, in file order (a sample: in hash order).

    Conditions apply in this order: split, `only`, expression, sample, limit.
    """
    chosen: Iterable[Case] = cases
    if splits:
        chosen = (case for case in chosen if case.split in splits)
    if selection.only is not None:
        only = selection.only
        chosen = (case for case in chosen if (suite, case.id) in only)
    if selection.expression:
        matches = compile_expression(selection.expression)
        chosen = (case for case in chosen if matches(case_name(suite, case)))
    if selection.sample is not None:
        seed = selection.seed
        chosen = heapq.nsmallest(selection.sample, chosen, key=lambda case: _rank(seed, case.id))
    for position, case in enumerate(chosen):
        if selection.limit is not None and position >= selection.limit:
            return
        yield case


def _rank(seed: int, case_id: str) -> bytes:
    text = f"{seed}\x00{case_id}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).digest()
