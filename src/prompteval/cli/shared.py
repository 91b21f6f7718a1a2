"""Options that several verbs take, with one meaning."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import typer

from prompteval.cli import completion
from prompteval.core.ranges import RANGES


class ClusterEngine(StrEnum):
    """The distributed engines that can be joined."""

    ray = "ray"


RunName = Annotated[
    str,
    typer.Argument(
        help="A run id, its first characters, `last`, or baseline:NAME.", autocompletion=completion.runs
    ),
]
ClusterOption = Annotated[
    ClusterEngine | None,
    typer.Option("--cluster", help="Run in parts on the Ray cluster at RAY_ADDRESS, and join them."),
]


class InconclusiveAction(StrEnum):
    """What an inconclusive verdict does to the exit code."""

    warn = "warn"
    fail = "fail"


def within(name: str) -> Callable[[typer.Context, Any], Any]:
    """A callback that refuses a number, or one of several, outside of the range that `name` has."""

    def check(context: typer.Context, value: object) -> object:
        if not context.resilient_parsing:
            for number in value if isinstance(value, list) else [value]:
                if number is not None and not RANGES[name].holds(number):
                    raise typer.BadParameter(RANGES[name].fault("it", number))
        return value

    return check


Inconclusive = Annotated[
    InconclusiveAction, typer.Option("--inconclusive", help="Whether an inconclusive result fails (exit 4).")
]
Concurrency = Annotated[
    int, typer.Option("-j", "--concurrency", help="Maximum concurrent cases.", callback=within("concurrency"))
]
Offline = Annotated[bool, typer.Option("--offline", help="Refuse every network connection of this process.")]
