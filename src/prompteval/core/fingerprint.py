"""One canonical JSON form and one tagged digest, for keys, fingerprints and locks."""

import hashlib

from prompteval.core.json_encoder import json_encoder

ALGORITHM = "sha256"
_encode = json_encoder(sort_keys=True)


def canonical_json(value: object) -> str:
    """The one JSON text for `value`: sorted keys, ASCII, no spaces.

    Raises ValueError for NaN and infinities, TypeError for what JSON does not have.
    Changing this changes every fingerprint and every cache key.
    """
    return _encode(value)


def fingerprint(value: object) -> str:
    """`sha256:` and the hex digest of the canonical JSON of `value`."""
    return fingerprint_bytes(canonical_json(value).encode("ascii"))


def fingerprint_bytes(data: bytes) -> str:
    """`sha256:` and the hex digest of `data`."""
    return f"{ALGORITHM}:{hashlib.sha256(data).hexdigest()}"


def verify(value: object, expected: str) -> bool:
    """Whether `expected` is the fingerprint of `value`; False for an unknown algorithm tag."""
    return fingerprint(value) == expected


def seeded_rank(seed: object, text: str) -> int:
    """A text's place in the order of a seed, from 0 up to 2^64: a hash, so that no other text moves it."""
    seeded = f"{seed}\x00{text}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(seeded).digest()[:8], "big")
