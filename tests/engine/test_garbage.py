"""What a run does to the collector of garbage is undone."""

import gc

import pytest

from prompteval.engine.garbage_collection import THRESHOLDS, infrequent_garbage_collection


def test_the_thresholds_come_back_whatever_happens() -> None:
    """Set within, and as they were after an error too."""
    before = gc.get_threshold()
    with pytest.raises(KeyError), infrequent_garbage_collection():
        assert gc.get_threshold() == THRESHOLDS
        raise KeyError
    assert gc.get_threshold() == before
