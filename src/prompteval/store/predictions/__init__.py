"""Where predictions are written: files of JSON lines, SQLite, Postgres, and an OTLP collector."""

from pathlib import Path

from prompteval.core.prediction_sink import PredictionSink

__all__ = ["open_sink"]


def open_sink(target: str) -> PredictionSink:
    """The sink that a text names. Raises UsageError where it cannot be written."""
    from prompteval.store.predictions.jsonl import JsonLinesSink

    return JsonLinesSink(Path(target))
