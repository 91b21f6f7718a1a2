"""Options of retrieval have the ranges of the one table."""

from typing import Any, cast

import pytest

from prompteval.core.errors import UsageError
from prompteval.rag.ingredients import Ingredients
from prompteval.rag.retrievers import bm25, endpoint
from prompteval.workspace.rag_section import RagSection


@pytest.mark.parametrize(
    ("factory", "options", "told"),
    [
        (bm25, {"k1": -1}, "k1 must be a number from 0"),
        (bm25, {"b": 2}, "b must be a number from 0 to 1"),
        (bm25, {"k1": float("nan")}, "k1 must be a number"),
        (
            endpoint,
            {"endpoint": "http://x", "timeout_s": 1e9},
            "timeout_s must be a number from 0.001 to 86,400",
        ),
        (endpoint, {"endpoint": "http://x", "timeout_s": True}, "timeout_s must be a number"),
    ],
)
def test_b24_an_option_out_of_its_range_is_refused(factory: Any, options: dict[str, Any], told: str) -> None:
    """Before anything is indexed or asked."""

    class Nothing:
        section = cast(RagSection, type("Section", (), {"bm25": {}})())

    with pytest.raises(UsageError, match=told):
        factory(options, cast(Ingredients, Nothing()))
