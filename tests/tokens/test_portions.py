"""A long text is counted in portions, and its tokens are those of the whole."""

import pytest

import prompteval.tokens.portions as module
from prompteval.tokens import counter
from prompteval.tokens.portions import portions

PROSE = (
    "Where is my refund? It's 12 days, and the 3rd time: Où est ma commande — ご注文の品は!\n\n  Not here. "
    * 40
)


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4"])
def test_b24_portions_have_the_tokens_of_the_whole(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut between words, a text has the same tokens at the same places."""
    whole = (counter(model).count(PROSE), list(counter(model).starts(PROSE)))
    monkeypatch.setattr(module, "CHARACTERS", 300)
    assert len(list(portions(PROSE))) > 10
    assert (counter(model).count(PROSE), list(counter(model).starts(PROSE))) == whole


def test_b24_a_text_without_words_is_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """No portion is longer than the limit, and nothing is lost."""
    monkeypatch.setattr(module, "CHARACTERS", 300)
    found = list(portions("." * 1000))
    assert [(at, len(part)) for at, part in found] == [(0, 300), (300, 300), (600, 300), (900, 100)]
    assert counter("gpt-4o").starts("x" * 1000)[-1] < 1000
