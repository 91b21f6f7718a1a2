"""What one worker has in common for all of its requests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from prompteval.engine.prediction_log import PredictionLog
from prompteval.serve.access import Access
from prompteval.serve.body import Bodies
from prompteval.serve.filters import Filters
from prompteval.serve.metrics import Metrics
from prompteval.serve.options import ServeOptions
from prompteval.serve.served import Names

# An event and its fields, as one structured line.
EventLog: TypeAlias = Callable[[str, Mapping[str, object]], None]


@dataclass(slots=True)
class WorkerState:
    """`names` is replaced whole when prompts.lock changes; `running` counts the model calls that run."""

    options: ServeOptions
    access: Access
    bodies: Bodies
    filters: Filters
    metrics: Metrics
    log: PredictionLog | None
    event: EventLog
    names: Names = field(default_factory=dict)
    ready: bool = False
    draining: bool = False
    running: int = 0
    openapi: bytes = b""
