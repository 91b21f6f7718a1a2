"""Gathers what the steps left: the outputs of the action, and the text of the comment.

Reads REPORTS (a directory), CODES (exit codes of check, run and compare, blank-separated), FORK and
INCONCLUSIVE; writes comment.md there and the action's outputs to GITHUB_OUTPUT.
"""

import json
import os
import secrets
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

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


# The kind of error of a call that --offline did not allow; of a fork's run nothing else is excused.
WANTING = "offline"


def main() -> None:
    reports = Path(os.environ["REPORTS"])
    codes = [int(code) for code in os.environ["CODES"].split()]
    run, compared = _read(reports / "run.json"), _read(reports / "compare.json")
    codes = [*codes[:1], *map(_vouched, codes[1:], (run, compared))]
    found = _deciding(codes)
    if codes == [0]:  # the check passed, and then nothing was run
        found = 2
    left = found
    if found == 3 and os.environ.get("FORK") == "true":
        # Without secrets a fork's models cannot be called: that is said, and is not the author's fault.
        doubt = os.environ.get("INCONCLUSIVE") == "fail"
        rest = [*_rest(codes[1:2], run, run_left), *_rest(codes[2:3], compared, comparison_left, doubt)]
        left = _deciding([codes[0], *rest])
    _output("exit-code", str(left))
    _output("verdict", run.get("verdict", ""))
    _output("run-id", run.get("run_id", ""))
    _output("comparison", compared.get("verdict", ""))
    _output("reports", str(reports))
    head = f"**prompteval: {MEANING.get(found, 'failed')}** (exit {found})"
    if run:
        head += f", run `{run['run_id']}`"
    excused = "" if left == found else f"; without what a fork cannot run: {MEANING.get(left)} (exit {left})"
    (reports / "comment.md").write_text(_comment(reports, head + excused, bool(excused)), encoding="utf-8")
    sys.stdout.write(f"prompteval: {MEANING.get(found, 'failed')} (exit {found}){excused}\n")


def _vouched(code: int, body: Mapping[str, Any]) -> int:
    """The code of a step; a pass without a report that says the same is incomplete.

    Python of a prompt can end the process with 0 before anything was decided.
    """
    return 3 if code == 0 and body.get("exit_code") != 0 else code


def _deciding(codes: Iterable[int]) -> int:
    """The code that decides; one that is none of ours, or none at all, passes nothing."""
    found = set(codes)
    foreign = found - {0, *PRECEDENCE}
    if foreign or not found:
        return max(foreign, default=2)
    return next((code for code in PRECEDENCE if code in found), 0)


def _rest(codes: list[int], body: Any, left: Any, *more: Any) -> list[int]:
    """The code of a step without what is excused; its own where its report is not there or not whole."""
    if codes != [3] or body.get("exit_code") != 3:
        return codes
    try:
        return [left(body, *more)]
    except (KeyError, TypeError, AttributeError):
        return [3]


def run_left(run: Mapping[str, Any]) -> int:
    """What a run's other entries say where some could not be run for want of a secret.

    3 where anything else is incomplete, 1 where a gate fails on the cases that were run.
    """
    if run["verdict"] != "incomplete" or not run["results"]:
        return 3
    codes = {_entry_left(result) for result in run["results"]}
    return _deciding(codes) if any(_wants(result) for result in run["results"]) else 3


def _entry_left(result: Mapping[str, Any]) -> int:
    cases = result["cases"]
    saved = result["stop_early"]["of"] - result["stop_early"]["cases"] if "stop_early" in result else 0
    unscored = cases.get("unscored", 0) > result.get("allow_unscored", 0.0) * cases["total"]
    if (cases["errors"] and not _wants(result)) or cases["skipped"] > saved or unscored:
        return 3
    failed = [gate for gate in result["gates"] if gate["verdict"] in ("fail", "incomplete")]
    open_without = ("pass", "inconclusive") if _wants(result) else ()
    return 1 if any(gate.get("without_errors") not in open_without for gate in failed) else 0


def _wants(result: Mapping[str, Any]) -> bool:
    """Whether all that failed of an entry are calls that were not allowed."""
    return set(result.get("error_kinds", ())) == {WANTING}


def comparison_left(compared: Mapping[str, Any], doubt_fails: bool) -> int:
    """The same of a comparison: 3 for a suite that is gone, 1 for a regression among what was run."""
    missing = compared["incomplete"]
    if compared["lost"] or not missing or not all(_is_wanting(entry) for entry in missing):
        return 3
    known = {(entry["side"], entry["suite"], entry["prompt"], entry["model"]) for entry in missing}
    return _deciding({0, *(_result_left(result, known, doubt_fails) for result in compared["results"])})


def _is_wanting(entry: Mapping[str, Any]) -> bool:
    return bool(entry["suite"]) and _wants(entry) and not entry["skipped"] and not entry["unscored"]


def _result_left(result: Mapping[str, Any], missing: set[tuple[str, ...]], doubt_fails: bool) -> int:
    deciding = [result["metrics"][name]["verdict"] for name in result["primary"]]
    if "regressed" in (result["verdict"], *deciding):
        return 1
    if result["verdict"] == "incomplete":
        ends = ((side, result["suite"], result[side]["prompt"], result[side]["model"]) for side in ("a", "b"))
        return 3 if result["only_a"] or not any(end in missing for end in ends) else 0
    return 4 if doubt_fails and result["verdict"] == "inconclusive" else 0


def _read(path: Path) -> dict[str, Any]:
    """A report; empty where it is not there, or was not written to its end."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


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
