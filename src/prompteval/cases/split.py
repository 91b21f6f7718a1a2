"""A split that depends on the id alone, so that a shuffled or longer file keeps it."""

from typing import Literal

from prompteval.core.fingerprint import seeded_rank

Split = Literal["train", "dev", "test"]
TRAIN_SHARE = 0.4
DEV_SHARE = 0.2


def split_of(case_id: str, *, seed: int = 0, train: float = TRAIN_SHARE, dev: float = DEV_SHARE) -> Split:
    """train, dev or test, from a seeded hash of the id; shares are those of a large file."""
    place = seeded_rank(seed, case_id) / 2**64
    if place < train:
        return "train"
    return "dev" if place < train + dev else "test"
