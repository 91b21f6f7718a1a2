"""A monitor file from a reference, with what its thresholds can and cannot detect at the expected traffic."""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prompteval.core.strict_json import JsonObject
from prompteval.monitor.fields import Reading, input_text
from prompteval.monitor.read_log import last_rows, read_log
from prompteval.monitor.reference import (
    BASELINE,
    FindWorkspace,
    Reference,
    is_log,
    load_reference,
    run_outputs,
)
from prompteval.monitor.signals.words import percent, points, rounded_up
from prompteval.plan.monitor_file import (
    DEFAULT_AUROC,
    DEFAULT_DROP,
    DEFAULT_ERRORS,
    DEFAULT_PSI,
    DEFAULT_SHIFT,
)
from prompteval.stats.distributions import normal_quantile
from prompteval.stats.drift.divergence import psi_can_show
from prompteval.stats.drift.numbers import binned, decile_edges
from prompteval.stats.drift.power import detectable_psi
from prompteval.stats.drift.rates import detectable_rate, failures_to_alert, weighted_percentile
from prompteval.stats.drift.shares import POWER, can_show, detectable_shift

# A field of an output with more values than that is text and not a class.
MOST_CLASSES = 50
FEWEST_OF_A_CLASS = 5
ROWS_A_DAY = 1_000
DAY_S = 86_400.0
# The limit that is proposed: so many times the reference's own percentile.
_ROOM = 1.5


@dataclass(frozen=True, slots=True)
class _Found:
    """A reference and what to expect of the log: rows a day, the field of the output that is the class."""

    reference: Reference
    per_day: int
    field: str
    prompt: str
    texts: bool


def config_text(name: str, workspace: FindWorkspace, *, per_day: int | None, prompt: str, suite: str) -> str:
    """The text of a monitor file. Raises UsageError for a reference that is not there."""
    sample = _sample(name, workspace, prompt, suite)
    field = class_field([row.get("output") for row in sample if row.get("outcome") == "ok"])
    reading = Reading(field=field, features=("length",), prompt=prompt)
    reference = load_reference(name, reading, workspace, suite=suite, labels=True)
    rows = per_day or (_rows_a_day(name, reading) if is_log(name) else ROWS_A_DAY)
    prompts = {str(row.get("prompt", "")).partition("@")[0] for row in sample}
    only = prompt or (prompts.pop() if len(prompts) == 1 else "")
    found = _Found(reference, rows, field, only, any(input_text(row) for row in sample))
    return "".join(_lines(name, suite, found))


def _sample(name: str, workspace: FindWorkspace, prompt: str, suite: str) -> Sequence[JsonObject]:
    """Some rows of the reference, as a log has them; none of a baseline, which holds no outputs."""
    if is_log(name):
        return last_rows(name, 1_000, prompt)
    return [] if name == BASELINE else run_outputs(name, Reading(prompt=prompt), workspace, suite)


def class_field(outputs: Sequence[object]) -> str:
    """The field of outputs that is most like a class: the one with the fewest values that repeat."""
    objects = [output for output in outputs if isinstance(output, Mapping)]
    if not objects or len(objects) < len(outputs):
        return ""
    kinds: dict[str, int] = {}
    for name in sorted({str(key) for output in objects for key in output}):
        values = Counter(json.dumps(output.get(name), sort_keys=True) for output in objects)
        if 2 <= len(values) <= MOST_CLASSES and len(objects) >= FEWEST_OF_A_CLASS * len(values):
            kinds[name] = len(values)
    return min(kinds, key=lambda name: (kinds[name], name), default=next(iter(objects[0]), ""))


def _rows_a_day(name: str, reading: Reading) -> int:
    """The rows of a log for each day between its first row and its last."""
    timeline = read_log(name, reading)
    first, last = timeline.timeline.first, timeline.timeline.last
    days = max(((last or 0.0) - (first or 0.0)) / DAY_S, 1.0 / 24.0)
    return max(round(timeline.window.rows / days), 1)


def _lines(name: str, suite: str, found: _Found) -> Iterator[str]:
    tally = found.reference.tally
    yield f"# Written from {_quoted(found.reference.name)}: {tally.rows:,} rows.\n"
    yield f"# What is detected is said for one day of {found.per_day:,} rows, with probability {POWER:.0%}.\n"
    yield f"reference: {_quoted(name)}\n"
    if found.prompt:
        yield f"prompt: {_quoted(found.prompt)}\n"
    if suite:
        yield f"suite: {_quoted(suite)}\n"
    yield "signals:\n"
    yield from _predictions(found)
    yield from _inputs(found)
    yield from _latency(found)
    yield from _errors(found)
    yield from _feedback(found)


def _quoted(text: str) -> str:
    return json.dumps(text)


