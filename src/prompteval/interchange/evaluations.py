"""Data sets and results of DeepEval, Ragas, LangSmith, Langfuse and Braintrust, as they export them."""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from prompteval.interchange.fields import Fields, first_of, import_fields
from prompteval.interchange.imported import Imported, Json, Record
from prompteval.interchange.records import amount, milliseconds
from prompteval.interchange.source import Line, read_records, read_rows

DEEPEVAL = Fields(
    ids=("id", "name"),
    expected=("expected_output", "expectedOutput"),
    output=("actual_output", "actualOutput"),
    gold=("context",),
    context=("retrieval_context", "retrievalContext"),
    metadata=("additional_metadata", "additionalMetadata", "custom_column_key_values", "tags"),
    silent=frozenset({
        "source_file", "sourceFile", "comments", "expected_tools", "expectedTools", "tools_called",
        "toolsCalled", "completion_time", "completionTime",
    }),
)  # fmt: skip
RAGAS = Fields(
    inputs=("user_input", "question"),
    expected=("reference", "ground_truth", "ground_truths", "answer_reference"),
    output=("response", "answer"),
    context=("retrieved_contexts", "contexts"),
    gold=("reference_contexts",),
    metadata=("rubrics", "synthesizer_name", "persona_name", "query_style", "query_length"),
)
LANGSMITH = Fields(
    ids=("id", "example_id"),
    inputs=("inputs",),
    expected=("reference_outputs", "reference"),
    output=("outputs", "output"),
    metadata=("metadata", "tags"),
    silent=frozenset({
        "dataset_id", "created_at", "modified_at", "source_run_id", "attachments", "run_id", "start_time",
        "end_time", "trace_id", "session_id", "run_type", "name", "execution_time", "dotted_order", "status",
    }),
)  # fmt: skip
LANGFUSE = Fields(
    expected=("expectedOutput", "expected_output"),
    output=("output",),
    cluster=("sessionId", "session_id"),
    silent=frozenset({
        "status", "sourceTraceId", "sourceObservationId", "datasetId", "datasetName", "createdAt",
        "updatedAt", "source_trace_id", "source_observation_id", "dataset_id", "dataset_name", "created_at",
        "updated_at", "timestamp", "name", "projectId", "htmlPath", "public", "bookmarked",
        "environment", "externalId", "traceId", "observations", "release", "version", "latency",
        "totalCost", "calculatedTotalCost",
    }),
)  # fmt: skip
BRAINTRUST = Fields(
    cluster=("root_span_id",),
    silent=frozenset({
        "_xact_id", "_pagination_key", "created", "dataset_id", "project_id", "experiment_id", "span_id",
        "is_root", "span_attributes", "span_parents", "origin", "log_id", "org_id", "context", "comments",
        "metrics",
    }),
)  # fmt: skip


def read_deepeval(path: Path) -> Imported:
    """Goldens or test cases: a JSON list, JSON lines or CSV, as `EvaluationDataset.save_as` writes them."""
    lines = (
        replace(line, value=_parted(line.value))
        for line in _lines(path, "goldens", "test_cases", "testCases")
    )
    return import_fields(path, lines, DEEPEVAL, _deepeval)


def _parted(record: Record) -> Record:
    """Contexts that were joined by `|`, as in CSV and JSON lines, as lists."""
    keys = [key for key in (*DEEPEVAL.gold, *DEEPEVAL.context) if isinstance(record.get(key), str)]
    return {**record, **{key: [part for part in str(record[key]).split("|") if part] for key in keys}}


def read_ragas(path: Path) -> Imported:
    """Samples of one turn: JSON lines, a JSON list or CSV, as `EvaluationDataset` writes them."""
    lines = (replace(line, value=_without_nan(line.value)) for line in _lines(path, "samples", "dataset"))
    return import_fields(path, lines, RAGAS, _ragas)


def read_langsmith(path: Path) -> Imported:
    """Examples of a data set, or the rows of an experiment, as JSON, JSON lines or CSV."""
    return import_fields(path, map(_langsmith_line, _lines(path, "examples", "results")), LANGSMITH, _scores)


