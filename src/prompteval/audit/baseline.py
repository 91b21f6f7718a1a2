"""A baseline of an audit: findings that are known, so that only new ones are reported."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from prompteval.audit.findings import Finding
from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.core.strict_json import loads
from prompteval.workspace.safe_paths import bounds_of
from prompteval.workspace.writing import write_whole

FORMAT = "prompteval/audit-baseline@1"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    code: str
    path: str
    count: int


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    schema_: str
    findings: list[_Entry]


def read_baseline(path: Path) -> Counter[str]:
    """How often each finding is known. Raises InvalidInput for a file that is not a baseline."""
    try:
        document = loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict) or document.get("schema") != FORMAT:
            raise ValueError(f"its schema is not {FORMAT!r}")
        read = _File.model_validate({"schema_": FORMAT, "findings": document.get("findings")})
    except (ValueError, ValidationError) as error:
        first = str(error).splitlines()[0]
        help = "write it again with --update-baseline"
        problem = Problem(str(path), 1, 1, "PA121", f"not a baseline of an audit: {first}", help)
        raise InvalidInput([problem]) from None
    return Counter({entry.id: entry.count for entry in read.findings})


def write_baseline(path: Path, findings: Sequence[Finding], root: Path) -> None:
    """Every finding as known; sorted, so that a change of one line is a change of one line."""
    counts = Counter(finding.known_by for finding in findings)
    named = {finding.known_by: finding.problem for finding in findings}
    rows = [
        {"id": key, "code": problem.code, "path": problem.path, "count": counts[key]}
        for key, problem in sorted(named.items(), key=lambda item: (item[1].path, item[1].code, item[0]))
    ]
    text = json.dumps({"schema": FORMAT, "findings": rows}, indent=1) + "\n"
    place = path.absolute()
    write_whole(place, [text.encode("ascii")], within=bounds_of(root, place))


def new_findings(findings: Iterable[Finding], known: Counter[str]) -> list[Finding]:
    """Those that are not in a baseline, or are there more often than it knows."""
    left = Counter(known)
    found = []
    for finding in findings:
        if left[finding.known_by] > 0:
            left[finding.known_by] -= 1
        else:
            found.append(finding)
    return found
