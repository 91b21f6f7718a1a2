"""Recorded outputs of BIG-Bench Hard as suites: every published accuracy, and the two prompts compared."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Workspace

pytestmark = pytest.mark.slow
BUILD = Path(__file__).parents[2] / "benchmarks" / "bbh" / "build.py"
WORSE = {
    "causal_judgement", "formal_fallacies", "ruin_names", "salient_translation_error_detection", "snarks",
    "word_sorting",
}  # fmt: skip


@pytest.fixture(scope="module")
def bbh(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """(run of the direct prompt, run of the chain of thought, their comparison)."""
    spec = importlib.util.spec_from_file_location("bbh_build", BUILD)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    if not made.DATA.exists():
        pytest.skip("../shared/data/bbh_davinci002 is not here")
    workspace = Workspace(tmp_path_factory.mktemp("bbh"))
    made.build(workspace.root)
    direct, cot = workspace.run_json("direct"), workspace.run_json("cot")
    done = workspace.run("compare", direct["run_id"], cot["run_id"], "--json", "-q", code=0)
    return direct, cot, {**json.loads(done.stdout), "data": made.DATA}


def test_all_54_published_accuracies_come_out(bbh: tuple[Any, Any, Any]) -> None:
    """27 tasks under two prompts, to 1e-9 of a percent; the chain of thought graded through `extract`."""
    direct, cot, view = bbh
    published = json.loads((view["data"] / "published_metrics.json").read_text())
    assert len(published) == 54
    for name, wanted in published.items():
        task, mode = name.split("|")
        run = direct if mode == "direct" else cot
        value = run["results"][0]["slices"]["task"][task]["accuracy"]["value"]
        assert 100 * value == pytest.approx(wanted["accuracy"], abs=1e-9), name


def test_the_two_prompts_are_compared_over_all_items(bbh: tuple[Any, Any, Any]) -> None:
    """6,511 pairs, 1,981 fixed and 573 broken, as the data's description counts them."""
    (result,) = bbh[2]["results"]
    assert (result["paired"], result["only_a"], result["only_b"]) == (6511, [], [])
    assert (len(result["flips"]["fixed"]), len(result["flips"]["broken"])) == (1981, 573)
    accuracy = result["metrics"]["accuracy"]
    assert (accuracy["a"], accuracy["b"]) == (3408 / 6511, 4816 / 6511)
    assert result["verdict"] == "improved"


def test_the_tasks_that_lose_are_not_hidden_by_the_gain(bbh: tuple[Any, Any, Any]) -> None:
    """Six tasks fall; after Holm over 27 one of them is a regression, and the sentence names it."""
    (result,) = bbh[2]["results"]
    tasks = {name: found["accuracy"] for name, found in result["slices"]["task"].items()}
    assert {name for name, found in tasks.items() if found["delta"] < 0} == WORSE
    assert [name for name, found in tasks.items() if found["verdict"] == "regressed"] == ["word_sorting"]
    assert "regressed in task=word_sorting" in bbh[2]["sentence"]
    assert all(found["p_adjusted"] >= found["p"] for found in tasks.values())
