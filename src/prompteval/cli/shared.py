"""Options that several verbs take, with one meaning."""

from enum import StrEnum
from typing import Annotated

import typer


class Doubt(StrEnum):
    """What an inconclusive verdict does to the exit code."""

    warn = "warn"
    fail = "fail"


Inconclusive = Annotated[Doubt, typer.Option("--inconclusive", help="Whether doubt fails (exit 4).")]
Concurrency = Annotated[int, typer.Option("-j", "--concurrency", min=1, max=10_000, help="Cases at a time.")]
Offline = Annotated[bool, typer.Option("--offline", help="Refuse every network connection of this process.")]
