"""The cases that do not pass, as a run that fails lists them at its end."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from prompteval.core.observation import CaseVerdict, Row, Score, row_verdict
from prompteval.core.text import counted, one_line, printable
from prompteval.metrics.stage_names import ATTRIBUTION
from prompteval.report.advice import advice_on
from prompteval.report.case import failing_scores
from prompteval.report.view import RunView

FAILING_SHOWN = 10
LABEL_SHOWN = 40
# Of the cases that could not be scored for one reason.
IDS_SHOWN = 3
_Key = tuple[str, str, str, str]


def failing_cases(view: RunView) -> Iterator[str]:
    """A head, a line for each of the first cases with what failed it, and the commands that show more.

    Nothing where every case passes. Repeats of a case are one line, and so are all cases that could not be
    scored for the same reason.
    """
    several = len(view.results) > 1
    first: dict[_Key, str] = {}
    others: set[_Key] = set()
    unscored: dict[str, dict[_Key, None]] = {}
    for row in view.rows():
        verdict = row_verdict(row)
        if verdict is CaseVerdict.PASS:
            continue
        key = (row.suite, row.target, row.model, row.case.id)
        if verdict is CaseVerdict.UNSCORED:
            unscored.setdefault(_not_scored(row), {})[key] = None
        elif len(first) < FAILING_SHOWN:
            first.setdefault(key, _why(row))
        elif key not in first:
            others.add(key)
    all_keys = {*first, *others, *(key for keys in unscored.values() for key in keys)}
    if not all_keys:
        return
    yield f"{counted(len(all_keys), 'case')} {'does' if len(all_keys) == 1 else 'do'} not pass:\n"
    for (suite, target, model, case_id), why in first.items():
        where = f"  {suite} {target} {model}" if several else ""
        yield printable(f"  {case_id}  {why}{where}") + "\n"
    if others:
        yield f"  and {len(others):,} more\n"
    yield from _groups(unscored)
    shown = next(iter(first), None) or next(key for keys in unscored.values() for key in keys)
    yield printable(f"show one: prompteval show {view.run_id} --case {shown[3]}") + "\n"
    reasons: Counter[str] = Counter()
    for result in view.results:
        reasons.update(result.rag.attribution if result.rag is not None else {})
    for reason, _ in reasons.most_common(1):
        yield f"what to try: prompteval show {view.run_id} --reason {reason}\n"


def _groups(unscored: Mapping[str, Collection[_Key]]) -> Iterator[str]:
    """A line for each of the first reasons why cases have no score, with the first of their ids."""
    for why, keys in [*unscored.items()][:FAILING_SHOWN]:
        ids = [*dict.fromkeys(case_id for *_, case_id in keys)]
        more = f" and {len(ids) - IDS_SHOWN:,} more" if len(ids) > IDS_SHOWN else ""
        yield printable(f"  {', '.join(ids[:IDS_SHOWN])}{more}  not scored: {why}") + "\n"
    if len(unscored) > FAILING_SHOWN:
        yield f"  and {len(unscored) - FAILING_SHOWN:,} more reasons\n"


def _not_scored(row: Row) -> str:
    """The scorers that could not score a row, those of one reason together."""
    names: dict[str, list[str]] = {}
    for score in failing_scores(row):
        names.setdefault(one_line(score.reason), []).append(score.title)
    return "; ".join(f"{', '.join(titles)}: {reason}" for reason, titles in names.items())


def _why(row: Row) -> str:
    """The scorers that failed a row, or how its call or output ended."""
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
