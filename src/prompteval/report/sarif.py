"""Problems as SARIF 2.1.0, for code scanning. https://docs.oasis-open.org/sarif/sarif/v2.1.0/"""

import json
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

from prompteval._version import __version__
from prompteval.core.problem import Problem
from prompteval.core.text import percent_encoded, printable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(found: Sequence[Problem]) -> Iterator[str]:
    """One run with a result for each problem; a workspace without problems has no results."""
    codes = sorted({problem.code for problem in found})
    driver = {"name": "prompteval", "version": __version__, "rules": [{"id": code} for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, codes.index(problem.code)) for problem in found],
    }
    yield json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    text = printable(problem.message + (f" ({problem.help})" if problem.help else ""))
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": text.replace("](", "]\u200b(")},  # else a link, to wherever it says
        "locations": [{"physicalLocation": _place(problem)}],
    }


def _place(problem: Problem) -> dict[str, object]:
    """A path from the workspace's root stays relative; line 0, the file as a whole, has no region."""
    path = PurePath(problem.path)
    uri = path.as_uri() if path.is_absolute() else percent_encoded(path.as_posix(), keep="/")
    place: dict[str, object] = {"artifactLocation": {"uri": uri}}
    if problem.line:
        place["region"] = {"startLine": problem.line, "startColumn": max(problem.col, 1)}
    return place
