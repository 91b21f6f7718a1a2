"""Options that several verbs take, with one meaning."""

from enum import StrEnum
from typing import Annotated

import typer


class Doubt(StrEnum):
    """What an inconclusive verdict does to the exit code."""

    warn = "warn"
    fail = "fail"


Inconclusive = Annotated[Doubt, typer.Option("--inconclusive", help="Whether doubt fails (exit 4).")]
