"""The cases that do not pass, as a run that fails lists them at its end."""

from collections import Counter
from collections.abc import Iterator

from prompteval.core.observation import CaseVerdict, Row, Score, row_verdict
from prompteval.core.text import counted, one_line, printable
from prompteval.metrics.stage_names import ATTRIBUTION
from prompteval.report.advice import advice_on
from prompteval.report.case import failing_scores
from prompteval.report.view import RunView

FAILING_SHOWN = 10
LABEL_SHOWN = 40


def failing_cases(view: RunView) -> Iterator[str]:
    """A head, a line for each of the first cases with what failed it, and the command that shows one.

    Nothing where every case passes. Repeats of a case are one line.
    """
    first: dict[tuple[str, str, str, str], str] = {}
    others: set[tuple[str, str, str, str]] = set()
    for row in view.rows():
        if row_verdict(row) is CaseVerdict.PASS:
            continue
        key = (row.suite, row.target, row.model, row.case.id)
        if len(first) < FAILING_SHOWN:
            first.setdefault(key, _why(row))
        elif key not in first:
            others.add(key)
    if not first:
        return
    total = len(first) + len(others)
    yield f"{counted(total, 'case')} {'does' if total == 1 else 'do'} not pass:\n"
    several = len(view.results) > 1
    for (suite, target, model, case_id), why in first.items():
        where = f"  {suite} {target} {model}" if several else ""
        yield printable(f"  {case_id}  {why}{where}") + "\n"
    if others:
        yield f"  and {len(others):,} more\n"
    shown = next(iter(first))[3]
    yield printable(f"show one: prompteval show {view.run_id} --case {shown}") + "\n"
    reasons: Counter[str] = Counter()
    for result in view.results:
        reasons.update(result.rag.attribution if result.rag is not None else {})
    for reason, _ in reasons.most_common(1):
        yield f"what to try: prompteval show {view.run_id} --reason {reason}\n"


def _why(row: Row) -> str:
    """The scorers that failed a row, or how its call or output ended."""
    verdict = row_verdict(row)
    names = ", ".join(score.name for score in failing_scores(row))
    if verdict is CaseVerdict.UNSCORED:
        return f"not scored: {names}"
    if row.observation.outcome != "ok":
        return row.observation.outcome
    advice = advice_on(row)
    if advice is not None:
        others = [score.name for score in failing_scores(row) if score.name != ATTRIBUTION]
        beside = f"; fails {', '.join(others)}" if others else ""
        return f"{advice.reason}: {one_line(advice.seen)}{beside}"
    return f"fails {', '.join(map(_failed, failing_scores(row)))}"


def _failed(score: Score) -> str:
    """A scorer's name, with the classes where it compares some."""
    if score.labels is None:
        return score.title
    expected, found = (one_line(label or "no class")[:LABEL_SHOWN] for label in score.labels)
    return f"{score.title} (expected {expected}, got {found})"
