"""Garbage is looked for less often while cases run: each makes hundreds of objects, hardly any in cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# New objects before a look at the young, and young and middle looks before one at the older.
THRESHOLDS = (20_000, 20, 100)


def exempt_imports() -> None:
    """Exempt what there is from all further collections, that at the end of the process included, once.

    Call it when everything is imported and nothing of the workspace is: modules are no garbage, and a look at
    them takes as long as a thousand cases.
    """
    if not gc.get_freeze_count():
        gc.freeze()


@contextmanager
def infrequent_garbage_collection() -> Iterator[None]:
    """Fewer looks within, those that were set before after it. Where the collector is off, it stays off."""
    before = gc.get_threshold()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
