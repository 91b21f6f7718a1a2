"""What calls of the native APIs cost, by the table that is installed."""

import pytest

from prompteval.providers.prices import find_price
from tests.small_workspace import Place


@pytest.mark.parametrize("reference", ["anthropic/claude-haiku-4-5", "gemini/gemini-2.5-flash"])
def test_a_model_of_a_native_api_has_its_list_price(place: Place, reference: str) -> None:
    """Tokens read from the cache cost less; one at a server of one's own has no list price."""
    found = find_price(reference, place.workspace)
    assert found is not None and 0 < found.tiers[0].cached_input < found.tiers[0].input


def test_a_gateway_of_ones_own_has_none(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address says that it is not the vendor's."""
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://gateway.internal/v1")
    assert find_price("anthropic/claude-haiku-4-5", place.workspace) is None
