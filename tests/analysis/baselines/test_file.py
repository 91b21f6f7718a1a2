"""Baseline files that somebody broke: refused with a place, never read as if they were whole."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompteval.analysis.baselines.file import read_baseline
from prompteval.analysis.comparison.options import CompareOptions
from prompteval.analysis.comparison.results import compare_pairs
from prompteval.analysis.entries import case_marks
from prompteval.core.errors import InvalidInput

FACTS = {
    "cases": "sha256:0", "scorers": [["exact", "exact", {}]], "fields": {"exact": ""},
    "measures": [["accuracy", "exact"], ["f1(average=macro)", "exact"], ["ece(bins=5)", "exact"]],
    "primary": ["accuracy"], "effects": {"accuracy": {"min_effect": 0.1}}, "slices": ["kind"],
    "split": [], "on_error": "worst",
}  # fmt: skip
ROWS = [
    [f"c{n}", 0, f"m{n}", "ok", {"tags": {"kind": "ab"[n % 2]}}, [["exact", float(n % 3 > 0), "scored", ["x", "xy"[n % 2]]]],
     0.5, {"confidence": 0.7}, None, 3]
    for n in range(12)
]  # fmt: skip
ENTRY = {"prompt": "route@v1", "fingerprint": "sha256:1", "model": "m", "facts": FACTS, "rows": ROWS}
WHOLE = {"schema": "prompteval/baseline@1", "suite": "s", "run_id": "r", "entries": [ENTRY]}


class OneFile:
    """A tree of one baseline."""

    label = "one file"

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self, path: str) -> bytes:
        return self._text.encode("utf-8", "surrogatepass")

    def exists(self, path: str) -> bool:
        return True


def read(text: str) -> list[Any]:
    return read_baseline(OneFile(text), "s")  # type: ignore[arg-type]


def refusal(change: Callable[[Any], object]) -> str:
    """What is said of the baseline after a change."""
    broken = copy.deepcopy(WHOLE)
    change(broken["entries"][0])
    with pytest.raises(InvalidInput) as caught:
        read(json.dumps(broken))
    return caught.value.problems[0].message


def test_what_is_whole_is_read() -> None:
    """The form that the tests below break is one that is read."""
    (entry,) = read(json.dumps(WHOLE))
    assert (entry.target, len(case_marks(entry))) == ("route@v1", 12)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda e: e["rows"].append(e["rows"][3]), "case 'c3' has two rows of replicate 0"),
        (lambda e: e["rows"][2][5][0].__setitem__(1, float("nan")), "NaN is not a JSON number"),
        (lambda e: e["rows"][2][5][0].__setitem__(1, "1"), "row 3: '1' is not a number"),
        (lambda e: e["rows"][2][5][0].__setitem__(1, None), "a scored score must have a value"),
        (lambda e: e["rows"][2].__setitem__(3, "good"), "'good' is not an outcome"),
        (lambda e: e["rows"][2].__setitem__(1, -1), "a replicate must be a number from 0"),
        (lambda e: e["rows"][2].pop(), "a row has 6 or 10 values, not 9"),
        (lambda e: e["facts"].pop("effects"), "facts.effects: Field required"),
        (lambda e: e["facts"].update(more=1), "facts.more: Extra inputs are not permitted"),
        (lambda e: e["facts"]["measures"].append(["akkuracy", "exact"]), "did you mean 'accuracy'"),
    ],
)
def test_what_is_broken_is_said(change: Callable[[Any], object], told: str) -> None:
    """With the entry, the row and what is wrong there."""
    assert told in refusal(change)


def test_cut_and_deep_files_are_refused() -> None:
    """Cut at any byte, nested too deep, infinite numbers, two entries of one target and model."""
    text = json.dumps(WHOLE)
    twice = json.dumps({**WHOLE, "entries": [ENTRY, ENTRY]})
    for broken in (*(text[:cut] for cut in range(0, len(text), 97)), "[" * 100_000, twice):
        with pytest.raises(InvalidInput):
            read(broken)
    with pytest.raises(InvalidInput, match="inf is not a number"):
        read(text.replace("1.0", "1e999", 1))


@pytest.mark.parametrize("key", ["suite", "fingerprint", "rows", "cases", "measures"])
def test_b2_a_key_that_stands_twice_is_refused(key: str) -> None:
    """Reviewers see the first, and the second would count."""
    text = json.dumps(WHOLE)
    with pytest.raises(InvalidInput, match=f"duplicate key '{key}'"):
        read(text.replace(f'"{key}": ', f'"{key}": null, "{key}": ', 1))


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield node, key
        yield from _places(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_wrong_value_is_refused_or_compares(data: st.DataObject) -> None:
    """One place of the file holds any JSON: either it is refused, or a comparison with it ends."""
    broken = copy.deepcopy(WHOLE)
    owner, key = data.draw(st.sampled_from(list(_places(broken["entries"]))))
    owner[key] = data.draw(JSON)
    try:
        entries = read(json.dumps(broken))
    except InvalidInput:
        return
    (whole,) = read(json.dumps(WHOLE))
    (found,) = compare_pairs([(entries[0], whole)], CompareOptions())
    assert found.paired <= 12
