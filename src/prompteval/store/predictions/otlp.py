"""Predictions as OpenTelemetry spans, by the GenAI conventions: figures and names, never what was said.

The conventions are in development and live in a repository of their own; every name that is used is here.
"""

import os
import secrets
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from prompteval._version import __version__
from prompteval.core.errors import MissingExtra, StoreError, UsageError
from prompteval.core.prediction import Feedback, LogRecord
from prompteval.core.prediction_sink import LogLine

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

# Of open-telemetry/semantic-conventions-genai, by which the names are.
SEMCONV_VERSION: Final = "1.38.0"
OPERATION: Final = "gen_ai.operation.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
ERROR_TYPE: Final = "error.type"
EVALUATION: Final = "gen_ai.evaluation.result"
SCORE: Final = "gen_ai.evaluation.score.value"
PROMPT: Final = "prompteval.prompt"
FINGERPRINT: Final = "prompteval.fingerprint"
ALIAS: Final = "prompteval.alias"
OUTCOME: Final = "prompteval.outcome"
REQUEST_ID: Final = "prompteval.request_id"

ENDPOINT_VARIABLES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_SCHEMA: Final = f"https://opentelemetry.io/schemas/{SEMCONV_VERSION}"
_TIMEOUT_S: Final = 10.0
Attributes: TypeAlias = dict[str, str | int | float]


class OtlpSink:
    """Exports each group over OTLP and HTTP to the collector that the OTEL_EXPORTER_OTLP variables name.

    A span has the id of the caller's trace, where there is one. Raises UsageError where no variable names a
    collector, MissingExtra without the package.
    """

    def __init__(self) -> None:
        if not any(os.environ.get(name) for name in ENDPOINT_VARIABLES):
            raise UsageError("--log otlp: no collector is named", f"set {ENDPOINT_VARIABLES[1]}")
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        except ImportError:
            raise MissingExtra("exporting over OTLP", "otel") from None
        self._exporter: SpanExporter = OTLPSpanExporter(timeout=_TIMEOUT_S)

    def write(self, lines: Sequence[LogLine]) -> None:
        from opentelemetry.sdk.trace.export import SpanExportResult

        result = self._exporter.export([_span(line.record) for line in lines])
        if result is not SpanExportResult.SUCCESS:
            raise StoreError("otlp", "the collector did not take the spans")

    def remove_before(self, time: float) -> None:
        """What was exported is the collector's."""

    def close(self) -> None:
        self._exporter.shutdown()


def attributes(record: LogRecord) -> Attributes:
    """What a span says of a record: no input, no output, no label and no comment."""
    if isinstance(record, Feedback):
        found: Attributes = {REQUEST_ID: record.request_id}
        return found if record.score is None else found | {SCORE: record.score}
    found = {
        OPERATION: "chat",
        REQUEST_MODEL: record.model,
        RESPONSE_MODEL: record.model,
        PROMPT: record.prompt,
        FINGERPRINT: record.fingerprint,
        OUTCOME: record.outcome,
        REQUEST_ID: record.request_id,
    }
    usage = record.usage
    optional = {
        ALIAS: record.alias or None,
        ERROR_TYPE: record.error or None,
        INPUT_TOKENS: None if usage is None else usage.prompt_tokens,
        OUTPUT_TOKENS: None if usage is None else usage.completion_tokens,
        FIRST_CHUNK: None if record.first_token_ms is None else record.first_token_ms / 1000,
    }
    return found | {name: value for name, value in optional.items() if value is not None}


def _span(record: LogRecord) -> "ReadableSpan":
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    name, trace, length_s, failed = EVALUATION, 0, 0.0, False
    if not isinstance(record, Feedback):
        name, length_s = f"chat {record.model}", record.latency_ms / 1000
        trace, failed = int(record.trace_id or "0", 16), record.outcome == "error"
    end = record.time or time.time()
    numbers = trace or secrets.randbits(128) or 1, secrets.randbits(64) or 1
    return ReadableSpan(
        name=name,
        context=SpanContext(*numbers, False, TraceFlags(TraceFlags.SAMPLED)),
        resource=Resource({"service.name": os.environ.get("OTEL_SERVICE_NAME", "prompteval")}, _SCHEMA),
        attributes=attributes(record),
        kind=SpanKind.INTERNAL if name == EVALUATION else SpanKind.CLIENT,
        status=Status(StatusCode.ERROR if failed else StatusCode.UNSET),
        start_time=int((end - length_s) * 1e9),
        end_time=int(end * 1e9),
        instrumentation_scope=InstrumentationScope("prompteval", __version__, _SCHEMA),
    )
