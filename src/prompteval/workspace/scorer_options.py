"""The options of a scorer as a suite writes them: a model for each kind, every mistake at its place."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Collector
from prompteval.core.ranges import RANGES
from prompteval.workspace.field_types import Ranged, Text
from prompteval.workspace.suite import ScorerSpec
from prompteval.workspace.validation import FileModel, Location, last_part, problem, validate

Turn = Literal["last", "all"] | int
TURN = "turn"


def turn_of(options: Mapping[str, object]) -> Turn:
    """The turns of a conversation that a scorer's entry scores. Raises ValueError for anything else."""
    value = options.get(TURN, "last")
    if value in ("last", "all") and isinstance(value, str):
        return "last" if value == "last" else "all"
    if isinstance(value, int) and RANGES[TURN].holds(value):
        return value
    raise ValueError(f"turn must be last, all or a whole number from 1 to 1,000, not {value!r:.60}")


def _turn(value: object) -> Turn:
    try:
        return turn_of({TURN: value})
    except ValueError as error:
        raise problem(str(error)) from None


WrittenTurn = Annotated[
    Turn, PlainValidator(_turn, json_schema_input_type=Literal["last", "all"] | Annotated[int, Ranged(TURN)])
]


class ScorerOptions(FileModel):
    """What every scorer takes."""

    code = "PE223"
    # Where a scorer passes by itself, what `threshold:` is answered with.
    passes_at: ClassVar[str] = ""

    name: Text = Field("", description="The name of the score. [default: the kind]")
    turn: WrittenTurn = Field(
        "last",
        description="Which turns of a conversation are scored: the last, all, or the one of this number.",
    )

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        if cls.passes_at and "threshold" in raw:
            message = f"threshold is for graded scorers; this one passes {cls.passes_at}"
            return {("threshold",): problem(message, "remove it", at_key=True)}
        return {}


class WithOptions:
    """A scorer's class that says in a model which options it takes. A subclass names a model of its own."""

    options: ClassVar[type[ScorerOptions]]


def declared_options(made: object) -> type[ScorerOptions] | None:
    """The model of a scorer's class; None for a function, and for a class that declares none itself."""
    if isinstance(made, type) and issubclass(made, WithOptions) and "options" in vars(made):
        return made.options
    return None


def check_options(spec: ScorerSpec, model: type[ScorerOptions]) -> None:
    """Raise InvalidInput with everything that is wrong with the options of a suite's entry."""
    problems = Collector(spec.path)

    def part_of(place: Location) -> str:
        return last_part(place) if place else f" in {spec.kind}"

    if validate(model, spec.options, problems, spec.place_of, part_of=part_of) is None:
        raise InvalidInput(problems.found)
