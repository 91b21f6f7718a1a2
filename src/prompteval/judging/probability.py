"""How probable each label of a judge was, by what its model might have written in its place."""

import json
from collections.abc import Iterator, Mapping, Sequence

from prompteval.core.observation import ALTERNATIVES, Observation
from prompteval.core.response_json import is_number
from prompteval.judging.verdict_field import BadVerdict, VerdictField

# What a judge's model is sent for them: as many alternatives as servers give.
ASKED: Mapping[str, object] = {"logprobs": True, "top_logprobs": 20}
# Under this share of what was probable the labels are not what the model weighed.
LEAST_SHARE = 0.5
# Over this share that could be of a label that passes and of one that fails, nothing is said.
MOST_UNDECIDED = 0.05
WHAT_TO_DO = "remove `probability: true`"


def label_probabilities(answer: Observation, field: VerdictField) -> dict[str, float]:
    """The probability of each label, which add up to 1.

    A beginning that several labels share counts for the likeliest of them, the first of equal ones, where all
    of them pass or all fail; else for none. Raises BadVerdict for a reply without probabilities, for one
    whose labels have under half of them, and where over MOST_UNDECIDED neither passes nor fails.
    """
    own: dict[str, float] = dict.fromkeys(field.labels, 0.0)
    texts = {label: _json_text(label) for label in field.labels}
    shared: dict[tuple[str, ...], float] = {}
    given = False
    for beginning, probability in _alternatives(answer, field.name):
        given = True
        fitting = tuple(label for label, text in texts.items() if text.startswith(beginning))
        if len(fitting) == 1:
            own[fitting[0]] += probability
        elif fitting:
            shared[fitting] = shared.get(fitting, 0.0) + probability
    if not given:
        raise BadVerdict(f"the model gave no log probabilities of {field.name}; {WHAT_TO_DO}")
    found = _with_shared(own, shared, field)
    total = sum(found.values())
    if total < LEAST_SHARE:
        raise BadVerdict(
            f"the labels of {field.name} have a probability of {total:.2f} together; {WHAT_TO_DO}"
        )
    return {label: probability / total for label, probability in found.items()}


def _with_shared(
    own: Mapping[str, float], shared: Mapping[tuple[str, ...], float], field: VerdictField
) -> dict[str, float]:
    """The labels' probabilities with those of beginnings that several labels share."""
    found, undecided = dict(own), 0.0
    unlike: tuple[str, ...] = ()
    for labels, probability in shared.items():
        if len({label in field.passes for label in labels}) == 1:
            found[max(labels, key=lambda label: own[label])] += probability
        else:
            undecided, unlike = undecided + probability, labels
    if undecided > MOST_UNDECIDED:
        raise BadVerdict(
            f"the labels {' and '.join(unlike)} of {field.name} begin alike, and a probability of"
            f" {undecided:.2f} is of either; rename one, or {WHAT_TO_DO}"
        )
    return found


def mean_probabilities(given: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of several askings; empty for none."""
    labels = given[0] if given else {}
    return {label: sum(one[label] for one in given) / len(given) for label in labels}


def _alternatives(answer: Observation, name: str) -> Iterator[tuple[str, float]]:
    fields = answer.details.get(ALTERNATIVES)
    values = fields.get(name) if isinstance(fields, Mapping) else None
    for beginning, probability in values.items() if isinstance(values, Mapping) else ():
        if isinstance(beginning, str) and is_number(probability) and 0 < probability <= 1:
            yield beginning, probability


def _json_text(label: str) -> str:
    return label if label in ("true", "false") else json.dumps(label, ensure_ascii=False)
