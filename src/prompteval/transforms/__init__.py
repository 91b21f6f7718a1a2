"""Transforms that are fitted on train: calibration, threshold, scaling, label prototypes."""

from prompteval.core.transform import Transform
from prompteval.transforms.calibration import Isotonic, Platt
from prompteval.transforms.prototypes import Prototypes
from prompteval.transforms.scaling import Scaling
from prompteval.transforms.threshold import Threshold

__all__ = ["TRANSFORMS"]

TRANSFORMS: dict[str, type[Transform]] = {
    kind.name: kind for kind in (Platt, Isotonic, Threshold, Scaling, Prototypes)
}
