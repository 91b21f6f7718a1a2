"""The questions that failed by one reason: what was seen of each, and what to try."""

from collections.abc import Iterable, Iterator

from prompteval.core.attribution import MEANING, Reason
from prompteval.core.observation import Row
from prompteval.core.text import counted, one_line, printable
from prompteval.report.advice import advice_on


def reason_lines(run_id: str, reason: Reason, rows: Iterable[Row], *, several: bool) -> Iterator[str]:
    """A head, a line for each row with what was seen of it, what to try, and the command that shows one.

    `several` says that the run has more than one result, so that each line names its own.
    """
    yield f"{reason}: {MEANING[reason]}\n"
    attempts: dict[str, None] = {}
    cases: dict[str, None] = {}
    for row in rows:
        advice = advice_on(row)
        if advice is None:
            continue
        attempts[advice.attempt] = None
        cases[row.case.id] = None
        repeat = f"  repeat {row.replicate + 1}" if row.replicate else ""
        where = f"  {row.suite} {row.target} {row.model}" if several else ""
        yield printable(f"  {row.case.id}{repeat}  {one_line(advice.seen)}{where}") + "\n"
    yield f"{counted(len(cases), 'case')}\n"
    yield from (f"try: {printable(one_line(attempt))}\n" for attempt in attempts if attempt)
    first = next(iter(cases), "")
    yield printable(f"show one: prompteval show {run_id} --case {first}") + "\n"
