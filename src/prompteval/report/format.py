"""Numbers and words that the terminal and Markdown show alike."""

from collections.abc import Mapping
from typing import Any

from prompteval.core.verdict import Estimate, Verdict
from prompteval.report.view import ReliabilityLine, ReliabilityTable

MARKS = {
    Verdict.PASS: "✓ pass",
    Verdict.FAIL: "✗ fail",
    Verdict.INCONCLUSIVE: "? inconclusive",
    Verdict.INCOMPLETE: "! incomplete",
}


def number(value: float | None) -> str:
    """Three decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def interval(estimate: Estimate) -> str:
    """`[0.870, 0.940]`, or why there is none; for a metric shown beside its null, the null."""
    if estimate.value is None:
        return estimate.reason
    if estimate.null_high is not None:
        return f"calibrated: up to {estimate.null_high:.3f}"
    if estimate.low is None or estimate.high is None:
        return estimate.reason or "–"
    return f"[{estimate.low:.3f}, {estimate.high:.3f}]"


def scored(estimate: Estimate) -> str:
    """`296/300`: how many cases are in the number, of how many that should be."""
    return f"{estimate.n}/{estimate.n + estimate.missing + estimate.left_out}"


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
    if tokens and usage["cost_usd"] != 0:  # what costs nothing is not counted out
        parts.append(f"{mark}{tokens:,} tokens")
    if usage["cost_usd"]:
        parts.append(f"{mark}{usage['cost_usd']:.4f} USD")
    return parts


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
