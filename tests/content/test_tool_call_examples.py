"""examples/tau_bench and examples/bfcl give the published figures. The data are not in the repository."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
CATEGORIES = {"simple_python": 400, "multiple": 200, "parallel": 200, "irrelevance": 240}


def _converted(name: str, place: Path, *arguments: str) -> Path:
    """A copy of the example with its data; skipped where the data set is absent."""
    if not (DATA / name).is_dir():
        pytest.skip(f"../shared/data/{name} is absent")
    folder = place / name
    shutil.copytree(
        ROOT / "examples" / name, folder, ignore=shutil.ignore_patterns(".prompteval", "datasets")
    )
    subprocess.run(
        [sys.executable, "convert.py", str(DATA / name), *arguments], cwd=folder, check=True, timeout=60
    )
    return folder


def _run(folder: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "prompteval", "run", "--json", "-q", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    return dict(result)


@pytest.mark.parametrize("name", ["tau_bench", "bfcl"])
def test_the_suites_are_short(name: str) -> None:
    """A user writes under 15 lines."""
    (suite,) = (ROOT / "examples" / name / "evals").glob("*.yaml")
    assert len(suite.read_text().splitlines()) < 15


def test_tau_bench_has_the_published_rates(tmp_path: Path) -> None:
    """pass^k as its authors print it, and the trials whose writes are right by each rule."""
    found = _run(_converted("tau_bench", tmp_path))["metrics"]
    values = {name: round(one["value"], 4) for name, one in found.items()}
    assert [values[f"pass^{k}"] for k in (1, 2, 3, 4)] == [0.42, 0.2733, 0.22, 0.2]
    assert values["pass@4"] == 0.72
    scorers = ("writes", "in_order", "all_expected", "only_expected")
    trials = [round(found[f"accuracy(scorer={scorer})"]["value"] * 200) for scorer in scorers]
    assert trials == [85, 85, 117, 125]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("calls", "right"),
    [
        ("first_listed", (398, 200, 199, 240)),
        ("reverse_order", (398, 200, 198, 240)),
        ("capitals", (397, 200, 199, 240)),
        ("number_texts", (163, 78, 63, 240)),
        ("no_call", (0, 0, 0, 240)),
    ],
)
def test_bfcl_has_the_published_counts(calls: str, right: tuple[int, ...], tmp_path: Path) -> None:
    """Of each category, for calls as first listed and for changes of them."""
    slices = _run(_converted("bfcl", tmp_path, calls))["slices"]["category"]
    values = {name: slices[name]["accuracy"]["value"] for name in CATEGORIES}
    assert [round(values[name] * count) for name, count in CATEGORIES.items()] == list(right)


@pytest.mark.slow
def test_bfcl_finds_one_more_with_the_best_assignment(tmp_path: Path) -> None:
    """In reverse order, where the first that fits takes a call that another one needs."""
    folder = _converted("bfcl", tmp_path, "reverse_order")
    suite = folder / "evals" / "bfcl.yaml"
    suite.write_text(suite.read_text().replace("assign: first", "assign: best"))
    assert round(_run(folder)["slices"]["category"]["parallel"]["accuracy"]["value"] * 200) == 199


def test_bfcl_worked_examples_come_out_as_marked(tmp_path: Path) -> None:
    """All 20."""
    folder = _converted("bfcl", tmp_path, "examples")
    _run(folder, "-o", "rows.jsonl")
    rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]
    marked = {row["case_id"]: row["tags"]["marked"] == "right" for row in rows}
    assert {row["case_id"]: row["scores"]["tool_calls"]["value"] == 1 for row in rows} == marked
    assert len(rows) == 20
