"""The scorer of tool calls against BFCL's rules, over altered calls of its questions; the data are not here."""

import importlib.util
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

from prompteval.core.case import Case, ExpectedCall
from prompteval.core.observation import Observation
from prompteval.core.trace import ToolCall, Trace
from prompteval.scoring.tool_calls import ToolCalls
from tests.scoring.bfcl_rules import all_right

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "bfcl"
SCORER = ToolCalls("c", match="any_order", strings="loose", assign="first", schemas="inputs.function")


@pytest.fixture(scope="module")
def convert() -> ModuleType:
    if not DATA.is_dir():
        pytest.skip("../shared/data/bfcl is absent")
    spec = importlib.util.spec_from_file_location("bfcl_convert", ROOT / "examples" / "bfcl" / "convert.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _chosen(accepted: Any, random: Random) -> Any:
    """One accepted value, within objects too."""
    if isinstance(accepted, dict):
        kept = {k: v for k, v in accepted.items() if "" not in v or random.random() < 0.5}
        return {key: _chosen(random.choice(options), random) for key, options in kept.items()}
    if isinstance(accepted, list):
        return [_chosen(item, random) if isinstance(item, dict) else item for item in accepted]
    return accepted


def _altered(value: Any, random: Random, *, within: bool = False) -> Any:
    """A value changed in one place.

    Within lists and objects no number changes its type: there BFCL takes false for 0, and 1.0 for 1, and we do not.
    """
    if isinstance(value, str):
        return random.choice([value.upper(), value.replace(" ", "-"), value + "x", [value], 0, ""])
    if isinstance(value, list) and value:
        index = random.randrange(len(value))
        changed = [*value[:index], _altered(value[index], random, within=True), *value[index + 1 :]]
        return random.choice([changed, value[::-1], value[:-1], [], value + value[:1]])
    if isinstance(value, dict) and value:
        key = random.choice(list(value))
        changed = {**value, key: _altered(value[key], random, within=True)}
        return random.choice([changed, {**value, "extra": 1}, {k: v for k, v in value.items() if k != key}])
    if isinstance(value, bool):
        return not value if within else random.choice([not value, str(value), int(value)])
    if isinstance(value, int | float):
        same_type = [value + 1, str(value)]
        return random.choice(same_type if within else [*same_type, float(value), int(value), bool(value)])
    return random.choice([0, "", None])


def _calls(truths: list[dict[str, Any]], random: Random) -> list[dict[str, Any]]:
    """Calls that are right, most of them with a change."""
    calls = []
    for truth in truths:
        ((name, parameters),) = truth.items()
        kept = {k: v for k, v in parameters.items() if "" not in v or random.random() < 0.5}
        given = {key: _chosen(random.choice(options), random) for key, options in kept.items()}
        if given and random.random() < 0.5:
            key = random.choice(list(given))
            given[key] = _altered(given[key], random)
        if random.random() < 0.1:
            given.pop(next(iter(given), ""), None)
        calls.append({"name": name if random.random() < 0.98 else "other", "arguments": given})
    random.shuffle(calls)
    return calls[:-1] if random.random() < 0.03 else calls


def test_grades_are_those_of_bfcls_rules(convert: ModuleType) -> None:
    """For 5,000 altered calls, about half of them right."""
    random, right = Random(5), 0
    rows = [row for row in convert.questions(DATA) if row[2]]
    for _ in range(5_000):
        category, row, truths = random.choice(rows)
        calls = _calls(truths, random)
        written = convert.case(category, row, truths)
        expected = tuple(ExpectedCall(**call) for call in written["tool_calls"])
        trace = Trace(tool_calls=tuple(ToolCall(**call) for call in calls))
        case = Case(row["id"], written["inputs"], tool_calls=expected)
        wanted = all_right(calls, truths, row["function"])
        found = SCORER.score(case, Observation("ok", trace=trace))
        assert found.passed is wanted, (row["id"], calls, truths, found.reason)
        right += wanted
    assert 1_500 < right < 3_500
