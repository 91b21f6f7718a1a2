"""What personal data is found as: a span of characters and its kind."""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "email", "phone", "card", "iban", "national_id", "ip", "secret", "birth_date", "name", "place"
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
# By a language model of the extra [pii]; the others are patterns, which are always there.
NAMED: frozenset[Kind] = frozenset({"name", "place"})
PATTERNS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind not in NAMED)


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` is personal data of a kind; `detail` says which, such as `us_ssn` or `ipv6`."""

    start: int
    end: int
    kind: Kind
    detail: str = ""
