"""Metrics that a judge gives and labels of people correct, with their intervals."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from prompteval.metrics.columns import Codes, Floats
from prompteval.stats.clusters import FEWEST_CLUSTERS, cluster_count
from prompteval.stats.interval import Interval, undefined
from prompteval.stats.judged.corrected import LabelledElsewhere, corrected_mean, labels_to_halve, rogan_gladen


def corrected_elsewhere(rows: Floats) -> Interval:
    """The share of passes by a judge, corrected by how it did on the labelled cases of its calibration.

    Undefined where cases of this run are labelled themselves, which PPI++ makes more of.
    """
    if not len(rows):
        return undefined("rogan-gladen", "nothing is judged")
    if (rows[:, 1] > 0.0).any():  # under 1 where not all repeats of a case are labelled
        return undefined("rogan-gladen", "cases of this run are labelled; write corrected=ppi")
    passed, counts = float(rows[:, 0].sum()), LabelledElsewhere(*(int(count) for count in rows[0, 2:6]))
    if not counts.positives + counts.negatives:
        return undefined(
            "rogan-gladen",
            "the judge has no calibration: label other cases, and run `prompteval judge check`",
        )
    found = rogan_gladen(passed, len(rows), counts)
    note = (
        f"by {counts.positives + counts.negatives} labels of other cases, as if the judge erred here as there"
    )
    return found if found.value is None else replace(found, note=note)


def too_few_labelled(rows: Floats, clusters: Codes | None) -> str:
    """Why nothing can be decided where the labels are of few clusters; empty from FEWEST_CLUSTERS on."""
    if clusters is None:
        return ""
    count = cluster_count(clusters[rows[:, 1] == 1.0])
    few = f"labels of only {count} clusters; under {FEWEST_CLUSTERS} nothing can be decided"
    return few if count < FEWEST_CLUSTERS else ""


def estimate_corrected(
    rows: Floats, low: float | None, high: float | None, clusters: Codes | None = None
) -> Interval:
    """The mean of a judge over rows of (value, labelled, people's value, weight), corrected by the labels."""
    labelled = rows[:, 1] == 1.0
    mixed = mixed_weights(rows[labelled, 3])
    if mixed:
        return undefined("ppi++", mixed)
    strata, shares = label_strata(rows[labelled, 3])
    found = corrected_mean(
        rows[labelled, 2],
        rows[labelled, 0],
        rows[~labelled, 0],
        low=low,
        high=high,
        strata=strata,
        shares=shares,
        clusters=labels_first(clusters, labelled),
    )
    if found.interval.value is None:
        return undefined(
            "ppi++", f"{found.interval.reason}: `prompteval label` draws some of this run's outputs"
        )
    note = f"{found.labelled} labels, worth {found.worth:.0f}"
    more = labels_to_halve(found)
    if more is not None:
        note += f"; {more} more halve the interval"
    rough = f"; {found.interval.note}" if found.interval.note else ""
    return replace(found.interval, note=note + rough)


def labels_first(clusters: Codes | None, labelled: NDArray[np.bool_]) -> Codes | None:
    """The clusters of the labelled rows and then of the others, as codes from 0."""
    if clusters is None:
        return None
    ordered = np.concatenate([clusters[labelled], clusters[~labelled]])
    return np.unique(ordered, return_inverse=True)[1].astype(np.int32)


def mixed_weights(weights: Floats) -> str:
    """Why labels are of no one sample: some have a weight, and some have none. Empty for those of one."""
    count = int((weights > 0).sum())
    if count in (0, len(weights)):
        return ""
    return (
        f"{count} of {len(weights)} labels have a weight, and together they are not one sample: keep either"
        " those that `prompteval label --balance` drew, or those drawn without it"
    )


def label_strata(weights: Floats) -> tuple[Codes | None, Floats | None]:
    """(the stratum of each label, the share of each), from the labels' weights; None where they have none.

    Labels with one weight are of one stratum, or of several that were drawn alike. Raises ValueError where
    only some have one, of which `mixed_weights` says what to do.
    """
    if mixed_weights(weights):
        raise ValueError("only some labels have a weight")
    if not (weights > 0).any():
        return None, None
    # A mean over repeats may differ in its last digits.
    known, codes = np.unique(np.round(weights, 9), return_inverse=True)
    sizes = known * np.bincount(codes)
    return codes.astype(np.int32), sizes / sizes.sum()
