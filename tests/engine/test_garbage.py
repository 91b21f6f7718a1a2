"""What a run does to the collector of garbage is undone."""

import gc

import pytest

from prompteval.engine.garbage_collection import (
    THRESHOLDS,
    exempt_imports,
    infrequent_garbage_collection,
)


def test_the_thresholds_come_back_whatever_happens() -> None:
    """Set within, and as they were after an error too."""
    before = gc.get_threshold()
    with pytest.raises(KeyError), infrequent_garbage_collection():
        assert gc.get_threshold() == THRESHOLDS
        raise KeyError
    assert gc.get_threshold() == before


def test_what_is_imported_is_exempt_once() -> None:
    """Nothing that a later call finds is exempt too, so that a process with many runs keeps no garbage."""
    gc.unfreeze()
    try:
        exempt_imports()
        exempt = gc.get_freeze_count()
        later = [[] for _ in range(1_000)]
        exempt_imports()
        assert exempt > 10_000
        assert gc.get_freeze_count() <= exempt
        assert len(later) == 1_000
    finally:
        gc.unfreeze()
