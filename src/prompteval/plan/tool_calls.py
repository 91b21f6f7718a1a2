"""What a scorer of tool calls needs of the targets: calls that they report, and the tools they may call."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from prompteval.core.problem import Problem
from prompteval.plan.case_scan import prompt_of
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.outputs import CALLS, OutputsPlan
from prompteval.workspace.suite import ScorerSpec, Suite

SCORER = "tool_calls"


def with_tools(spec: ScorerSpec, targets: Sequence[TargetPlan]) -> ScorerSpec:
    """The entry of a scorer of tool calls with the definitions of the prompts' tools, unless it names some.

    A tool that two prompts define differently is left out, which `call_problems` says.
    """
    if spec.kind != SCORER or "schemas" in spec.options:
        return spec
    known = [found[0] for found in _definitions(targets).values() if len(found) == 1]
    return replace(spec, options={**spec.options, "schemas": known}) if known else spec


def call_problems(suite: Suite, targets: Sequence[TargetPlan]) -> Iterator[Problem]:
    """At the place of each such scorer: no calls to read; as a warning, tools that differ between prompts."""
    scorers = [spec for spec in suite.scorers if spec.kind == SCORER]
    fault, help = _fault(suite, targets)
    for spec in scorers:
        if fault:
            yield Problem(suite.path, spec.line, spec.col, "PE277", f"{spec.name} reads {fault}", help)
        if "schemas" in spec.options:
            continue
        for name, found in _definitions(targets).items():
            if len(found) > 1:
                message = (
                    f"the prompts define tool {name!r} differently; {spec.name} compares its calls untyped"
                )
                help = "run the prompts apart, or give the scorer `schemas:`"
                yield Problem(suite.path, spec.line, spec.col, "PE279", message, help, "warning")


def _definitions(targets: Sequence[TargetPlan]) -> Mapping[str, list[dict[str, Any]]]:
    """The different definitions of each tool of the prompts, by its name."""
    prompts = [prompt for target in targets if (prompt := prompt_of(target)) is not None]
    found: dict[str, list[dict[str, object]]] = {}
    for tool in (tool for prompt in prompts for tool in prompt.known_tools.values()):
        given = found.setdefault(tool.name, [])
        if tool.content not in given:
            given.append(tool.content)
    return found


def _fault(suite: Suite, targets: Sequence[TargetPlan]) -> tuple[str, str]:
    """(what is not there to read, the fix); empty where all targets report their calls."""
    wanted = " or ".join(f"'{key}'" for key in sorted(CALLS, reverse=True))
    for target in targets:
        if isinstance(target, OutputsPlan) and not target.carried & CALLS:
            return f"{wanted}, and no row of {target.path} has it", "add the key, or use `map:`"
        prompt = prompt_of(target)
        if prompt is not None and not prompt.tools:
            return f"calls of tools, and {target.reference} has no tools", "write `tools=[...]` in the prompt"
    if suite.target.kind == "endpoint" and not (suite.result or suite.map):
        fault = "results, and the answers of the endpoint are bare outputs"
        return fault, "add `result: true`, or `map:` for another shape"
    if suite.target.kind != "outputs" and suite.map and suite.map.keys().isdisjoint((*CALLS, "turns")):
        return (
            f"{wanted}, and `map:` does not give it",
            f"add `{next(iter(sorted(CALLS, reverse=True)))}: ...` to the map",
        )
    return "", ""
