"""From stored rows to why questions failed, what each stage cost, and what abstaining was worth."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prompteval.analysis.columns.score_columns import ClusterColumn
from prompteval.core.attribution import REASONS
from prompteval.core.fingerprint import fingerprint
from prompteval.core.stored import StoredRow
from prompteval.core.verdict import Estimate
from prompteval.metrics.stage_names import ATTRIBUTION
from prompteval.report.rag_view import LossLine, RagView
from prompteval.stats.clusters import mean_clustered
from prompteval.stats.interval import t01
from prompteval.stats.paired.values import compare_values

# What a wrong answer costs, in right ones (conventions: 0, 1, 2, 4).
COSTS = (0.0, 1.0, 2.0, 4.0)
POINTS = 10
PERFECT = "perfect"
# Loss, the mode with the stage perfect, the mode with it as it is.
LOSSES = (
    ("retrieval", "oracle_distractors", "retrieved"),
    ("distraction", "oracle", "oracle_distractors"),
    ("retrieval and distraction", "oracle", "retrieved"),
    ("generation", PERFECT, "oracle"),
    ("all passages", "retrieved", "closed_book"),
)


@dataclass(slots=True)
class Outcomes:
    """What is read of the rows of one entry, by case in order of its id."""

    attribution: Counter[str] = field(default_factory=Counter)
    truncated: Counter[str] = field(default_factory=Counter)
    questions: int = 0
    tied: int = 0
    ids: list[str] = field(default_factory=list)
    right: list[Mapping[str, float]] = field(default_factory=list)
    clusters: list[str | None] = field(default_factory=list)
    worth: dict[float, list[float]] = field(default_factory=lambda: {cost: [] for cost in COSTS})
    worth_clusters: list[str | None] = field(default_factory=list)
    confident: list[tuple[float, float]] = field(default_factory=list)
    failed: dict[str, dict[str, None]] = field(default_factory=dict)
    may_abstain: bool = False


def rag_view(stored: Iterable[StoredRow]) -> RagView:
    """The view from rows in order of case id.

    Every repeat of a question counts as a question asked; means and losses are over questions, a
    question's repeats averaged.
    """
    found = Outcomes()
    for case_id, group in groupby(stored, key=attrgetter("case_id")):
        rows = list(group)
        cluster = rows[0].cluster
        with_evidence = [(row, evidence) for row in rows if (evidence := _read(row, found)) is not None]
        if with_evidence:
            _add_case(found, case_id, cluster, [evidence for _, evidence in with_evidence])
            found.confident += [
                (row.confidence, evidence["right"]["retrieved"])
                for row, evidence in with_evidence
                if row.confidence is not None and evidence.get("abstained") is False
            ]
    return RagView(
        attribution={reason: found.attribution[reason] for reason in REASONS if found.attribution[reason]},
        truncated={reason: found.truncated[reason] for reason in REASONS if found.truncated[reason]},
        failed=found.attribution.total(),
        questions=found.questions,
        tie_sensitive=found.tied,
        losses=_losses(found),
        abstention=_abstention(found) if found.may_abstain else (),
        curve=_curve(found.confident, found.questions),
        cases={reason: tuple(found.failed[reason]) for reason in REASONS if reason in found.failed},
    )


def _read(row: StoredRow, found: Outcomes) -> Mapping[str, Any] | None:
    """The evidence of a row's attribution, counted; None where there is nothing to fail."""
    score = row.score(ATTRIBUTION)
    if score is None or score.value is None:
        return None
    evidence = score.evidence
    found.questions += 1
    found.tied += bool(evidence.get("ties"))
    # A run from before answers said whether they can abstain.
    found.may_abstain |= evidence.get("may_abstain", "abstained" in evidence)
    if score.value == 0.0:
        found.attribution[evidence["reason"]] += 1
        found.truncated[evidence["reason"]] += bool(evidence.get("truncated"))
        found.failed.setdefault(evidence["reason"], {})[row.case_id] = None
    return evidence


def _add_case(
    found: Outcomes, case_id: str, cluster: str | None, repeats: Sequence[Mapping[str, Any]]
) -> None:
    first = repeats[0]
    if first["answerable"] and first["gold"]:
        found.ids.append(case_id)
        found.clusters.append(cluster)
        found.right.append({mode: _mean([one["right"][mode] for one in repeats]) for mode in first["right"]})
    if "abstained" in first:
        found.worth_clusters.append(cluster)
        for cost in COSTS:
            found.worth[cost].append(_mean([_worth(one, cost) for one in repeats]))


def _worth(evidence: Mapping[str, Any], cost: float) -> float:
    if evidence["abstained"]:
        return float(not evidence["answerable"])
    return 1.0 if evidence["right"]["retrieved"] else -cost


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _losses(found: Outcomes) -> tuple[LossLine, ...]:
    if not found.right:
        return ()
    modes = {mode: np.asarray([one[mode] for one in found.right]) for mode in found.right[0]}
    modes[PERFECT] = np.ones(len(found.right))
    lines = []
    for loss, better, worse in LOSSES:
        whole = (better, worse) == ("oracle", "retrieved")
        if better not in modes or worse not in modes or (whole and "oracle_distractors" in modes):
            continue  # the whole is shown where its two parts are not known
        a, b = modes[better], modes[worse]
        seed = int(fingerprint([loss, found.ids])[-12:], 16)
        pair = compare_values(loss, b, a, low=0.0, high=1.0, clusters=_codes(found.clusters), seed=seed)
        lines.append(
            LossLine(loss, better, worse, pair.pairs, pair.b, pair.a, pair.delta, pair.low, pair.high)
        )
    return tuple(lines)


def _abstention(found: Outcomes) -> tuple[Estimate, ...]:
    lines = []
    for cost, values in found.worth.items():
        if not values:
            continue
        array, clusters = np.asarray(values), _codes(found.worth_clusters)
        low = 0.0 - cost
        ends = t01(array, low, 1.0) if clusters is None else mean_clustered(array, clusters, low, 1.0)
        name = f"lambda={cost:g}"
        lines.append(Estimate(name, ends.value, ends.low, ends.high, len(values), method=ends.method))
    return tuple(lines)


def _curve(confident: Sequence[tuple[float, float]], questions: int) -> tuple[tuple[float, float], ...]:
    """(share of all questions answered, share of these that are wrong), most confident first."""
    ordered = sorted(confident, key=lambda pair: -pair[0])
    points = []
    for step in range(1, POINTS + 1):
        count = round(len(ordered) * step / POINTS)
        if count:
            wrong = 1.0 - _mean([right for _, right in ordered[:count]])
            points.append((count / questions, wrong))
    return tuple(dict.fromkeys(points))


def _codes(clusters: Sequence[str | None]) -> NDArray[np.int32] | None:
    """A number from 0 for each cluster, a case alone its own; None where no case names one."""
    column = ClusterColumn()
    for cluster in clusters:
        column.add(cluster)
    return column.codes(np.ones(len(clusters), dtype=np.bool_))
