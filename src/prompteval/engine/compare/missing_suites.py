"""Suites that A has and B has not: a suite that is gone passes no comparison unless it is named."""

from collections.abc import Collection, Iterable, Sequence

from prompteval.analysis.comparison.options import CompareOptions
from prompteval.analysis.entries import name_of
from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.stored import StoredEntry
from prompteval.engine.compare.live import LivePlans
from prompteval.engine.compare.sides import Side
from prompteval.plan.prompt_references import parse_reference
from prompteval.workspace.discovery import suite_files, suite_name
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import GitTree


def suites_of(
    workspace: Workspace,
    side: Side,
    other: Side,
    live: LivePlans | None,
    entries: Sequence[StoredEntry],
    options: CompareOptions,
) -> frozenset[str]:
    """The suites that a side has, of those that are compared.

    A commit has those of its tree, whether or not they are here too. Where either side is a version of a
    prompt, only the suites that run this prompt count.
    """
    chosen = {suite_name(path) for path in options.suites}
    names: Iterable[str]
    if live is None:
        prompt = parse_reference(other.value).name if other.kind == "prompt" else None
        names = (entry.suite for entry in entries if prompt in (None, name_of(entry)))
    else:
        names = live.plans
        if side.kind == "git" and other.kind != "prompt":
            committed = map(suite_name, suite_files(GitTree(workspace.root, side.value)))
            names = {*names, *committed} - {*live.absent}
    return frozenset(name for name in names if not chosen or name in chosen)


def missing_suites(a: Collection[str], b: Collection[str], removed: Sequence[str]) -> tuple[str, ...]:
    """The suites of A that B lacks and that nobody says are gone on purpose.

    Raises UsageError for a suite that `removed` names and B still has, or A never had.
    """
    gone = sorted(set(a) - set(b))
    for name in removed:
        if name in b:
            raise UsageError(f"--removed {name}: B still has this suite", "leave the option out")
        if name not in a:
            raise UsageError(f"--removed {name}: A has no such suite", did_you_mean(name, gone))
    return tuple(name for name in gone if name not in removed)


def refuse_unknown(a: Collection[str], b: Collection[str], options: CompareOptions) -> None:
    """Raise UsageError for a suite of `--suite` that neither side has: it would be left out silently."""
    for path in options.suites:
        name = suite_name(path)
        if name not in a and name not in b:
            raise UsageError(f"--suite {path}: neither side has this suite", did_you_mean(name, {*a, *b}))
