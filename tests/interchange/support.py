"""A file imported, checked and run by the command line."""

import json
from pathlib import Path
from typing import Any

from tests.forks import Done, shared


def imported(root: Path, format: str, file: str, code: int) -> Done:
    done = shared().run(root, "import", format, file, "-o", "made", env={"NO_COLOR": "1"})
    assert done.code == code, (done.stdout, done.stderr)
    checked = shared().run(root / "made", "check", env={"NO_COLOR": "1"})
    assert checked.code == 0, (checked.stdout, checked.stderr)
    return done


def ran(root: Path, *arguments: str) -> dict[str, Any]:
    done = shared().run(root / "made", "run", "--json", "-q", *arguments, env={"NO_COLOR": "1"})
    assert done.code == 0, (done.stdout[-2000:], done.stderr)
    result: dict[str, Any] = json.loads(done.stdout)["results"][0]
    return result


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
