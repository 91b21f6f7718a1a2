"""Notebooks: the code of their cells as a module; PA111 prompts, PA112 outputs left there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from prompteval.audit.findings import Finding
from prompteval.core.problem import Problem
from prompteval.core.strict_json import loads
from prompteval.core.text import counted, lines_of

# Of one notebook; of more, the first.
MOST_CELLS = 5_000


@dataclass(frozen=True, slots=True)
class Notebook:
    """The code of all cells, the line of the file for each of its lines, and the cells that have outputs."""

    code: str
    lines: tuple[int, ...]
    with_outputs: int

    def line(self, number: int) -> int:
        """The line of the file that has a line of the code; 0 where it was not found."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else 0


def read_notebook(text: str) -> Notebook:
    """Read a notebook. Raises ValueError for what is not one."""
    document = loads(text)
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list):
        raise ValueError("no list of cells")
    file_lines = [line.strip().rstrip(",") for line in lines_of(text)]
    code: list[str] = []
    lines: list[int] = []
    outputs = at = 0
    for cell in cells[:MOST_CELLS]:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        outputs += bool(cell.get("outputs"))
        for line in _source(cell.get("source")):
            at, place = _place(line, file_lines, at)
            code.append(_plain(line.rstrip("\n")))
            lines.append(place)
    return Notebook("\n".join(code) + "\n", tuple(lines), outputs)


def moved(finding: Finding, notebook: Notebook) -> Finding:
    """A finding in the code of cells at its line of the file; a prompt there has a code of its own."""
    problem = finding.problem
    code = "PA111" if problem.code == "PA101" else problem.code
    message = problem.message.replace("prompt in code:", "prompt in a notebook:")
    line = notebook.line(problem.line)
    new = Problem(problem.path, line, 1 if line else 0, code, message, problem.help, problem.severity)
    return Finding(new, notebook.line(finding.last_line), finding.subject)


def output_findings(path: str, notebook: Notebook) -> Iterator[Finding]:
    """A notebook that asks a model, and is kept with what was answered."""
    if notebook.with_outputs:
        cells = counted(notebook.with_outputs, "cell")
        message = f"outputs of {cells} are left in a notebook that calls a model"
        help = "clear them before committing: they hold answers, and what was asked"
        yield Finding(Problem(path, 0, 0, "PA112", message, help, "warning"), 0, "outputs")


def _source(source: object) -> list[str]:
    if isinstance(source, str):
        return lines_of(source)
    return [line for line in source if isinstance(line, str)] if isinstance(source, list) else []


def _plain(line: str) -> str:
    """Commands of the notebook are no Python; the line stays as one that does nothing."""
    stripped = line.lstrip()
    if stripped.startswith(("%", "!", "?")) or stripped.endswith("?"):
        return f"{line[: len(line) - len(stripped)]}pass"
    return line.replace("\n", " ")


def _place(line: str, file_lines: list[str], at: int) -> tuple[int, int]:
    """(where to look for the next line, the line of the file that has this one; 0 for none)."""
    forms = {json.dumps(line), json.dumps(line, ensure_ascii=False)}
    for number in range(at, min(len(file_lines), at + 5_000)):
        if file_lines[number] in forms:
            return number + 1, number + 1
    return at, 0
