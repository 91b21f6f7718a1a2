"""One request for a prediction: what it asks for, and what is recorded and answered of it."""

from dataclasses import dataclass
from time import perf_counter, time

from prompteval.core.observation import Failure
from prompteval.core.response_json import usage_as_json
from prompteval.core.strict_json import JsonObject
from prompteval.core.trace import Outcome
from prompteval.engine.bound_prompt import Answered, prediction
from prompteval.prompt.parse import Parsed
from prompteval.serve.access import trace_id
from prompteval.serve.asgi import Header
from prompteval.serve.filters import Stage
from prompteval.serve.problems import Refusal
from prompteval.serve.served import Served
from prompteval.serve.state import WorkerState


@dataclass(slots=True)
class Call:
    """One request: its id, what it asks for, and when it began."""

    state: WorkerState
    request_id: str
    served: Served
    headers: list[Header]
    started: float
    inputs: JsonObject

    @property
    def answer_headers(self) -> tuple[Header, ...]:
        return (*self.served.headers, (b"x-request-id", self.request_id.encode("ascii")))

    def record(self, answered: Answered) -> None:
        """Count it, and write its line."""
        state, bound = self.state, self.served.bound
        failure = answered.parsed.failure
        state.metrics.predictions.labels(bound.prompt.reference, answered.parsed.outcome).inc()
        error = "" if answered.error is None else answered.error.kind
        reference = bound.model.reference
        state.metrics.operations.labels("chat", reference, error).observe(answered.latency_ms / 1000)
        if answered.response is not None:
            state.metrics.count_usage(reference, answered.response.usage)
        if state.log is not None:
            line = prediction(bound, self.inputs, answered, self.request_id, trace_id=trace_id(self.headers))
            state.log.record(line, bound.closed_inputs)
        if failure is not None:
            fields = {
                "request_id": self.request_id,
                "outcome": answered.parsed.outcome,
                "error": failure.type,
            }
            state.event("no_output", {**fields, "prompt": bound.prompt.reference})

    async def screen(self, stage: Stage, value: object) -> None:
        """Ask the filters. Raises Refusal for what they stop, which is recorded."""
        if not self.state.filters:
            return
        try:
            await self.state.filters.check(stage, self.served.bound.prompt.reference, value)
        except Refusal as refusal:
            self.stop("filtered" if refusal.kind == "filtered" else "error", refusal.kind)
            raise

    def stop(self, outcome: Outcome, kind: str) -> None:
        """Record a call that the service itself ended."""
        parsed = Parsed(outcome, failure=Failure("call", kind, kind))
        self.record(Answered(parsed, (perf_counter() - self.started) * 1000, time()))

    def body(self, answered: Answered) -> JsonObject:
        """The answer as the contract has it."""
        bound, response = self.served.bound, answered.response
        found: JsonObject = {
            "output": answered.parsed.answer,
            "prompt": bound.prompt.reference,
            "fingerprint": bound.prompt.fingerprint,
            "model": (response.model_reported if response else None) or bound.model.reference,
            "request_id": self.request_id,
            "usage": usage_as_json(response.usage) if response else None,
            "latency_ms": round(answered.latency_ms, 3),
        }
        if answered.confidence is not None:
            found["confidence"] = answered.confidence
        if response is not None and response.tool_calls:
            found["tool_calls"] = [
                {"id": call.id, "name": call.name, "arguments": dict(call.arguments)}
                for call in bound.calls(response)
            ]
        return found
