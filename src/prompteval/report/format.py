"""Numbers and words that the terminal, Markdown and the page show alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from prompteval.core.text import counted
from prompteval.core.verdict import Estimate, Verdict
from prompteval.report.result_view import FlakyCase, ReliabilityLine, ReliabilityTable, ResultView

MARKS = {
    Verdict.PASS: "✓ pass",
    Verdict.FAIL: "✗ fail",
    Verdict.INCONCLUSIVE: "? inconclusive",
    Verdict.INCOMPLETE: "! incomplete",
}
# What rounding leaves of a difference of equal numbers.
_NOTHING = 1e-12


def number(value: float | None) -> str:
    """Three decimals, two digits of what would be 0.000 by them; a dash where there is none."""
    return "–" if value is None else _decimals(value)


def signed(value: float) -> str:
    """A difference as `number`, with its sign."""
    return _decimals(value) if value < 0 else f"+{_decimals(value)}"


def _decimals(value: float) -> str:
    tiny = 0.0 < abs(value) < 0.0005
    return f"{value:.2g}" if tiny and abs(value) >= _NOTHING else f"{value:.3f}"


def interval(estimate: Estimate) -> str:
    """`[0.870, 0.940]`, or why there is none; for a metric shown beside its null, the null."""
    if estimate.value is None:
        return estimate.reason
    if estimate.null_high is not None:
        return f"calibrated: up to {estimate.null_high:.3f}"
    if estimate.low is None or estimate.high is None:
        return estimate.reason or "–"
    return f"[{number(estimate.low)}, {number(estimate.high)}]"


def scored(estimate: Estimate, not_run: int = 0) -> str:
    """`296/300`: how many cases are in the number, of how many that should be, those not run too."""
    return f"{estimate.n}/{estimate.n + estimate.missing + estimate.left_out + not_run}"


def stable(estimate: Estimate) -> str:
    """`27/30`: how many of the cases that ran more than once got one score each time."""
    return f"{estimate.stable}/{estimate.repeated}" if estimate.repeated else "–"


def flaky_first(cases: Sequence[FlakyCase]) -> list[FlakyCase]:
    """The cases that waver most first, then by id."""

    def steadiness(case: FlakyCase) -> tuple[float, str]:
        known = case.known
        mean = sum(known) / len(known)
        return (-sum((score - mean) ** 2 for score in known) / len(known), case.case_id)

    return sorted(cases, key=steadiness)


def wavered(case: FlakyCase) -> str:
    """`2 of 3 right`; for graded scores `0.2 to 0.9 in 3`."""
    known = case.known
    if set(known) <= {0.0, 1.0}:
        return f"{known.count(1.0)} of {len(known)} right"
    return f"{min(known):.3g} to {max(known):.3g} in {len(known)}"


def count_parts(result: ResultView) -> list[str]:
    """How many cases were scored, what else became of them, what they cost, and how long they took."""
    cases = result.cases
    parts = [f"{cases['scored']}/{cases['total']} scored"]
    parts += [counted(cases["errors"], "error")] if cases["errors"] else []
    parts += [f"{cases[name]} {name}" for name in ("invalid", "skipped") if cases[name]]
    return [
        *parts,
        f"{result.usage['cached']} cached",
        *spent(result.usage),
        f"{result.timing['wall_s']:.1f} s",
    ]


def spent(usage: Mapping[str, Any]) -> list[str]:
    """What calls were made and what they cost, in short parts; what is nothing is left out.

    Tokens and money that rest on an estimate carry a ≈.
    """
    parts = []
    live = usage["requests"] - usage["cached"] - usage["replayed"]
    if usage["attempts"] > live:
        parts.append(f"{usage['attempts']} attempts for {live} calls")
    if usage.get("possibly_billed"):
        parts.append(f"{usage['possibly_billed']} attempts without an answer may be billed")
    mark = "≈" if usage.get("tokens_estimated") else ""
    tokens = usage["prompt_tokens"] + usage["completion_tokens"]
    if tokens and (usage["cost_usd"] != 0 or usage["replayed"]):  # what costs nothing is not counted out
        parts.append(f"{mark}{tokens:,} tokens")
    parts += _cost(usage, mark)
    if usage.get("user"):
        of_user = ", ".join([f"{usage['user']['requests']} calls", *spent(usage["user"])])
        parts.append(f"simulated user: {of_user}")
    for name, of_judge in usage.get("judges", {}).items():
        cached = [f"{of_judge['cached']} cached"] if of_judge["cached"] else []
        asked = ", ".join([f"{of_judge['requests']} calls", *cached, *spent(of_judge)])
        parts.append(f"judge {name}: {asked}")
    return parts


def _cost(usage: Mapping[str, Any], mark: str) -> list[str]:
    """What it cost: by the price of the model, as the system reports it, or both together."""
    reported = usage.get("reported")
    cost = usage["cost_usd"]
    if not reported:
        return [f"{mark}{cost:.4f} USD"] if cost else []
    if cost == reported["cost_usd"]:
        return [f"{cost:.4f} USD as reported"] if cost else []
    said = f"{reported['cost_usd']:.4f} USD reported"
    if cost is not None:
        return [f"{mark}{cost:.4f} USD, of which {said}"]
    return [f"{said} by {reported['rows']:,} of {reported['of']:,} rows"]


def bin_cells(line: ReliabilityLine) -> list[str]:
    """A reliability bin: its range, cases, mean confidence, share that came true, the share's interval."""
    ends = "–" if line.share is None else f"[{number(line.share_low)}, {number(line.share_high)}]"
    middle = [str(line.n), number(line.confidence), number(line.share)]
    return [f"{line.low:.2f}–{line.high:.2f}", *middle, ends]


BIN_HEADS = ("confidence", "cases", "mean", "came true", "95 % interval")


def bin_title(table: ReliabilityTable) -> str:
    """`reliability: ECE 0.041, calibrated: up to 0.060`, or why there is no table."""
    if table.reason:
        return f"{table.metric}: {table.reason}"
    return f"{table.metric}: ECE {number(table.ece)}, calibrated: up to {number(table.null_high)}"
