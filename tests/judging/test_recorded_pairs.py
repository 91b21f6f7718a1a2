"""Recorded judgements of pairs through `judge check`: the figures that their authors published."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.judging.pairwise import changed_by_order, preference
from prompteval.judging.recorded_pairs import read_recorded_pairs
from tests.closed_schema import unmet
from tests.forks import shared
from tests.judging.judged_workspace import lines
from tests.judging.published import DATA, judgebench, llmbar


def check(directory: Path, files: tuple[Path, Path], *more: str) -> dict[str, Any]:
    """What `judge check --json` says of the files."""
    judgements, labels = files
    (directory / "prompteval.toml").write_text("")
    done = shared().run(
        directory, "judge", "check", judgements.name, "--labels", labels.name, "--json", *more
    )
    assert done.code == 0, done.stderr
    body = json.loads(done.stdout)
    assert unmet("judge-check", body) == []
    return {f"{one['judge']}|{one['prompt']}": one for one in body["judges"]}


@pytest.mark.slow
def test_all_published_cells_of_llmbar_come_out(tmp_path: Path) -> None:
    """360 counts by order, 180 of both orders right and 180 of equal winners; null counts as wrong."""
    found = check(tmp_path, llmbar(tmp_path), "--unparsed", "wrong")
    published = json.loads((DATA / "llmbar/published_statistics.json").read_text())
    cells = 0
    for key, wanted in published.items():
        subset, judge, prompt = key.split("|")
        one = found[f"{judge}|{prompt}"]["slices"]["subset"][subset]
        counts = {
            "correct_False": (one["orders"]["ab"]["right"], one["orders"]["ab"]["n"]),
            "correct_True": (one["orders"]["ba"]["right"], one["orders"]["ba"]["n"]),
            "correct_both": (one["both_right"], one["both"]),
            "equal": (one["same"], one["both"]),
        }
        for name, (part, whole) in counts.items():
            given = re.match(r"(\d+) / (\d+)", wanted[name])
            assert given is not None and (part, whole) == (int(given[1]), int(given[2])), (key, name)
            cells += 1
    assert cells == 720
    reference = json.loads((DATA / "reference.json").read_text())["figures"]["llmbar"]
    for subset, kappas in reference["gpt4_vanilla_cohen_kappa"].items():
        one = found["GPT-4|Vanilla"]["slices"]["subset"][subset]
        assert one["orders"]["ab"]["kappa"]["value"] == pytest.approx(kappas["not_swapped"], abs=5e-4)
        assert one["orders"]["ba"]["kappa"]["value"] == pytest.approx(kappas["swapped"], abs=5e-4)
        assert one["kappa_between_orders"]["value"] == pytest.approx(kappas["between_orders"], abs=5e-4)
    assert sum(one["orders"][order]["unparsed"] for one in found.values() for order in ("ab", "ba")) == 78
    shown = {"ChatGPT": 64.6778, "Falcon": 77.5656, "GPT-4": 51.1933, "LLaMA2": 55.9809, "PaLM2": 56.1446}
    for judge, percent in shown.items():
        first = found[f"{judge}|Vanilla"]["first_shown"]
        assert 100 * first["preferred"] / first["of"] == pytest.approx(percent, abs=5e-4)


def test_judgebench_comes_out_with_what_the_order_changes(tmp_path: Path) -> None:
    """65.71 and 64.29, and 110 and 3 of 350 pairs that are decided otherwise in the other order."""
    found = check(tmp_path, judgebench(tmp_path))
    o1, skywork = found["o1-mini|"], found["Skywork-Reward-Gemma-2-27B|"]
    assert round(100 * o1["accuracy"], 2) == 65.71 and round(100 * skywork["accuracy"], 2) == 64.29
    assert (o1["changed"], skywork["changed"], o1["both"]) == (110, 3, 350)
    assert (o1["right"], o1["wrong"], o1["neither"], o1["ties"]) == (230, 39, 81, 44)
    assert (o1["first_shown"]["preferred"], o1["first_shown"]["of"]) == (367, 656)
    assert o1["kappa_between_orders"]["value"] == pytest.approx(0.4421, abs=5e-4)
    assert skywork["kappa_between_orders"]["value"] == pytest.approx(0.9829, abs=5e-4)
    by_subject = {name: round(100 * one["accuracy"], 4) for name, one in o1["slices"]["subject"].items()}
    assert by_subject == {"coding": 78.5714, "knowledge": 58.4416, "math": 82.1429, "reasoning": 62.2449}


@pytest.mark.parametrize(
    ("first", "second", "value", "changed"),
    [
        ("first", "second", 1.0, False),
        ("second", "first", 0.0, False),
        ("first", "first", 0.5, True),
        ("first", "tie", 1.0, True),
        ("tie", "first", 0.0, True),
        ("tie", "tie", 0.5, False),
    ],
)
def test_a_pair_is_the_sign_of_both_orders(first: Any, second: Any, value: float, changed: bool) -> None:
    """A win and a tie are a win; a win in each place is a tie, and a change."""
    assert (preference(first, second), changed_by_order(first, second)) == (value, changed)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "p", "judge": "j", "order": "AB", "output": "first"}, "order must be"),
        ({"id": "p", "judge": "j", "order": "ab", "output": "A"}, "output must be"),
        ({"id": "p", "judge": "j", "order": "ab"}, "output is missing"),
        ({"id": "p", "order": "ab", "output": "tie"}, "judge is missing"),
    ],
)
def test_a_wrong_judgement_is_a_problem_of_its_line(row: dict[str, str], message: str) -> None:
    """With what it must be."""
    good = {"id": "p", "judge": "j", "order": "ba", "output": None}
    with pytest.raises(InvalidInput) as caught:
        read_recorded_pairs(lines([good, row]).encode(), "j.jsonl")
    (problem,) = caught.value.problems
    assert problem.line == 2 and message in str(problem)


def test_a_pair_judged_twice_in_one_order_is_refused() -> None:
    """One of the lines is a mistake."""
    row = {"id": "p", "judge": "j", "order": "ba", "output": "tie"}
    with pytest.raises(InvalidInput, match="duplicate judgement of p in order ba by j"):
        read_recorded_pairs(lines([row, row]).encode(), "j.jsonl")


def test_a_suite_over_recorded_judgements_is_checked_as_they_are(tmp_path: Path) -> None:
    """The suite's cases slice the pairs by its tags; its labels are those of its `judges:`."""
    for name in ("evals", "datasets"):
        (tmp_path / name).mkdir()
    rows = [
        {"id": f"p{n}", "judge": "j", "order": order, "output": "first" if (n + k) % 2 else "second"}
        for n in range(6)
        for k, order in enumerate(("ab", "ba"))
    ]
    (tmp_path / "datasets/j.jsonl").write_text(lines(rows))
    cases = [{"id": f"p{n}", "inputs": {}, "tags": {"kind": "x" if n < 3 else "y"}} for n in range(6)]
    (tmp_path / "datasets/c.jsonl").write_text(lines(cases))
    (tmp_path / "evals/pairs.yaml").write_text(
        "outputs: ../datasets/j.jsonl\ncases: ../datasets/c.jsonl\nscorers: [exact]\nslices: [kind]\n"
    )
    (tmp_path / "prompteval.toml").write_text("")
    labels = tmp_path / "l.jsonl"
    labels.write_text(lines({"case_id": f"p{n}", "label": "a", "annotator": "x"} for n in range(6)))
    done = shared().run(tmp_path, "judge", "check", "pairs", "--labels", "l.jsonl", "--json")
    assert done.code == 0, done.stderr
    (judge,) = json.loads(done.stdout)["judges"]
    assert judge["pairs"] == 6 and judge["slices"]["kind"]["x"]["pairs"] == 3
