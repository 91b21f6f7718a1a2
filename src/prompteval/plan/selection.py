"""Which cases run: the `-k` expression, the first N, a seeded sample."""

import heapq
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.fingerprint import seeded_rank
from prompteval.core.ranges import shown
from prompteval.plan.run_options import Selection

_TOKEN = re.compile(r"[()]|[^\s()]+")
Matcher = Callable[[str], bool]
MOST_TOKENS = 10_000
DEEPEST = 50


def compile_expression(text: str) -> Matcher:
    """A `-k` expression as a predicate over a name.

    Words are sought in the name without regard to case, `tag:value` as the tag that it is. They are
    joined by `and`, `or`, `not` and brackets, `not` binding strongest. Raises UsageError at what cannot be
    read, and for more than MOST_TOKENS or brackets deeper than DEEPEST.
    """
    tokens = list(islice((match[0] for match in _TOKEN.finditer(text)), MOST_TOKENS + 1))
    if not tokens:
        raise UsageError("-k is empty", 'give words, as in -k "refund and not email"')
    if len(tokens) > MOST_TOKENS:
        raise UsageError(f"-k has more than {MOST_TOKENS:,} words", "select by --failed, --sample or a tag")
    return _Expression(tokens, f"-k {shown(text)}").read()


class _Expression:
    """Reads one expression, from left to right."""

    def __init__(self, tokens: list[str], title: str) -> None:
        self._tokens, self._title = tokens, title
        self._place = self._depth = 0

    def read(self) -> Matcher:
        matcher = self._either()
        if self._next is not None:
            raise self._wrong(f"unexpected {shown(self._next)}", "join words with and, or, not, ( )")
        return matcher

    @property
    def _next(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _takes(self, token: str) -> bool:
        taken = self._next == token
        self._place += taken
        return taken

    def _either(self) -> Matcher:
        parts = [self._both()]
        while self._takes("or"):
            parts.append(self._both())
        return lambda name: any(part(name) for part in parts)

    def _both(self) -> Matcher:
        parts = [self._single()]
        while self._takes("and"):
            parts.append(self._single())
        return lambda name: all(part(name) for part in parts)

    def _single(self) -> Matcher:
        negated = False
        while self._takes("not"):
            negated = not negated
        inner = self._bracket() if self._takes("(") else self._word()
        return (lambda name: not inner(name)) if negated else inner

    def _bracket(self) -> Matcher:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(f"parentheses are nested deeper than {DEEPEST}")
        inner = self._either()
        if not self._takes(")"):
            raise self._wrong("a parenthesis is not closed")
        self._depth -= 1
        return inner

    def _word(self) -> Matcher:
        if self._next in (None, ")", "and", "or"):
            found = "the end" if self._next is None else repr(self._next)
            raise self._wrong(f"expected a word before {found}")
        word = self._tokens[self._place].lower()
        self._place += 1
        # `channel:email` is the tag as other tools write it; a name may hold it as it stands too.
        tag = re.sub(r"^([\w.-]+):(?=[^:])", r"::\1=", word)
        return lambda name: word in name.lower() or (tag != word and tag in name.lower())

    def _wrong(self, reason: str, help: str = "") -> UsageError:
        return UsageError(f"{self._title}: {reason}", help)


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
        chosen = heapq.nsmallest(selection.sample, chosen, key=lambda case: seeded_rank(seed, case.id))
    for position, case in enumerate(chosen):
        if selection.limit is not None and position >= selection.limit:
            return
        yield case
