"""One canonical form, one tagged digest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.fingerprint import canonical_json, fingerprint, verify

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values, max_size=6))
def test_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    """Two dictionaries with the same content have the same fingerprint."""
    assert fingerprint(dict(reversed(value.items()))) == fingerprint(value)


@given(json_values)
def test_reading_back_gives_the_same_fingerprint(value: object) -> None:
    """The canonical form survives a round trip through JSON, lone surrogates included."""
    assert fingerprint(json.loads(canonical_json(value))) == fingerprint(value)


@given(json_values, json_values)
def test_different_values_differ(one: object, other: object) -> None:
    """Only equal canonical forms share a fingerprint."""
    assert (fingerprint(one) == fingerprint(other)) == (canonical_json(one) == canonical_json(other))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [float("-inf")]}])
def test_nan_has_no_fingerprint(value: object) -> None:
    """NaN and infinities are refused, never written as something else."""
    with pytest.raises(ValueError):
        fingerprint(value)


def test_the_digest_is_tagged_and_verified() -> None:
    """A fingerprint names its algorithm; another tag never verifies."""
    mark = fingerprint({"a": 1})
    assert mark.startswith("sha256:")
    assert verify({"a": 1}, mark)
    assert not verify({"a": 1}, mark.replace("sha256:", "md5:"))
