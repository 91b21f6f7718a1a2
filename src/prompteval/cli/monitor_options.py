"""Options that the verbs of `monitor` share, and what they mean."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import completion
from prompteval.cli.shared import within

if TYPE_CHECKING:
    from prompteval.monitor.check import Window
    from prompteval.monitor.config import MonitorConfig

CONFIG_NAME = "monitor.yaml"
Log = Annotated[
    str,
    typer.Argument(help="A prediction log: a file, a quoted pattern of files, `sqlite:FILE`, or `postgres`."),
]
Reference = Annotated[
    str | None,
    typer.Option(
        "--reference",
        help="What to compare with: a run, `baseline`, or an earlier log.",
        autocompletion=completion.runs,
    ),
]
WindowText = Annotated[
    str | None,
    typer.Option(
        "--window", help="Only the time before the newest row: 30m, 24h, 7d. [default: the whole log]"
    ),
]
Last = Annotated[
    int | None, typer.Option("--last", help="Only the last N rows.", callback=within("last_rows"))
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", help="The monitor file. [default: monitor.yaml of this directory, if there is one]"
    ),
]
Prompt = Annotated[
    str | None, typer.Option("--prompt", help="Only rows of this prompt. [default: as the monitor file says]")
]
Suite = Annotated[
    str | None,
    typer.Option("--suite", help="The suite of the reference.", autocompletion=completion.suites),
]


def window_asked(text: str | None, last: int | None) -> "Window":
    """The window of a command line. Raises UsageError for both options at once and for a wrong duration."""
    from prompteval.core.errors import UsageError
    from prompteval.monitor.check import Window

    if text is not None and last is not None:
        raise UsageError("--window and --last exclude each other", "remove one")
    return Window(None if text is None else seconds_of("--window", text), last)


def seconds_of(option: str, text: str) -> float:
    """A duration such as 30m, 24h or 7d, in seconds. Raises UsageError."""
    from prompteval.core.errors import UsageError

    match = re.fullmatch(r"(\d{1,6})(s|m|h|d)", text.strip())
    if match is None or int(match[1]) == 0:
        raise UsageError(f"{option} must be a duration such as 30m, 24h or 7d, not {text!r}")
    return float(int(match[1]) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[match[2]])


def config_of(path: Path | None, prompt: str | None, suite: str | None) -> "MonitorConfig":
    """The monitor file that is named, or the one at hand, or the default signals; with what the line adds."""
    from dataclasses import replace

    from prompteval.monitor.config import default_config, load_config

    if path is None and Path(CONFIG_NAME).is_file():
        path = Path(CONFIG_NAME)
    found = default_config() if path is None else load_config(path)
    changes = {key: value for key, value in (("prompt", prompt), ("suite", suite)) if value is not None}
    return replace(found, file=found.file.model_copy(update=changes))
