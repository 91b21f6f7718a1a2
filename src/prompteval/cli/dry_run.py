"""What `run --dry-run` prints."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prompteval.cli import printer

if TYPE_CHECKING:
    from prompteval.plan.run_options import RunOptions
    from prompteval.workspace.settings import Workspace


def print_dry_run(workspace: "Workspace", options: "RunOptions", *, as_json: bool) -> int:
    """Print what a run would need."""
    from prompteval.engine.dry_run import dry_run

    estimate = dry_run(workspace, options)
    if as_json:
        printer.document(estimate)
        return 0
    for entry in estimate["entries"]:
        title = f"{entry['suite']}  {entry['prompt']}  {entry['model']}"
        printer.line(f"{title}: {_needs(entry)}")
    printer.line(f"total: {_needs(estimate['total'])}; failed attempts are extra")
    return 0


def _needs(entry: Mapping[str, object]) -> str:
    """What the system needs, and apart from it what the simulated user does."""
    found = [f"{entry['calls']} calls", f"{entry['cached']} cached", *_needed(entry, "")]
    if entry["judge_calls"]:
        found.append(f"judges: {entry['judge_calls']} calls at most")
    if entry["user_calls"]:
        found += [f"simulated user: {entry['user_calls']} calls", *_needed(entry, "user_")]
    return ", ".join(found)


def _needed(entry: Mapping[str, object], of: str) -> Iterator[str]:
    """The tokens and the cost of either side."""
    mark = "≈" if entry["estimated"] else ""
    if entry[f"{of}prompt_tokens"] is not None:
        yield f"{mark}{entry[f'{of}prompt_tokens']:,} tokens to send"
        yield f"at most {entry[f'{of}completion_tokens_at_most']:,} to receive"
    cost = entry[f"{of}cost_usd_at_most"]
    unknown = "the cost is not known" if entry[f"{of}prompt_tokens"] is None else "the price is not known"
    yield unknown if cost is None else f"at most {mark}{cost:.4f} USD"
