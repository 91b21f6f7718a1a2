"""Small charts over time, as inline SVG: one line each, the reference's band, and the limit."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prompteval.report.monitoring.cells import moment
from prompteval.report.monitoring.markup import safe
from prompteval.report.monitoring.view import MonitorView

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 320, 120, 44, 16, 8
_Z = 1.96


@dataclass(frozen=True, slots=True)
class _Chart:
    """Values over time; `bands` are (low, high) for each point where no change would be, or empty."""

    title: str
    values: Sequence[float | None]
    bands: Sequence[tuple[float, float]] = ()
    limit: float | None = None
    percent: bool = True


def charts(view: MonitorView) -> Iterator[str]:
    """A chart of each class that is charted, of errors, latency and traffic. Without two points, nothing."""
    if len(view.points) < 2:
        return
    yield '<h2>Over time</h2>\n<p class="dim">A band is where 95 % of points lie without a change; '
    yield "what is not checked is shaded.</p>\n"
    yield '<div class="charts">\n'
    for chart in _of(view):
        yield from _drawn(chart, view)
    yield "</div>\n"


def _of(view: MonitorView) -> Iterator[_Chart]:
    limits = {signal.name: signal.threshold for signal in view.signals}
    points = view.points
    for name in points[0].shares:
        share = view.reference_shares.get(name)
        bands = [] if share is None else [_band(share, point.rows) for point in points]
        yield _Chart(f"share of {name}", [point.shares.get(name, 0.0) for point in points], bands)
    errors = [point.failed / point.rows for point in points]
    yield _Chart("failed calls", errors, limit=limits.get("errors"))
    for key, times in (
        ("p50_ms", [point.p50_ms for point in points]),
        ("p99_ms", [point.p99_ms for point in points]),
    ):
        title = f"latency {key.removesuffix('_ms')}, ms"
        yield _Chart(title, times, limit=limits.get(f"latency.{key}"), percent=False)
    yield _Chart("rows", [float(point.rows) for point in points], percent=False)


def _band(share: float, rows: int) -> tuple[float, float]:
    half = _Z * math.sqrt(max(share * (1.0 - share), 0.0) / rows)
    return max(share - half, 0.0), min(share + half, 1.0)


def _drawn(chart: _Chart, view: MonitorView) -> Iterator[str]:
    known = [value for value in chart.values if value is not None]
    highest = max([*known, *(high for _, high in chart.bands), chart.limit or 0.0])
    top = (highest or (0.01 if chart.percent else 1.0)) * 1.05  # a line of zeros has an axis, too
    first, last = view.points[0].start, view.points[-1].start
    across = [
        LEFT + (WIDTH - LEFT - 6) * (point.start - first) / max(last - first, 1.0) for point in view.points
    ]

    def up(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value / top)

    yield f'<figure class="chart"><figcaption>{safe(chart.title)}</figcaption>'
    yield f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{safe(chart.title)} over time">'
    outside = [x for x, point in zip(across, view.points, strict=True) if not point.inside]
    if outside:
        width = max(outside) - LEFT
        box = f'x="{LEFT}" y="{TOP}" width="{width:.1f}" height="{HEIGHT - TOP - BOTTOM}"'
        yield f'<rect class="outside" {box}/>'
    if chart.bands:
        there = [f"{x:.1f},{up(high):.1f}" for x, (_, high) in zip(across, chart.bands, strict=True)]
        back = [f"{x:.1f},{up(low):.1f}" for x, (low, _) in zip(across, chart.bands, strict=True)]
        yield f'<polygon class="band" points="{" ".join([*there, *reversed(back)])}"/>'
    if chart.limit is not None and chart.limit <= top:
        yield f'<path class="limit" d="M{LEFT} {up(chart.limit):.1f}H{WIDTH - 6}"/>'
    drawn = [f"{x:.1f},{up(y):.1f}" for x, y in zip(across, chart.values, strict=True) if y is not None]
    yield f'<polyline class="line" points="{" ".join(drawn)}"/>'
    label = _label(top / 1.05, percent=chart.percent)
    yield f'<text x="{LEFT - 4}" y="{TOP + 8}" text-anchor="end">{label}</text>'
    yield f'<text x="{LEFT - 4}" y="{HEIGHT - BOTTOM}" text-anchor="end">0</text>'
    yield f'<text x="{LEFT}" y="{HEIGHT - 3}">{moment(first)}</text>'
    yield f'<text x="{WIDTH - 6}" y="{HEIGHT - 3}" text-anchor="end">{moment(last)}</text></svg></figure>\n'


def _label(value: float, *, percent: bool) -> str:
    return f"{100 * value:.3g} %" if percent else f"{value:,.4g}"
