"""`outputs: file.jsonl`: recorded outputs of any system, scored without calling it."""

from prompteval.core.case import Case
from prompteval.core.observation import Observation
from prompteval.plan.conversation.slots import Named
from prompteval.plan.results.observed import observed
from prompteval.plan.results.result import Result
from prompteval.plan.targets.base import failed
from prompteval.plan.targets.outputs import CALLS, OutputsPlan


class OutputsTarget:
    """Gives each case the output that was recorded for its id and repeat."""

    def __init__(self, plan: OutputsPlan, model: str) -> None:
        self._plan = plan
        self._model = model

    async def __call__(self, case: Case, replicate: int) -> Observation:
        """The recorded output; a case without one is an error."""
        plan = self._plan
        found = plan.recorded.get((case.id, replicate))
        if found is None:
            repeat = f", replicate {replicate}" if plan.replicates > 1 else ""
            return failed("call", "no_output", f"{plan.path} has no output for case {case.id!r}{repeat}")
        if "abstain" in plan.carried:  # a row that does not say so did not abstain
            found = {"abstain": False, **found}
        if plan.carried & CALLS and not found.keys() & CALLS:  # nor did it call a tool
            found = _without_calls(found)
        # Validated when the file was read.
        return observed(Result.model_validate(found), model=self._model, served_by="replay", latency_ms=0.0)

    async def aclose(self) -> None:
        """Nothing is held open."""


def _without_calls(row: Named) -> Named:
    """The row, or each of its turns, with no calls where it says nothing of them."""
    if not row.get("turns"):
        return {"tool_calls": [], **row}
    turns = [turn if turn.keys() & CALLS else {"tool_calls": [], **turn} for turn in row["turns"]]
    return {**row, "turns": turns}