def read_langfuse(path: Path) -> Imported:
    """Items of a data set, or traces, as the API and the interface export them."""
    return import_fields(path, _lines(path, "data", "items", "traces"), LANGFUSE, _measures)


def read_braintrust(path: Path) -> Imported:
    """Rows of a data set or of an experiment, as JSON, JSON lines or CSV; inner spans are losses."""
    return import_fields(path, _lines(path, "events", "rows", "data"), BRAINTRUST, _measures)


def _lines(path: Path, *lists: str) -> Iterator[Line]:
    """Records of JSON or CSV; of CSV, cells that are JSON objects or lists are read as such."""
    if path.suffix.lower() not in (".csv", ".tsv"):
        yield from read_records(path, *lists)
        return
    for line in read_rows(path):
        yield replace(line, value={key: _cell(value) for key, value in line.value.items()})


def _cell(value: Json) -> Json:
    text = value if isinstance(value, str) else ""
    if text[:1] in "[{" and text:
        for decode in (json.loads, ast.literal_eval):  # pandas writes lists as Python does
            with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
                read: Json = decode(text)
                return read if isinstance(read, list | dict) else text
    return text or None


def _without_nan(record: Record) -> Record:
    return {key: value for key, value in record.items() if value != ""}


def _deepeval(record: Record, case: Record, output: Record, imported: Imported, line: int) -> None:
    """Calls of tools, expected and made; turns of a conversation."""
    expected = first_of(record, ("expected_tools", "expectedTools"))
    if isinstance(expected, list) and expected:
        case["tool_calls"] = [_call(item) for item in expected]
    called = first_of(record, ("tools_called", "toolsCalled"))
    if isinstance(called, list) and called and "output" in output:
        output["tool_calls"] = [_call(item) for item in called]
    for key in ("completion_time", "completionTime"):
        if (took := milliseconds(record.get(key))) is not None and "output" in output:
            output["latency_ms"] = took


def _call(item: Json) -> Json:
    if not isinstance(item, Mapping):
        return {"name": str(item), "arguments": {}}
    arguments = first_of(item, ("input_parameters", "inputParameters"))
    return {
        "name": str(item.get("name", "")),
        "arguments": arguments if isinstance(arguments, Mapping) else {},
    }


def _ragas(record: Record, case: Record, output: Record, imported: Imported, line: int) -> None:
    """A list of right answers is one; a conversation of several turns is kept as the text of its input."""
    expected = case.get("expected")
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        case.pop("expected")
        case["answers"] = [str(item) for item in expected]


def _langsmith_line(line: Line) -> Line:
    """An example's `outputs` are what is expected; those of a row of an experiment what was answered."""
    record = dict(line.value)
    is_result = any(
        key in record for key in ("reference_outputs", "run_id", "feedback_stats", "execution_time")
    )
    if not is_result and "outputs" in record:
        record["reference_outputs"] = record.pop("outputs")
    for key in [key for key in record if key.startswith(("input.", "inputs."))]:
        inputs = record.setdefault("inputs", {})
        if isinstance(inputs, dict):
            inputs[key.partition(".")[2]] = record.pop(key)
    return replace(line, value=record)


def _scores(record: Record, case: Record, output: Record, imported: Imported, line: int) -> None:
    """Seconds that a run took."""
    took = milliseconds(record.get("execution_time"))
    if took is not None and "output" in output:
        output["latency_ms"] = took


def _measures(record: Record, case: Record, output: Record, imported: Imported, line: int) -> None:
    """Latency, cost and tokens of a trace; a row that is an inner span is a loss."""
    if record.get("is_root") is False:
        imported.lose(line, f"row {case['id']!r} is an inner span, kept as a case of its own")
    if "output" not in output:
        return
    metrics = record.get("metrics")
    metrics = metrics if isinstance(metrics, Mapping) else {}
    took = milliseconds(record.get("latency"))
    start, end = metrics.get("start"), metrics.get("end")
    if isinstance(start, int | float) and isinstance(end, int | float):
        between = milliseconds(end - start)
        took = took if between is None else between
    if took is not None:
        output["latency_ms"] = took
    cost = amount(first_of(record, ("totalCost", "calculatedTotalCost")))
    if cost is not None:
        output["cost_usd"] = cost
