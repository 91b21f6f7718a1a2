"""Requests and replies as the cache has them, read for a report: nothing is opened for writing."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from prompteval.store.cache import MIGRATIONS, stored_exchange
from prompteval.store.connection import open_for_reading

# By the key of a call, its request and its reply as JSON texts; None where the cache does not have both.
ReadExchange = Callable[[str], tuple[str, str] | None]


def no_exchange(key: str) -> tuple[str, str] | None:
    """What a cache without replies has of a call."""
    return None


@contextmanager
def stored_exchanges(path: Path) -> Iterator[ReadExchange]:
    """Reads the exchanges of a cache; of a file that does not exist there are none.

    What was changed after it was stored is left out. Raises StoreError for a file that cannot be opened.
    """
    if not path.exists():
        yield no_exchange
        return
    with closing(open_for_reading(path, MIGRATIONS)) as connection:
        yield partial(stored_exchange, connection)
