"""Cases that a file of recorded outputs has no row for: each would be an error of the run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from prompteval.core.case import Case
from prompteval.core.problem import Problem, nearest
from prompteval.core.text import counted
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.outputs import OutputsPlan
from prompteval.workspace.suite import Suite

# Among more ids no similar one is looked for.
_NEAR_OF = 1_000


@dataclass
class _Seen:
    """The ids of a file's rows that no case had so far, and the cases without a row."""

    plan: OutputsPlan
    unused: set[str]
    missing: int = 0
    first: str = ""


@dataclass
class Unrecorded:
    """Looks at the cases one by one, then says what is missing."""

    _files: list[_Seen] = field(default_factory=list)
    _cases: int = 0

    @classmethod
    def of(cls, targets: Sequence[TargetPlan]) -> "Unrecorded":
        """For the targets that are recorded outputs."""
        plans = [target for target in targets if isinstance(target, OutputsPlan)]
        return cls([_Seen(plan, {name for name, _ in plan.recorded}) for plan in plans])

    def look(self, case: Case) -> None:
        """One of the cases that the suite runs."""
        self._cases += 1
        for seen in self._files:
            if (case.id, 0) in seen.plan.recorded or case.id in seen.unused:
                seen.unused.discard(case.id)
                continue
            seen.first = seen.first or case.id
            seen.missing += 1

    def problems(self, suite: Suite) -> Iterator[Problem]:
        """A warning for each file with cases that it has no output for, at the line that names it."""
        for seen in self._files:
            if not seen.missing:
                continue
            of = f"{seen.missing:,} of {counted(self._cases, 'case')}"
            message = f"{seen.plan.path} has no output for {of}, such as {seen.first!r}"
            help = "record the rest, or name the cases that were: without an output a case is an error"
            if seen.unused:
                help = f"{counted(len(seen.unused), 'id')} of its rows no case has, such as {_like(seen)!r}"
            yield Problem(suite.path, suite.target.line, 1, "PE341", message, help, "warning")


def _like(seen: _Seen) -> str:
    """The unused id that is most like the case without a row, else the first."""
    near = nearest(seen.first, seen.unused) if len(seen.unused) <= _NEAR_OF else None
    return near or min(seen.unused)
