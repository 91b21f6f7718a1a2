"""The page of a history: metrics over runs with their intervals and the gate's line, and unstable cases."""

from collections.abc import Iterator, Sequence

from prompteval.core.text import counted
from prompteval.report.format import interval, number, wavered
from prompteval.report.history import HistoryLine, HistoryPoint
from prompteval.report.page.document import Headline, Section, page_json
from prompteval.report.page.run import PAGE_END, page_start
from prompteval.report.table import Table

# Unstable cases of a line, and the runs beside them.
CASES_SHOWN, RUNS_BESIDE = 40, 8


def render(lines: Sequence[HistoryLine]) -> Iterator[str]:
    """A page that works from a file and loads nothing else."""
    yield from page_start(history_json(lines), "prompteval history")
    yield PAGE_END


def history_json(lines: Sequence[HistoryLine]) -> dict[str, object]:
    """The document of a history."""
    runs = {point.run_id for line in lines for point in line.points}
    sentence = f"of {counted(len({line.suite for line in lines}), 'suite')}, the oldest on the left"
    head = Headline("prompteval history", counted(len(runs), "run"), "none", sentence)
    return page_json("history", head, [_section(line) for line in lines])


def _section(line: HistoryLine) -> Section:
    heads = ["run", "started", "commit", "version", "verdict", *_metric_heads(line), "unstable"]
    rows = [_row(line, point) for point in reversed(line.points)]
    tables = [Table("", heads, rows, texts=5), *_unstable(line)]
    whole = any(not point.partial for point in line.points)
    plots = [_series(line, metric) for metric in line.metrics if whole] + [*_unstable_counts(line)]
    title = f"{line.suite} · {line.prompt} · {line.model}"
    return Section(title, notes=[*_left_out(line)], tables=tables, drawn={"plots": plots})


def _left_out(line: HistoryLine) -> Iterator[str]:
    """How many runs are not drawn, and why, and how many are marked."""
    partial = [point.partial for point in line.points if point.partial]
    selections = partial.count("selection")
    kinds = (
        (len(partial) - selections, "shard", "--shard"),
        (selections, "selection", "-k, --limit, --sample or --failed"),
    )
    if partial:
        parts = " and ".join(f"{counted(count, kind)} ({by})" for count, kind, by in kinds if count)
        are = "is" if len(partial) == 1 else "are"
        yield f"{counted(len(partial), 'run')} of only some of the cases {are} listed and not drawn: {parts}"
    stopped = sum(bool(point.stopped) and not point.partial for point in line.points)
    if stopped:
        are = "is" if stopped == 1 else "are"
        yield (
            f"{counted(stopped, 'run')} that --stop-early ended {are} drawn as a diamond: the figures are of "
            "the cases that had run by then"
        )


def _metric_heads(line: HistoryLine) -> Iterator[str]:
    for metric in line.metrics:
        yield from (metric, "95 % interval")


def _row(line: HistoryLine, point: HistoryPoint) -> list[str]:
    stopped = point.stopped and f"stopped early, {point.stopped}"
    marks = ", ".join(filter(None, ("baseline" if point.is_baseline else "", point.partial, stopped)))
    cells = [f"{point.run_id} ({marks})" if marks else point.run_id, point.started.replace("T", " ")]
    cells += [point.commit or "–", point.version, point.verdict]
    for metric in line.metrics:
        found = point.estimates.get(metric)
        cells += ["–", "–"] if found is None else [number(found.value), interval(found)]
    return [*cells, str(len(point.unstable))]


def _series(line: HistoryLine, metric: str) -> dict[str, object]:
    """The metric of each run of all cases as [low, value, high, whether it is the baseline's, name, whether
    it stopped early]."""
    found = [(point, point.estimates.get(metric)) for point in line.points if not point.partial]
    points = [
        [one.low, one.value, one.high, point.is_baseline, _name(point), bool(point.stopped)]
        for point, one in found
        if one is not None and one.value is not None
    ]
    return {
        "kind": "series", "title": metric, "points": points, "limits": list(line.limits.get(metric, ())),
        "words": "Runs with their 95 % intervals. Dashed: the gate's threshold; hollow: the baseline.",
    }  # fmt: skip


def _name(point: HistoryPoint) -> str:
    return f"{point.run_id} {point.commit} {point.version}"


def _unstable_counts(line: HistoryLine) -> Iterator[dict[str, object]]:
    """How many cases were unstable in each run; nothing where none ever was."""
    points = [
        [None, len(point.unstable), None, point.is_baseline, _name(point), bool(point.stopped)]
        for point in line.points
        if not point.partial
    ]
    if any(point.unstable for point in line.points if not point.partial):
        words = "Cases whose repeats got different scores, run by run. Hollow: the baseline."
        yield {"kind": "series", "title": "unstable cases", "points": points, "limits": [], "words": words}


def _unstable(line: HistoryLine) -> Iterator[Table]:
    """What repeats of a case gave, run by run; the cases that were unstable in most runs first."""
    points = [point for point in line.points if point.unstable][-RUNS_BESIDE:]
    found = [{case.case_id: wavered(case) for case in point.unstable} for point in points]
    ids = {case_id: sum(case_id in one for one in found) for one in found for case_id in one}
    if not ids:
        return
    order = sorted(ids, key=lambda case_id: (-ids[case_id], case_id))
    rows = [[case_id, *(one.get(case_id, "") for one in found)] for case_id in order[:CASES_SHOWN]]
    title = f"unstable: {counted(len(ids), 'case')}"
    if len(rows) < len(ids):
        title += f", {len(rows)} shown"
    yield Table(title, ["case", *(point.run_id for point in points)], rows, texts=1 + len(points))
