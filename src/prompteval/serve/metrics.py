"""What the service counts, for Prometheus. Labels are names that are served, never texts of a request."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from prompteval.core.request import Usage
    from prompteval.engine.prediction_log import PredictionLog

# Where several workers count into files that any of them can sum; read by the package when it is imported.
DIRECTORY_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_TOKENS: Final = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576)


class Metrics:
    """The counters of one worker, by its number; `text` is those of all workers together."""

    def __init__(self, worker: int = 1) -> None:
        from prometheus_client import CollectorRegistry, disable_created_metrics

        without_times: Callable[[], None] = disable_created_metrics
        without_times()
        if DIRECTORY_VARIABLE in os.environ:
            _count_as(worker)
        self._registry = CollectorRegistry()
        self._count_calls(self._registry)
        self._count_service(self._registry)
        self._logged = {"written": 0, "dropped": 0}

    def _count_calls(self, registry: "CollectorRegistry") -> None:
        """Requests, model calls, their tokens and what they ended in."""
        from prometheus_client import Counter, Histogram

        self.requests = Histogram(
            "http_server_request_duration_seconds", "Time of whole requests.",
            ("http_request_method", "http_route", "http_response_status_code"),
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.operations = Histogram(
            "gen_ai_client_operation_duration_seconds", "Time of model calls, retries included.",
            ("gen_ai_operation_name", "gen_ai_request_model", "error_type"),
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.tokens = Histogram(
            "gen_ai_client_token_usage", "Tokens of model calls.",
            ("gen_ai_request_model", "gen_ai_token_type"), buckets=_TOKENS, registry=registry,
        )  # fmt: skip
        self.predictions = Counter(
            "prompteval_predictions", "Answers and failed calls.", ("prompt", "outcome"), registry=registry
        )
        self.refused = Counter(
            "prompteval_requests_refused",
            "Requests that got no answer, by reason.",
            ("reason",),
            registry=registry,
        )

    def _count_service(self, registry: "CollectorRegistry") -> None:
        """What the worker itself does, and what it holds now."""
        from prometheus_client import Counter, Gauge

        self.reloads = Counter(
            "prompteval_reloads", "Times that prompts.lock was read again.", ("result",), registry=registry
        )
        self.connections_closed = Counter(
            "prompteval_connections_closed", "Connections that the service closed, by reason.", ("reason",),
            registry=registry,
        )  # fmt: skip
        self.in_flight = Gauge(
            "prompteval_requests_in_flight",
            "Model calls that run.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.ready = Gauge(
            "prompteval_workers_ready",
            "Workers that are warm.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.log_lines = Counter(
            "prompteval_log_lines", "Lines of the prediction log.", ("result",), registry=registry
        )
        for result in ("written", "dropped"):
            self.log_lines.labels(result)

    def count_usage(self, model: str, usage: "Usage | None") -> None:
        """The tokens of a reply, as far as it tells them."""
        if usage is None:
            return
        for kind, count in (("input", usage.prompt_tokens), ("output", usage.completion_tokens)):
            if count is not None:
                self.tokens.labels(model, kind).observe(count)

    def count_log(self, log: "PredictionLog") -> None:
        """Bring the counts of the log up to date."""
        for result, count in (("written", log.written), ("dropped", log.dropped)):
            self.log_lines.labels(result).inc(count - self._logged[result])
            self._logged[result] = count

    def text(self) -> bytes:
        """The exposition format."""
        from prometheus_client import generate_latest

        return generate_latest(self._whole())

    def _whole(self) -> "CollectorRegistry":
        directory = os.environ.get(DIRECTORY_VARIABLE)
        if directory is None:
            return self._registry
        from prometheus_client import CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        whole = CollectorRegistry()
        collect: Callable[..., object] = MultiProcessCollector
        collect(whole, path=directory)
        return whole


def _count_as(worker: int) -> None:
    """Count into the files of a worker's number, which its successor continues: deaths leave none."""
    from prometheus_client import values

    by_number: Callable[[Callable[[], int]], type] = values.MultiProcessValue
    values.ValueClass = by_number(lambda: worker)


def forget_worker(directory: Path, worker: int) -> None:
    """A worker ended: its gauges count no more, its counters stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark: Callable[[int, str], None] = mark_process_dead
    mark(worker, str(directory))
