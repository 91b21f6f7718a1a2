"""`outputs: file.jsonl`: recorded outputs of any system, scored without calling it."""

import json
from collections.abc import Mapping
from typing import Any

from prompteval.core.case import Case
from prompteval.core.observation import Call, Observation
from prompteval.core.request import Usage
from prompteval.plan.targets.base import failed


class OutputsTarget:
    """Gives each case the output that was recorded for its id."""

    def __init__(self, recorded: Mapping[str, Mapping[str, Any]], path: str, model: str) -> None:
        self._recorded = recorded
        self._path = path
        self._model = model

    async def __call__(self, case: Case, replicate: int) -> Observation:
        """The recorded output; a case without one is an error. Every repeat sees the same output."""
        found = self._recorded.get(case.id)
        if found is None:
            return failed("call", "no_output", f"{self._path} has no output for case {case.id!r}")
        output, logprob = found["output"], found.get("logprob")
        latency_ms = float(found.get("latency_ms", 0.0))
        call = Call(
            model=str(found.get("model", self._model)),
            key="",
            served_by="replay",
            attempts=0,
            latency_ms=latency_ms,
            usage=Usage(**found["usage"]) if "usage" in found else None,
        )
        return Observation(
            outcome="ok",
            output=output,
            text=output if isinstance(output, str) else json.dumps(output, ensure_ascii=False),
            calls=(call,),
            latency_ms=latency_ms,
            confidence=found.get("confidence"),
            logprobs=None if logprob is None else tuple(logprob) if isinstance(logprob, list) else (logprob,),
        )

    async def aclose(self) -> None:
        """Nothing is held open."""