def _predictions(found: _Found) -> Iterator[str]:
    classes = found.reference.tally.classes
    if "predictions" in found.reference.lacks or len(classes) < 2:
        yield "  # predictions: the reference has no classes to compare\n"
        return
    if len(classes) > MOST_CLASSES:
        yield f"  # predictions: {len(classes):,} different outputs are not classes; name a field\n"
        return
    total = sum(classes.values())
    shares = [count / total for count in classes.values()]

    def least(rows: int) -> str:
        shift = detectable_shift(shares, (total, rows), DEFAULT_SHIFT, classes=len(classes))
        return "none" if shift is None else f"{points(shift)} points"

    enough = _first(lambda m: can_show(shares, (total, m), DEFAULT_SHIFT, classes=len(classes)))
    day, hour = least(found.per_day), least(_hour(found))
    yield f"  # Detects a change of a share by {day} in a day, by {hour} in an hour.\n"
    yield f"  # One of up to {points(DEFAULT_SHIFT)} points is not for it to detect; {_few(enough)}\n"
    field = f"field: {_quoted(found.field)}, " if found.field else ""
    yield f"  predictions: {{{field}shift: {DEFAULT_SHIFT}}}\n"


def _inputs(found: _Found) -> Iterator[str]:
    lengths = found.reference.tally.numbers.get("length")
    if lengths is None or not lengths.n:
        yield "  # inputs: the reference has none\n"
        return
    side = lengths.weighted()
    counts = binned(side, decile_edges(side))
    enough = _first(lambda m: psi_can_show(counts, m, DEFAULT_PSI))

    def least(rows: int) -> str:
        size = detectable_psi(counts, rows, DEFAULT_PSI, ordered=True)
        return "none" if size is None else f"one of {size:g}"

    yield f"  # PSI of {DEFAULT_PSI} is a shift that is seen in a plot; {_few(enough)}\n"
    yield f"  # Detects {least(found.per_day)} in a day, {least(_hour(found))} in an hour.\n"
    features = "[length, language]" if found.texts else "[length]"
    yield f"  inputs: {{features: {features}, psi: {DEFAULT_PSI}}}"
    yield f"  # embedding too, with [offline]: auroc: {DEFAULT_AUROC}\n" if found.texts else "\n"


def _latency(found: _Found) -> Iterator[str]:
    side = found.reference.tally.latency.weighted()
    interval = weighted_percentile(side, 0.99)
    if interval.value is None or interval.value <= 0:
        yield "  # latency: the reference has none\n"
        return
    upper = interval.high if interval.high is not None else float(side.values[-1])
    limit = rounded_up(_ROOM * upper)
    least = detectable_rate(found.per_day, 0.01, POWER)
    yield f"  # {_ROOM:g} times the reference's P99 of {interval.value:,.0f} ms (at most {upper:,.0f} ms).\n"
    yield f"  # A day alerts from {failures_to_alert(found.per_day, 0.01):,} slower rows on"
    yield "\n" if least is None else f"; {percent(least)} of them are detected.\n"
    yield f"  latency: {{p99_ms: {limit}, slo: 0.99}}\n"


def _errors(found: _Found) -> Iterator[str]:
    least = detectable_rate(found.per_day, DEFAULT_ERRORS, POWER)
    yield f"  # A day alerts from {failures_to_alert(found.per_day, DEFAULT_ERRORS):,} failed calls on"
    yield "\n" if least is None else f"; a rate of {percent(least)} is detected.\n"
    yield f"  errors: {{rate: {DEFAULT_ERRORS}}}\n"


def _feedback(found: _Found) -> Iterator[str]:
    pairs = found.reference.labelled.pairs
    total = sum(pairs.values())
    if not total:
        yield "  # feedback: the reference has no labels\n"
        return
    right = sum(count for (expected, predicted), count in pairs.items() if expected == predicted) / total
    z = normal_quantile(0.975) + normal_quantile(POWER)
    share = right * (1.0 - right)
    left = (DEFAULT_DROP / z) ** 2 - share / total
    yield f"  # Accuracy of the reference: {right:.3f} of {total:,} labelled rows. "
    if left <= 0 or share == 0:
        yield f"A drop of {points(2 * DEFAULT_DROP)} points needs more labels than it has.\n"
    else:
        needed = rounded_up(share / left)
        yield f"{needed:,} labels detect a drop of {points(2 * DEFAULT_DROP)} points.\n"
    yield f"  feedback: {{metric: accuracy, drop: {DEFAULT_DROP}}}\n"


def _hour(found: _Found) -> int:
    return max(found.per_day // 24, 1)


def _few(enough: int | None) -> str:
    return "no count of rows is enough." if enough is None else f"under {enough:,} rows it is too_few."


def _first(holds: Callable[[int], bool]) -> int | None:
    """The smallest count of which a condition holds, to a part in a hundred; None up to a billion."""
    count = 1
    while not holds(count):
        count = max(count + 1, math.ceil(count * 1.01))
        if count > 1_000_000_000:
            return None
    return count
