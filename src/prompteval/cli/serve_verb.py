"""`prompteval serve`: prompts over HTTP."""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import conclude, verb
from prompteval.cli.shared import within

EPILOG = """\
\b
Examples:
  prompteval serve route_ticket@production --log predictions.jsonl
  prompteval serve --workers 2 --log sqlite:predictions.db --keep 30d
  prompteval serve --host 0.0.0.0 --allow-host prompts.example.com --token-env SERVE_TOKEN

POST /v1/prompts/route_ticket with the inputs as JSON; /openapi.json describes every prompt that is served.
SIGHUP reads prompts.lock again, SIGTERM ends after what runs. Events are JSON on standard error.
"""


T = TypeVar("T")


class LogInputs(StrEnum):
    """What of the inputs is logged."""

    full = "full"
    redacted = "redacted"
    features = "features"


def register(app: typer.Typer) -> None:
    app.command("serve", epilog=EPILOG)(verb(serve))


def _size(text: str) -> int:
    from prompteval.core.quantities import read_bytes

    return _read(read_bytes, text)


def _seconds(text: str) -> float:
    from prompteval.core.quantities import read_seconds

    return _read(read_seconds, text)


def _read(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


References = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[REF]...",
        help="name, name@v2 or name@production. [default: every published version and alias]",
        autocompletion=completion.prompts,
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--model", help="Model or profile. [default: the prompt's, else default_model]"),
]
Host = Annotated[str, typer.Option("--host", help="Address to listen at.")]
Port = Annotated[int, typer.Option("--port", help="Port; 0 takes a free one.", callback=within("port"))]
Workers = Annotated[int, typer.Option("--workers", help="Processes.", callback=within("workers"))]
Log = Annotated[str, typer.Option("--log", help="Prediction log: FILE, sqlite:FILE, postgres, otlp or none.")]
LoggedInputs = Annotated[LogInputs, typer.Option("--log-inputs", help="What of the inputs is logged.")]
Keep = Annotated[
    float | None,
    typer.Option(
        "--keep", metavar="TIME", parser=_seconds, help="Remove log lines older than this: 30d, 12h."
    ),
]
MaxBody = Annotated[
    int, typer.Option("--max-body", metavar="SIZE", parser=_size, help="Largest body of a request.")
]
Timeout = Annotated[
    float, typer.Option("--timeout", help="Seconds for a whole call.", callback=within("timeout_s"))
]
Concurrency = Annotated[
    int,
    typer.Option(
        "-j",
        "--concurrency",
        help="Model calls at a time in each worker; more get 429.",
        callback=within("concurrency"),
    ),
]
Filters = Annotated[
    list[str] | None,
    typer.Option("--filter", help="Content filter python:module:function; repeat for several."),
]
Unpublished = Annotated[
    bool, typer.Option("--unpublished", help="Serve versions that are not in prompts.lock.")
]
TokenEnv = Annotated[
    str | None, typer.Option("--token-env", help="Variable with the bearer tokens, separated by spaces.")
]
AllowHosts = Annotated[
    list[str] | None,
    typer.Option("--allow-host", help="Host name that requests may use; repeat for several."),
]
AccessLog = Annotated[bool, typer.Option("--access-log", help="Print an event for each request.")]


def serve(  # noqa: PLR0913 - the options of a verb
    references: References = None,
    model: Model = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Workers = 1,
    log: Log = "none",
    log_inputs: LoggedInputs = LogInputs.redacted,
    keep: Keep = None,
    max_body: MaxBody = "1MB",  # type: ignore[assignment]
    timeout: Timeout = 30.0,
    concurrency: Concurrency = 64,
    filters: Filters = None,
    unpublished: Unpublished = False,
    token_env: TokenEnv = None,
    allow_hosts: AllowHosts = None,
    access_log: AccessLog = False,
) -> int:
    """Answer for prompts over HTTP: validated, limited, logged and measured."""
    from prompteval.cli.paths import check_place
    from prompteval.core.errors import UsageError
    from prompteval.core.ranges import RANGES
    from prompteval.serve.options import ServeOptions
    from prompteval.serve.serve import serve as start
    from prompteval.workspace.settings import find_workspace
    from prompteval.workspace.store_place import refuse_misnamed

    for name, option, value in (("max_body", "--max-body", max_body), ("keep_s", "--keep", keep)):
        if value is not None and not RANGES[name].holds(value):
            raise UsageError(RANGES[name].fault(option, value))
    refuse_misnamed(log, Path(), "--log")
    if log not in ("none", "postgres", "otlp", "sqlite:"):
        check_place("--log", Path(log.removeprefix("sqlite:")))
    options = ServeOptions(
        references=tuple(references or ()), model=model, host=host, port=port, workers=workers,
        log=None if log == "none" else log, log_inputs=log_inputs.value, keep_s=keep, max_body=max_body,
        timeout_s=timeout, concurrency=concurrency, filters=tuple(filters or ()), unpublished=unpublished,
        token_env=token_env, allow_hosts=tuple(allow_hosts or ()), access_log=access_log,
    )  # fmt: skip
    return start(find_workspace(Path.cwd()), options, _event, _listening, _child)


def _listening(address: str) -> None:
    printer.line(f"listening at {address}")
    printer.flush()


def _event(name: str, fields: Mapping[str, object]) -> None:
    """One structured line on standard error."""
    from time import time

    from prompteval.core.prediction import written_time

    printer.stderr_line(json.dumps({"time": written_time(time()), "event": name, **fields}))
    printer.flush()


def _child(work: Callable[[], int]) -> int:
    """Run a worker in this process, which is its own; what it raises is reported as for a verb."""
    return conclude(work)
