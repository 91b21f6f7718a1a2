"""Numbers and words that the terminal and Markdown show alike."""

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
