"""The list of runs: when, how each ended, its deciding metrics, and whether it was a side of a comparison."""

from prompteval.report.run_list import ListedResult, ListedRun, run_lines


def test_a_run_has_its_metrics_and_its_side() -> None:
    """A line a result, in columns; a metric that is undefined has a dash."""
    results = [
        ListedResult("s", "p@v1", "m", {"accuracy": 0.5}),
        ListedResult("t", "p@v1", "m", {"f1": None}),
    ]
    runs = [ListedRun("20261128-1", "2026-11-28T20:00:00.123", "pass", results, compared="git:main")]
    head, *lines = run_lines(runs)
    assert head.startswith("run  ")
    assert lines[0].endswith("2026-11-28T20:00:00  pass          s p@v1 m  accuracy 0.500\n")
    assert lines[1].strip() == "t p@v1 m  f1 –" and lines[2].strip() == "side of a comparison: git:main"
    assert {len(line) - len(line.lstrip()) for line in lines[1:]} == {head.index("suite")}


def test_a_damaged_run_says_why_and_no_name_breaks_its_line() -> None:
    """Line ends and escapes are no part of a list."""
    damaged, named = (
        ListedRun("a", "", "damaged", damage="its record was changed"),
        ListedRun("b", "", "pass", [ListedResult("x\ny\x1b[31m", "p", "m", {})]),
    )
    lines = list(run_lines([damaged, named]))
    assert lines[1].endswith("damaged       its record was changed\n")
    assert len(lines) == 3 and "x y\\x1b[31m p m" in lines[2]


def test_a_shard_names_its_run_and_no_comparison() -> None:
    """As the list has one whose run was removed."""
    (_, line) = run_lines([ListedRun("a-1", "", "unfinished", part_of="shard 1/2 of run a")])
    assert line.endswith("unfinished    shard 1/2 of run a\n")
