"""What a fork is excused for: read from the reports, entry by entry, and never from words."""

import json
import runpy
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

REPORT = runpy.run_path(str(Path(__file__).parents[2] / "action/report.py"))
PASSES = {"rule": "accuracy >= 0.9", "verdict": "pass"}
OPEN = {"rule": "accuracy >= 0.9", "verdict": "fail", "without_errors": "inconclusive"}
FAILS = {"rule": "accuracy >= 0.9", "verdict": "fail"}


def entry(errors: int = 0, skipped: int = 0, *gates: dict[str, str], **more: Any) -> dict[str, Any]:
    cases = {"total": 4, "errors": errors, "skipped": skipped}
    kinds = {"error_kinds": {"offline": errors}} if errors else {}
    return {"cases": cases, "gates": list(gates), **kinds, **more}


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([entry(4, 0, OPEN)], 0),
        ([entry(4, 0, OPEN), entry(0, 0, PASSES)], 0),
        ([entry(4, 0, OPEN), entry(0, 0, FAILS)], 1),
        ([entry(2, 0, {**FAILS, "without_errors": "fail"})], 1),
        ([entry(2, 0, {**FAILS, "without_errors": "pass"})], 0),
        ([entry(4, 0, OPEN), entry(0, 0, PASSES), entry(0, 0, FAILS), entry(4, 0, OPEN)], 1),
        ([entry(4, 0, OPEN), entry(1, 0, PASSES, error_kinds={"timeout": 1})], 3),
        ([entry(4, 0, OPEN, error_kinds={"offline": 3, "timeout": 1})], 3),
        ([entry(4, 0, OPEN), entry(0, 2, PASSES)], 3),
        ([entry(4, 0, OPEN), entry(0, 2, PASSES, stop_early={"of": 4, "cases": 2})], 0),
        ([entry(0, 0, PASSES)], 3),
        ([], 3),
    ],
)
def test_s40_of_a_run_only_what_was_not_allowed_is_excused(entries: list[Any], code: int) -> None:
    """Its own gates fail where they do so without the failed cases, all others always."""
    assert REPORT["run_left"]({"verdict": "incomplete", "results": entries}) == code


END = {"prompt": "p@v1", "model": "m"}
MISSING = {"side": "b", "suite": "s", **END, "error_kinds": {"offline": 2}, "skipped": 0, "unscored": 0}
RESULT = {
    "suite": "s", "a": END, "b": END, "only_a": [], "primary": ["accuracy"],
    "metrics": {"accuracy": {"verdict": "inconclusive"}}, "verdict": "incomplete",
}  # fmt: skip
COMPARED = {"lost": [], "incomplete": [MISSING], "results": [RESULT]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 0),
        ({"lost": ["t"]}, 3),
        ({"incomplete": []}, 3),
        ({"incomplete": [{**MISSING, "suite": ""}]}, 3),
        ({"incomplete": [{**MISSING, "skipped": 1}]}, 3),
        ({"incomplete": [MISSING, {**MISSING, "error_kinds": {"server": 1}}]}, 3),
        ({"results": [{**RESULT, "metrics": {"accuracy": {"verdict": "regressed"}}}]}, 1),
        ({"results": [RESULT, {**RESULT, "suite": "t", "verdict": "regressed"}]}, 1),
        ({"results": [{**RESULT, "suite": "t"}]}, 3),
        ({"results": [{**RESULT, "only_a": ["c1"]}]}, 3),
        ({"results": [RESULT, {**RESULT, "suite": "t", "verdict": "inconclusive"}]}, 0),
    ],
)
def test_s40_of_a_comparison_too(change: dict[str, Any], code: int) -> None:
    """A suite that is gone, a regression among what was run, a case that was lost: never."""
    assert REPORT["comparison_left"]({**deepcopy(COMPARED), **change}, False) == code


def test_s40_doubt_beside_it_fails_where_that_was_asked(tmp_path: Path) -> None:
    """And a report that is not there, or not whole, excuses nothing."""
    doubt = {**COMPARED, "results": [RESULT, {**RESULT, "suite": "t", "verdict": "inconclusive"}]}
    assert REPORT["comparison_left"](doubt, True) == 4
    rest, left = REPORT["_rest"], REPORT["run_left"]
    assert rest([3], {}, left) == rest([3], {"exit_code": 3, "verdict": "incomplete"}, left) == [3]
    (tmp_path / "run.json").write_text('{"exit_code": 3')
    assert REPORT["_read"](tmp_path / "run.json") == {}
    assert REPORT["_deciding"]([0, 137, 1]) == 137 and REPORT["_deciding"]([]) == 2


@pytest.mark.parametrize(
    ("codes", "reports", "code"),
    [
        ("0 0", {"run": 0}, 0),
        ("0 0 0", {"run": 0, "compare": 0}, 0),
        ("0 0", {}, 3),
        ("0 0 0", {"run": 0}, 3),
        ("0 0", {"run": 1}, 3),
        ("0 1", {}, 1),
        ("2", {}, 2),
    ],
)
def test_s40_a_pass_needs_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codes: str, reports: dict[str, int], code: int
) -> None:
    """A process that ended with 0 before anything was decided passes nothing."""
    for name, exit_code in reports.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"exit_code": exit_code, "run_id": "r"}))
    for name, value in {
        "REPORTS": str(tmp_path),
        "CODES": codes,
        "GITHUB_OUTPUT": str(tmp_path / "out"),
    }.items():
        monkeypatch.setenv(name, value)
    REPORT["main"]()
    assert (tmp_path / "out").read_text().splitlines()[1] == str(code)  # the first output
