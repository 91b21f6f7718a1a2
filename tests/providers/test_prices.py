"""Prices: the user's own, the table's, or none."""

from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.core.request import Usage
from prompteval.providers.prices import FREE, Price, Rates, find_price
from prompteval.workspace.settings import ModelProfile, Settings, Workspace, find_workspace


def workspace(**profiles: ModelProfile) -> Workspace:
    return Workspace(Path(), Settings(models=profiles), Path())


@pytest.fixture(autouse=True)
def no_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def test_the_users_price_comes_first() -> None:
    """USD per million tokens; cached tokens as the profile says, else as fresh ones."""
    own = ModelProfile("m", model="gpt-4o", price={"input": 2.0, "output": 8.0, "cached_input": 1.0})
    price = find_price("m", workspace(m=own))
    assert price is not None
    assert price.of(1_000_000, 500_000, 400_000) == pytest.approx(0.6 * 2 + 0.4 * 1 + 0.5 * 8)


def test_the_table_knows_listed_models() -> None:
    """gpt-4o-mini is 0.15 and 0.60 USD per million tokens in genai-prices, read without a network."""
    price = find_price("openai/gpt-4o-mini", workspace())
    assert price is not None
    assert (price.tiers[0].input, price.tiers[0].output) == (0.15, 0.6)
    assert price.source.startswith("genai-prices ")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/v1", "http://localhost/v1", "http://gpu.internal/v1", "http://[::1]/v1"]
)
def test_a_server_of_ones_own_has_no_list_price(url: str) -> None:
    """Whatever its model is called: unknown is None, never 0."""
    assert find_price("m", workspace(m=ModelProfile("m", model="gpt-4o", base_url=url))) is None


def test_unknown_models_have_none_and_own_machines_cost_nothing() -> None:
    """None for a name the table lacks; 0 for what runs here."""
    assert find_price("openai/no-such-model", workspace()) is None
    assert find_price("local/minilm", workspace()) is FREE


def test_a_tier_holds_for_all_tokens_of_its_call() -> None:
    """Past the threshold the whole prompt and the reply cost the higher rate."""
    price = Price((Rates(1.0, 1.0, 2.0), Rates(2.0, 2.0, 3.0, above=1000)), "test")
    assert price.of(1000, 10) == pytest.approx((1000 * 1 + 10 * 2) / 1e6)
    assert price.of(1001, 10) == pytest.approx((1001 * 2 + 10 * 3) / 1e6)


def test_unknown_tokens_have_no_price() -> None:
    """None, never 0."""
    assert FREE.of_usage(Usage(prompt_tokens=None, completion_tokens=3)) is None


@pytest.mark.parametrize(
    ("price", "told"),
    [
        ("{ input = 1.0 }", "output in the price of model .m. is missing"),
        ("{ input = 1.0, output = -2 }", "a number from 0"),
        ("{ input = 1.0, output = 2.0, ouput = 1 }", "did you mean 'output'"),
    ],
)
def test_a_wrong_price_is_found_in_the_settings(price: str, told: str, tmp_path: Path) -> None:
    """At its line, before anything runs."""
    (tmp_path / "prompteval.toml").write_text(f'[models.m]\nmodel = "x"\nprice = {price}\n')
    with pytest.raises(InvalidInput, match=told):
        find_workspace(tmp_path)
