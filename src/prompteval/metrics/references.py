"""Trivial predictors: what a score is worth beside them."""

import hashlib
from collections import Counter
from collections.abc import Sequence


def majority(expected: Sequence[str]) -> list[str]:
    """The most frequent class for every case; the first by name where several are. Empty for none."""
    if not expected:
        return []
    counts = Counter(expected)
    best = min(counts, key=lambda label: (-counts[label], label))
    return [best] * len(expected)


def random(case_ids: Sequence[str], expected: Sequence[str]) -> list[str]:
    """A class for every case, uniform over the classes, chosen by a hash of its id."""
    classes = sorted(set(expected))
    return [classes[_draw(case_id) % len(classes)] for case_id in case_ids]


def _draw(case_id: str) -> int:
    digest = hashlib.sha256(b"random reference\0" + case_id.encode("utf-8", "surrogatepass"))
    return int.from_bytes(digest.digest()[:8], "big")
