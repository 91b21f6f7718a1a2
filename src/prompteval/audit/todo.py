"""Findings as a list in a Markdown file: `- [ ]` open, `- [-]` in work or put off, `- [x]` done.

The list has a heading of its own. What is above it and below it, up to the next heading of the same or a
higher level, stays as it is.
"""

import re
from collections.abc import Iterable, Sequence

from prompteval.audit.findings import Finding
from prompteval.audit.likeness import likeness
from prompteval.core.text import lines_of, one_line, printable

HEADING = "## prompteval audit"
_ITEM = re.compile(r"^- \[([ x-])\] (.*?) ?<!-- ([0-9a-f]{16}) -->(.*)$")
_NEXT = re.compile(r"^#{1,2} ")


def updated(text: str, findings: Sequence[Finding]) -> str:
    """The text of the file with its list brought up to date.

    A new finding is open. One that somebody marked `[-]` stays so while it is found; one that was marked
    `[x]` and is found again is open again. One that is not found any more is done. Notes behind an item stay.
    """
    lines = lines_of(text)
    start, end = _section(lines)
    before, section, after = lines[:start], lines[start:end], lines[end:]
    made = _items(section, findings)
    if not section:
        before = [*before, ""] if before and before[-1].strip() else before
        made = [HEADING, "", *made]
    if after and after[0].strip() and made[-1].strip():
        made = [*made, ""]
    return "\n".join([*before, *made, *after]) + "\n"


def _section(lines: list[str]) -> tuple[int, int]:
    """Where the list's section begins and ends; at the end of the file where there is none."""
    fence = False
    start = -1
    for number, line in enumerate(lines):
        if line.lstrip().startswith("```"):
            fence = not fence
        if fence:
            continue
        if start < 0 and line.strip() == HEADING:
            start = number
        elif start >= 0 and _NEXT.match(line):
            return start, number
    return (start, len(lines)) if start >= 0 else (len(lines), len(lines))


def _items(section: list[str], findings: Sequence[Finding]) -> list[str]:
    """The lines of the section: those that are there in their order, then what is new."""
    open_: dict[str, Finding] = {}
    for finding in findings:
        open_.setdefault(finding.known_by, finding)
    made: list[str] = []
    known: set[str] = set()
    for line in section:
        match = _ITEM.match(line)
        if match is None:
            made.append(line)
            continue
        mark, words, key, note = match.groups()
        known.add(key)
        if key in open_:
            words = _words(open_[key])
            mark = "-" if mark == "-" else " "
        else:
            mark = "x"
        made.append(f"- [{mark}] {words} <!-- {key} -->{note}")
    while section and made and not made[-1].strip():
        made.pop()
    ranked = sorted(open_.items(), key=lambda item: _rank(item[1]))
    new = [f"- [ ] {_words(finding)} <!-- {key} -->" for key, finding in ranked if key not in known]
    return made + new


def _rank(finding: Finding) -> tuple[int, float]:
    """New items: errors first, then prompts, those that read most like one first, then the rest."""
    if finding.problem.severity == "error":
        return 0, 0.0
    if finding.problem.code in ("PA101", "PA111"):
        return 1, -likeness(finding.subject)
    return 2, 0.0


def _words(finding: Finding) -> str:
    """Place and message without what Markdown or an HTML comment would take for its own."""
    problem = finding.problem
    place = f"{problem.path}:{problem.line}" if problem.line else problem.path
    text = printable(one_line(f"{place} {problem.code} {problem.message}"))
    return text.replace("<!--", "<!").replace("-->", "->").replace("<", "&lt;")


def counts(text: str) -> dict[str, int]:
    """How many items of each state the list has, by its mark."""
    found = {" ": 0, "-": 0, "x": 0}
    for match in _matches(lines_of(text)):
        found[match[1]] += 1
    return found


def _matches(lines: Iterable[str]) -> Iterable[re.Match[str]]:
    return (match for line in lines if (match := _ITEM.match(line)))
