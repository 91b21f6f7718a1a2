"""B20: a suite whose one target is an empty `rag:` runs nothing, and says so."""

from prompteval.engine.check import check_workspace
from tests.small_workspace import Place, place

__all__ = ["place"]


def test_b20_an_empty_rag_is_no_target(place: Place) -> None:
    """At the line of its key."""
    place.write("evals/s.yaml", "cases: [{id: a, inputs: {question: q}}]\nscorers: [exact]\nrag:\n")
    (found,) = check_workspace(place.workspace, ()).problems
    assert (found.path, found.line, found.code) == ("evals/s.yaml", 3, "PE220")
    assert "`rag:` is empty" in found.message
