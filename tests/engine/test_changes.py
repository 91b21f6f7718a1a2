"""What is said to have changed between two manifests."""

from prompteval.engine.resume import changes


def test_s18_scorers_are_said_by_their_names_and_what_is_set() -> None:
    """As a suite has them; a scorer of another kind, and one with another option, are told apart."""

    def manifest(*scorers: list[object]) -> dict[str, object]:
        return {"suites": {"s": {"scorers": list(scorers)}}, "entries": []}

    then = manifest(["exact", "exact", {"field": "team"}])
    now = manifest(["exact", "exact", {"field": "label"}], ["contains", "has", {}])
    assert changes(then, now) == ["s: scorers exact (field team) became exact (field label), has (contains)"]
    assert changes(then, manifest()) == ["s: scorers exact (field team) became none"]
