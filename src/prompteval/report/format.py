"""Numbers and words that the terminal and Markdown show alike."""

from collections.abc import Mapping
from typing import Any

from prompteval.core.verdict import Estimate, Verdict

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
    """`[0.870, 0.940]`, or why there is none."""
    if estimate.value is None:
        return estimate.reason
    if estimate.low is None or estimate.high is None:
        return estimate.reason or "–"
    return f"[{estimate.low:.3f}, {estimate.high:.3f}]"


def scored(estimate: Estimate) -> str:
    """`296/300`: how many cases are in the number, of how many that should be."""
    return f"{estimate.n}/{estimate.n + estimate.missing}"


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
