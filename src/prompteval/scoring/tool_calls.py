"""The calls of tools that a system made, compared with those that the case expects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainValidator

from prompteval._version import __version__
from prompteval.core.case import Case
from prompteval.core.errors import PromptevalError
from prompteval.core.fingerprint import fingerprint
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import Scorer
from prompteval.core.trace import ToolCall
from prompteval.isolate.pattern_search import search
from prompteval.metrics.tool_calls.alignment import (
    Alignment,
    Assign,
    Rule,
    align,
    out_of_order,
)
from prompteval.metrics.tool_calls.matching import CallRules, WantedCall, wanted_calls
from prompteval.metrics.tool_calls.schemas import ToolSchema, read_tools
from prompteval.metrics.tool_calls.values import ValueRules
from prompteval.metrics.tool_calls.wording import fault
from prompteval.scoring.base import NOTHING_THERE, pick
from prompteval.workspace.field_types import Text
from prompteval.workspace.scorer_options import ScorerOptions, WithOptions
from prompteval.workspace.validation import problem

# What the evidence holds for the metrics of the same names.
NAME_SHARE, ARGUMENT_SHARE = "tool_calls.name", "tool_calls.arguments"
Strings = Literal["exact", "loose"]


def _schemas(value: object) -> object:
    """A path into the case, or definitions that can be read."""
    if isinstance(value, str):
        if value.split(".")[0] not in ("inputs", "expected"):
            raise problem(f"{{name}} must be a path into the case, such as inputs.tools, not {value!r:.60}")
        return value
    try:
        read_tools(value)
    except ValueError as error:
        raise problem(str(error)) from None
    return value


class ToolCallOptions(ScorerOptions):
    """Of `tool_calls`."""

    passes_at = "where the calls are right"

    match: Rule = Field(
        "exact",
        description="Which calls are right: the same in order (exact) or in any_order, with others "
        "(contains), or none that is not expected (within).",
    )
    strings: Strings = Field(
        "exact",
        description="How texts are compared: exact, or loose, without case, spaces and , . / - _ * ^.",
    )
    assign: Assign = Field(
        "best",
        description="Which call goes with which: the best for all, or for each the first left that is right.",
    )
    ignore: list[Text] = Field([], description="Names of arguments that are not compared.")
    schemas: Annotated[Any, PlainValidator(_schemas, json_schema_input_type=Text | list[dict[str, Any]])] = (
        Field(
            "",
            description="The tools' definitions, or a dotted path to them in a case. "
            "[default: those of the prompt]",
            examples=["inputs.tools"],
        )
    )


@dataclass(frozen=True)
class ToolCalls(Scorer, WithOptions):
    """1 where the calls of tools are those that the case expects.

    `match`: `exact` (the same calls in order, those of one step in any), `any_order`, `contains` (all that
    are expected, others allowed) or `within` (none that is not expected). `strings: loose` compares texts
    without case, spaces and `, . / - _ * ^`, as BFCL does. Arguments in `ignore` are not compared. `assign`
    says which call goes with which where several are right: the best for all, or `first`, the first that is
    left for each expected call in turn, as BFCL does. `schemas` are the tools' definitions, or a dotted path
    to them in the case, such as `inputs.tools`: arguments then have the documented types, required ones are
    there, unknown ones are wrong.

    A case without `tool_calls` is skipped; a system that does not say which calls it made is a failed score.

    Example: `{tool_calls: {match: any_order, strings: loose}}`
    """

    options = ToolCallOptions
    reports: ClassVar[tuple[str, ...]] = (NAME_SHARE, ARGUMENT_SHARE)
    pace = "short"

    name: str = ""
    match: Rule = "exact"
    strings: Strings = "exact"
    assign: Assign = "best"
    ignore: Sequence[str] = ()
    schemas: str | Sequence[Mapping[str, Any]] = ""

    @cached_property
    def version(self) -> str:  # type: ignore[override]
        """With the tools' definitions, which the suite need not write itself."""
        if isinstance(self.schemas, str):
            return __version__
        return f"{__version__}:{fingerprint([dict(one) for one in self.schemas])}"

    @cached_property
    def _path(self) -> tuple[str, ...]:
        return tuple(self.schemas.split(".")) if self.schemas and isinstance(self.schemas, str) else ()

    @cached_property
    def _tools(self) -> Mapping[str, ToolSchema]:
        """The tools that the suite defines itself."""
        return {} if isinstance(self.schemas, str) else read_tools(self.schemas)

    def score(self, case: Case, observation: Observation) -> Score:
        """1 or 0 with the first fault as the reason; skipped where the case expects no calls of any kind."""
        if case.tool_calls is None:
            return Score(self.name, None, status="skipped", reason="the case has no tool_calls")
        if observation.outcome != "ok":
            return self._scored(False, f"the output is {observation.outcome}", Fraction(0), Fraction(0))
        made = None if observation.trace is None else observation.trace.tool_calls
        if made is None:
            reason = "the result does not say which tools were called: it has neither tool_calls nor messages"
            return Score(self.name, None, status="failed", reason=reason)
        try:
            return self._compared(wanted_calls(case.tool_calls), made, self._rules(case))
        except (PromptevalError, ValueError) as error:
            return Score(self.name, None, status="failed", reason=str(error))

    def wrong_case(self, case: Case) -> str:
        """What a case lacks of the tools' definitions; empty where nothing is."""
        try:
            self._rules(case)
        except ValueError as error:
            return "" if case.tool_calls is None else str(error)
        return ""

    def _compared(self, wanted: Sequence[WantedCall], made: Sequence[ToolCall], rules: CallRules) -> Score:
        found = align(wanted, made, rules, self.assign)
        broken_at = out_of_order(wanted, made, rules) if self.match == "exact" else None
        right = broken_at is None if self.match == "exact" else found.holds(self.match)
        reason = "" if right else fault(self.match, found, wanted, made, broken_at)
        shares = found.name_share(self.match), found.argument_share(self.match)
        return self._scored(right, reason, *shares, found)

    def _scored(
        self, right: bool, reason: str, names: Fraction, arguments: Fraction, found: Alignment | None = None
    ) -> Score:
        evidence: dict[str, object] = {NAME_SHARE: float(names), ARGUMENT_SHARE: float(arguments)}
        if found is not None:
            fitting = sum(pair.match.fits for pair in found.pairs)
            evidence |= {
                "calls_expected": len(found.pairs) + len(found.missing),
                "calls_made": len(found.pairs) + len(found.extra),
                "names_matched": len(found.pairs),
                "calls_matched": fitting,
            }
        return Score(self.name, float(right), reason=reason, evidence=evidence, passed=right)

    def _rules(self, case: Case) -> CallRules:
        """How the calls of a case are compared. Raises ValueError for definitions that are none."""
        tools = self._tools
        if self._path:
            given = pick({"inputs": case.inputs, "expected": case.expected}, self._path)
            if given is NOTHING_THERE:
                raise ValueError(f"the case has no {self.schemas}, which `schemas` names")
            tools = read_tools(given)
        values = ValueRules(_is_found, loose=self.strings == "loose")
        return CallRules(values, frozenset(self.ignore), tools)


def _is_found(pattern: str, text: str) -> bool:
    return search(pattern, text) is not None
