"""The versions that a gate names to be beaten, looked up: an alias becomes the version it points at."""

from collections.abc import Sequence
from dataclasses import replace

from prompteval.core.errors import UsageError
from prompteval.plan.gates import Beats, PlannedRule
from prompteval.plan.problems import Problems
from prompteval.plan.prompt_references import find_reference, load_reference, parse_reference
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import Tree


def with_versions(
    workspace: Workspace, tree: Tree, path: str, gates: Sequence[PlannedRule], problems: Problems
) -> tuple[PlannedRule, ...]:
    """A suite's gate with the version of each reference to a prompt; a wrong one is noted at its line."""
    found = []
    for gate in gates:
        rule = gate.rule
        if isinstance(rule, Beats) and "@" in rule.reference:
            version = problems.catch(path, gate.place, "PE227", _version, workspace, tree, rule.reference)
            gate = replace(gate, rule=replace(rule, version=version or ""))
        found.append(gate)
    return tuple(found)


def _version(workspace: Workspace, tree: Tree, text: str) -> str:
    """`route@v2` of a reference. An alias of a version that changed since it was published is refused."""
    reference = parse_reference(text)
    if reference.commit:
        message = f"beats: {text} is at another commit"
        raise UsageError(message, f"name a version, or run `prompteval compare {text}`")
    if reference.alias and workspace.imports:
        return load_reference(tree, reference).reference
    return find_reference(tree, reference).reference
