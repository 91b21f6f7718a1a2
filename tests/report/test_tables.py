"""The tables of a result: one builder, and three renderers that show the same cells."""

import io
import re
from dataclasses import replace
from html import unescape

from rich.console import Console

from prompteval.core.verdict import Estimate, GateResult, Verdict
from prompteval.report.monitoring.markup import table as as_html
from prompteval.report.plain_markdown import table as as_markdown
from prompteval.report.result_view import ClassLine, FlakyCase, ReliabilityTable, ResultView
from prompteval.report.table import Table
from prompteval.report.tables import (
    FLAKY_SHOWN,
    FLAKY_SHOWN_IN_FULL,
    METRICS_SHOWN,
    SHARDS_SHOWN,
    only_in_full,
    tables,
)
from prompteval.report.terminal import table as in_terminal

HALF = Estimate("accuracy", 0.5, 0.4, 0.6, 10, method="wilson")
USAGE = {"requests": 10, "cached": 0, "replayed": 0, "attempts": 10}


def result(flaky: int = 0) -> ResultView:
    """A result with a table of every kind but those of retrieval."""
    return ResultView(
        suite="s", prompt="p@v1", fingerprint="sha256:0", model="m",
        cases={"total": 10, "scored": 10, "errors": 0, "invalid": 0, "skipped": 0},
        metrics={"accuracy": HALF, "mcc": HALF}, references={"majority": {"accuracy": HALF}},
        slices={tag: {"x": {"accuracy": HALF, "mcc": HALF}} for tag in ("t", "u")}, gates=(), usage=USAGE,
        timing={"wall_s": 1.0, "latency_ms": {}}, per_class=(ClassLine("yes", 0.5, 0.25, 1 / 3, 4),),
        confusion={"labels": ["yes"], "counts": [[3, 1]]},
        reliability=(ReliabilityTable("ece", (), None, None, reason="no confidence was given"),),
        flaky=tuple(FlakyCase(f"c{number}", (0.0, 1.0)) for number in range(flaky)),
    )  # fmt: skip


def words(text: str) -> list[str]:
    return re.findall(r"[^\s|]+", text.replace("\\", ""))


def test_every_format_shows_the_same_cells_in_the_same_order() -> None:
    """Title, heads and rows of each table; a page has a drawing more, which is no text."""
    for found in tables(result(flaky=3), full=True):
        wanted = words(" ".join([found.title, *(cell for row in (found.heads, *found.rows) for cell in row)]))
        console = Console(width=200, file=io.StringIO(), record=True)
        in_terminal(console, found)
        shown = [word for word in words(console.export_text()) if set(word) != {"─"}]
        page = unescape(re.sub(r"<[^>]*>", " ", "".join(as_html(found))))
        marked = [word for word in words("".join(as_markdown(found))) if set(word) != {"-"}]
        if not found.rows:
            wanted = words(found.title)
        assert shown == words(page) == marked == wanted, found


def test_a_table_without_rows_is_its_title_alone() -> None:
    """Why there are no bins is said, and no heads stand above nothing."""
    (found,) = (found for found in tables(result(), full=True) if found.title.startswith("ece"))
    assert "".join(as_markdown(found)) == "ece: no confidence was given\n\n"
    assert "<table>" not in "".join(as_html(found))


def test_in_short_the_slices_are_of_one_metric_in_one_table() -> None:
    """In full there is a table for each tag, with every metric, and nothing is hidden."""
    short = [found for found in tables(result(), full=False) if found.heads[0] == "slice"]
    assert [row[:2] for row in short[0].rows] == [["t=x", "accuracy"], ["u=x", "accuracy"]]
    assert only_in_full(result()) == ["the slices of the other metrics"]
    full = [found for found in tables(result(), full=True) if found.heads[1] == "metric"]
    assert [(found.heads[0], len(found.rows)) for found in full] == [("t", 2), ("u", 2)]


def test_in_short_of_many_metrics_those_of_the_gate_are_shown() -> None:
    """The others are counted, as are the tags that no rule is on; in full there is every one."""
    gates = tuple(GateResult(rule, Verdict.PASS, 0.5, "") for rule in ("mcc >= 0", "slice(u).mcc >= 0"))
    many = {f"f{number}": HALF for number in range(METRICS_SHOWN)}
    found = replace(result(), metrics={**result().metrics, **many}, gates=gates)
    short, full = ([table.rows for table in tables(found, full=full)] for full in (False, True))
    assert [row[0] for row in short[0]] == ["mcc"] and [row[:2] for row in short[-1]] == [["u=x", "mcc"]]
    assert only_in_full(found) == [f"{METRICS_SHOWN + 1} more metrics", "more slices"]
    assert len(full[0]) == METRICS_SHOWN + 3


def test_flaky_cases_beyond_those_shown_are_counted() -> None:
    """The title has the number of all, and of those shown where it is another."""
    for full, most in ((False, FLAKY_SHOWN), (True, FLAKY_SHOWN_IN_FULL)):
        titles = [found.title for found in tables(result(flaky=most + 1), full=full)]
        assert f"flaky: {most + 1} cases, {most} shown; JSON has them all" in titles
        assert f"flaky: {most} cases" in [found.title for found in tables(result(flaky=most), full=full)]


def test_s18_of_many_shards_the_dearest_are_shown() -> None:
    """In the order of their numbers; what costs nothing, or an unknown sum, goes first."""
    plain = {"cases": 1, "errors": 0, "requests": 1, "attempts": 1, "cached": 0}
    total = SHARDS_SHOWN + 2
    used = {f"{n}/{total}": {**plain, "cost_usd": 0.5 if n > 2 else None} for n in range(1, total + 1)}
    found = replace(result(), usage={**result().usage, "shards": used})
    table = next(one for one in tables(found, full=True) if "shards" in one.title)
    assert table.title == f"{total} shards, the {SHARDS_SHOWN} that cost most shown; JSON has them all"
    assert [row[0] for row in table.rows] == [*used][2:] and table.rows[0][-1] == "0.5000"
    assert "what each shard used" in only_in_full(found)


def test_a_page_draws_estimates_and_shades_counts() -> None:
    """The drawing stands behind the value; a count of nothing has no shade."""
    page = "".join(
        as_html(Table("", ("metric", "value", "scored"), [["m", "0.500", "1/1"]], estimates=[HALF]))
    )
    assert re.search(r'<td>0\.500</td><td><svg class="bar".*</svg></td><td>1/1</td>', page)
    page = "".join(as_html(Table("", ("", "a", "b"), [["a", "4", "0"]], counts=[[4, 0]])))
    assert '<td><span class="h4">4</span></td><td>0</td>' in page
