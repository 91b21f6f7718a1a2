"""Where predictions are written: files of JSON lines, SQLite, Postgres, and an OTLP collector."""

from pathlib import Path
from typing import Final

from prompteval.core.errors import UsageError
from prompteval.core.prediction_sink import PredictionSink
from prompteval.workspace.store_place import SQLITE, refuse_address

__all__ = ["OTLP", "POSTGRES", "SHARED", "open_sink"]

POSTGRES: Final = "postgres"
OTLP: Final = "otlp"
# Logs that several processes write to at a time; of others each process has its own.
SHARED: Final = frozenset({POSTGRES, OTLP})


def open_sink(target: str) -> PredictionSink:
    """The sink that a text names: a file, `sqlite:FILE`, `postgres`, `otlp`.

    Raises UsageError where it cannot be written, MissingExtra where its package is not installed.
    """
    refuse_address(target, "the log")
    if target == POSTGRES:
        from prompteval.store.predictions.postgres import PostgresSink

        return PostgresSink()
    if target == OTLP:
        from prompteval.store.predictions.otlp import OtlpSink

        return OtlpSink()
    if target.startswith(SQLITE):
        from prompteval.store.predictions.sqlite import SqliteSink

        return SqliteSink(_file(target.removeprefix(SQLITE), target))
    from prompteval.store.predictions.jsonl import JsonLinesSink

    return JsonLinesSink(_file(target, target))


def _file(name: str, target: str) -> Path:
    if not name or name.endswith("/"):
        raise UsageError(f"{target!r:.200} is not a log", "write FILE, sqlite:FILE, postgres or otlp")
    return Path(name)
