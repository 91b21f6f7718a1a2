"""Which logged rows become cases: wrong, labelled, doubtful, of classes that drifted, a sample by class."""

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from prompteval.core.prediction import Feedback, Prediction, record_as_json
from prompteval.monitor.fields import class_of
from prompteval.monitor.labels import label_class
from prompteval.monitor.sample import place_of

Pick = Literal["wrong", "labelled", "doubtful", "drifted", "sample"]
# A row that several would pick is picked by the first of this order.
PICKS: Final[tuple[Pick, ...]] = get_args(Pick)
# A score of feedback under this is that of a wrong answer.
GOOD_SCORE: Final = 0.5
_NO_OUTPUT = ("invalid", "refused", "truncated", "filtered")
_Ranked = tuple[float, str, Prediction]


@dataclass(frozen=True, slots=True)
class Picked:
    """A row with the reason it was picked, its class, and what feedback says of it."""

    row: Prediction
    pick: Pick
    predicted: str
    said: Feedback | None


@dataclass(frozen=True, slots=True)
class PickRules:
    """What is picked: at most `limit` rows by each reason. `drifted` are the classes whose share rose."""

    picks: Collection[Pick]
    limit: int
    field: str = ""
    seed: int = 0
    drifted: Collection[str] = ()


def pick_rows(rows: Iterable[Prediction], feedback: Mapping[str, Feedback], rules: PickRules) -> list[Picked]:
    """The rows that are picked, those of one reason together. Memory stays within the limits.

    Doubtful are the rows of least confidence; of every other reason, those that come first in the order
    of the seed. A row without inputs is never picked.
    """
    kept: dict[tuple[Pick, str], list[_Ranked]] = {}
    classes: Counter[str] = Counter()
    room = rules.limit * len(rules.picks)  # what an earlier reason takes must not be missing in a later one
    for row in rows:
        if row.inputs is None:
            continue
        predicted = class_of(record_as_json(row), rules.field)
        classes[predicted] += 1
        rank = place_of(row.request_id, rules.seed) / 2**32
        for pick in _reasons(row, predicted, feedback.get(row.request_id), rules):
            stratum = predicted if pick == "sample" else ""
            by = row.confidence if pick == "doubtful" and row.confidence is not None else rank
            _keep(kept.setdefault((pick, stratum), []), (-by, row.request_id, row), room)
    return list(_chosen(kept, feedback, rules, len(classes)))


def _reasons(row: Prediction, predicted: str, said: Feedback | None, rules: PickRules) -> list[Pick]:
    label = None if said is None or said.label is None else label_class(said.label, rules.field)
    low = said is not None and said.score is not None and said.score < GOOD_SCORE
    holds: dict[Pick, bool] = {
        "wrong": (label is not None and label != predicted) or low or row.outcome in _NO_OUTPUT,
        "labelled": label is not None,
        "doubtful": row.confidence is not None,
        "drifted": predicted in rules.drifted,
        "sample": True,
    }
    return [pick for pick in PICKS if pick in rules.picks and holds[pick]]


def _keep(heap: list[_Ranked], item: _Ranked, limit: int) -> None:
    """Keep the items of the greatest rank, that is of the least value."""
    if len(heap) < limit:
        heapq.heappush(heap, item)
    elif item[:2] > heap[0][:2]:
        heapq.heapreplace(heap, item)


def _chosen(
    kept: Mapping[tuple[Pick, str], list[_Ranked]],
    feedback: Mapping[str, Feedback],
    rules: PickRules,
    classes: int,
) -> Iterable[Picked]:
    """Each row once, by its first reason; the sample has as many rows of each class."""
    seen: set[str] = set()
    share = max(rules.limit // max(classes, 1), 1)
    for pick in PICKS:
        left = rules.limit
        for stratum in sorted(name for one, name in kept if one == pick):
            ordered = sorted(kept[pick, stratum], key=lambda item: (-item[0], item[1]))
            fresh = [row for _, _, row in ordered if row.request_id not in seen]
            for row in fresh[: min(share if pick == "sample" else left, left)]:
                seen.add(row.request_id)
                left -= 1
                predicted = class_of(record_as_json(row), rules.field)
                yield Picked(row, pick, predicted, feedback.get(row.request_id))
