"""`judge rank`: several versions by what a judge of pairs prefers, in one order of strength."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.stored import EntryKey, RowFields
from prompteval.engine.stored import reading
from prompteval.stats.judged.preference import Duels, Strength, bradley_terry
from prompteval.store.protocol import ResultsStore
from prompteval.store.records import RunRecord
from prompteval.workspace.settings import Workspace

NO_ORDER = "a version wins or loses every comparison, or was never compared with the others"


@dataclass(frozen=True, slots=True)
class Ranking:
    """Systems by strength, the strongest first; `strengths` are log-odds beside `reference`.

    Empty where the preferences have no order: some system always wins or always loses, and `reason` says so.
    """

    judge: str
    reference: str
    strengths: tuple[Strength, ...]
    duels: int
    cases: int
    ties: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Duel:
    own: str
    rival: str
    case_id: str
    preferred: float


def rank_versions(workspace: Workspace, names: Sequence[str], judge: str | None) -> Ranking:
    """The systems of some runs, whose outputs a judge of pairs has compared.

    Raises UsageError for an unknown run or judge, for several judges, and where nothing was compared.
    """
    with reading(workspace) as store:
        records = [*{record.run_id: record for record in map(store.run, names)}.values()]  # each run once
        for record in records:
            store.refuse_damaged(record)
        chosen = _judge(records, judge)
        found = [duel for record in records for duel in _duels(store, record, chosen)]
    if not found:
        raise UsageError(f"the judge {chosen} compared no outputs of these runs")
    rivals = [duel.rival for duel in found]
    reference = max(sorted(set(rivals)), key=rivals.count)
    systems = [reference, *sorted({name for duel in found for name in (duel.own, duel.rival)} - {reference})]
    cases = sorted({duel.case_id for duel in found})
    strengths = bradley_terry(systems, _as_columns(found, systems, cases))
    ties = sum(duel.preferred == 0.5 for duel in found)
    if strengths is None:
        return Ranking(chosen, reference, (), len(found), len(cases), ties, NO_ORDER)
    ordered = tuple(sorted(strengths, key=lambda one: (-one.value, one.name)))
    return Ranking(chosen, reference, ordered, len(found), len(cases), ties)


def _judge(records: Sequence[RunRecord], wanted: str | None) -> str:
    known = sorted({name for record in records for name, _ in _pair_judges(record)})
    if not known:
        raise UsageError("these runs have no judge of pairs", "add a `pairwise` scorer to the suite")
    if wanted is not None and wanted not in known:
        raise UsageError(f"no judge of pairs {wanted!r} in these runs", did_you_mean(wanted, known))
    if wanted is None and len(known) > 1:
        raise UsageError("these runs have several judges of pairs", f"--judge is one of {', '.join(known)}")
    return wanted or known[0]


def _pair_judges(record: RunRecord) -> Iterator[tuple[str, str]]:
    """(name, what it compares with) of each judge of pairs in a run."""
    for facts in record.manifest["suites"].values():
        for kind, name, options in facts["scorers"]:
            if kind == "pairwise":
                yield name, str(options.get("against", ""))


def _duels(store: ResultsStore, record: RunRecord, judge: str) -> Iterator[_Duel]:
    """What the judge decided; outputs of another version, or of a run, under the name of their target."""
    against = dict(_pair_judges(record)).get(judge)
    if against is None:
        return
    rival = against if "@" in against or against == "baseline" else _target_of(store, against)
    for suite, target, model in record.manifest["entries"]:
        for row in store.entry_rows(EntryKey(record.run_id, suite, target, model), RowFields()):
            score = row.score(judge)
            if score is not None and score.value is not None and target != rival:
                yield _Duel(target, rival, row.case_id, score.value)


def _target_of(store: ResultsStore, run: str) -> str:
    """The target of a run that holds one, else the run's id."""
    try:
        targets = {target for _, target, _ in store.run(run).manifest["entries"]}
    except UsageError:
        return run
    return targets.pop() if len(targets) == 1 else run


def _as_columns(found: Sequence[_Duel], systems: Sequence[str], cases: Sequence[str]) -> Duels:
    place = {name: number for number, name in enumerate(systems)}
    case = {name: number for number, name in enumerate(cases)}
    return Duels(
        np.array([place[duel.own] for duel in found], np.int32),
        np.array([place[duel.rival] for duel in found], np.int32),
        np.array([duel.preferred for duel in found], np.float64),
        np.array([case[duel.case_id] for duel in found], np.int32),
    )
