"""GitHub workflow commands: annotations for problems and failed gates."""

from collections.abc import Iterable, Iterator

from prompteval.core.problem import Problem
from prompteval.core.text import inert
from prompteval.core.verdict import Verdict
from prompteval.report.view import RunView


def problems(found: Iterable[Problem]) -> Iterator[str]:
    """One annotation a problem, at its file and line."""
    for problem in found:
        text = f"{problem.code} {problem.message}" + (f" ({problem.help})" if problem.help else "")
        place = f"file={_property(problem.path)},line={max(problem.line, 1)},col={max(problem.col, 1)}"
        yield f"::{problem.severity} {place}::{_data(text)}\n"


def gates(view: RunView) -> Iterator[str]:
    """One annotation for each gate that did not pass."""
    for result in view.results:
        for gate in result.gates:
            if gate.verdict is not Verdict.PASS:
                level = "warning" if gate.verdict is Verdict.INCONCLUSIVE else "error"
                title = _property(f"{result.suite}: {gate.rule}")
                yield f"::{level} title={title}::{_data(gate.detail)}\n"


def _data(text: str) -> str:
    return inert(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
