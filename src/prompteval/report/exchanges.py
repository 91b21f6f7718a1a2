"""What was sent to a model and what came back, as a report shows it when it is asked for."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from prompteval.core.observation import Row
from prompteval.core.request import ServedBy


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call with its request and its reply as JSON texts.

    `role` is `user` for the model that plays the user, the name of a scorer for its judge, else empty.
    """

    role: str
    model: str
    served_by: ServedBy
    request: str
    response: str


ExchangesOf = Callable[[Row], tuple[Exchange, ...]]
OpenExchanges = Callable[[], AbstractContextManager[ExchangesOf]]


@contextmanager
def no_exchanges() -> Iterator[ExchangesOf]:
    """Where none are kept."""
    yield lambda row: ()


def calls_made(row: Row) -> int:
    """How many calls a row made, its judges' too."""
    seen = row.observation
    return len(seen.calls) + len(seen.user_calls) + sum(len(score.calls) for score in row.scores)
