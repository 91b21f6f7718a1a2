"""Gathers what the steps left: the outputs of the action, and the text of the comment.

Reads REPORTS (a folder), CODES (exit codes, blank-separated) and FORK; writes comment.md there
and the action's outputs to GITHUB_OUTPUT.
"""

import json
import os
import secrets
import sys
from pathlib import Path

# When several apply, the first decides.
PRECEDENCE = (70, 130, 2, 5, 3, 1, 4)
MEANING = {
    0: "pass",
    1: "a gate failed, or a regression",
    2: "usage, settings or validation error",
    3: "incomplete",
    4: "inconclusive",
    5: "nothing was selected",
    70: "prompteval crashed",
    130: "interrupted",
}
# GitHub takes 65,536 characters a comment.
LONGEST = 60_000


def main() -> None:
    reports = Path(os.environ["REPORTS"])
    codes = {int(code) for code in os.environ["CODES"].split()}
    found = next((code for code in PRECEDENCE if code in codes), max(codes, default=2))
    # Without secrets a fork's models cannot be called: that is said, and is not the author's fault.
    excused = found == 3 and os.environ.get("FORK") == "true"
    run, compared = _read(reports / "run.json"), _read(reports / "compare.json")
    _output("exit-code", "0" if excused else str(found))
    _output("verdict", run.get("verdict", ""))
    _output("run-id", run.get("run_id", ""))
    _output("comparison", compared.get("verdict", ""))
    _output("reports", str(reports))
    head = f"**prompteval: {MEANING.get(found, 'failed')}** (exit {found})"
    if run:
        head += f", run `{run['run_id']}`"
    (reports / "comment.md").write_text(_comment(reports, head, excused), encoding="utf-8")
    sys.stdout.write(f"prompteval: {MEANING.get(found, 'failed')} (exit {found})\n")


def _read(path: Path) -> dict[str, str]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _output(name: str, value: str) -> None:
    """One output; a delimiter that nobody can guess keeps a value from ending early."""
    mark = secrets.token_hex(16)
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.write(f"{name}<<{mark}\n{value}\n{mark}\n")


def _comment(reports: Path, head: str, excused: bool) -> str:
    """The comparison first, then the run; what does not fit is left out, and said so."""
    parts = [head]
    if excused:
        parts.append("This pull request comes from a fork, so no model behind a network was called.")
    for name in ("compare.md", "run.md"):
        if (reports / name).is_file():
            parts.append((reports / name).read_text(encoding="utf-8"))
    if len(parts) == 1:
        parts.append("Nothing was run; the job's log has the problems.")
    text = "\n\n".join(parts)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}\n\n(cut; the job summary has all of it)"
    return text + "\n"


if __name__ == "__main__":
    main()
