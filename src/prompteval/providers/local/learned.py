"""What a local model learned from data beside its weights: transforms that `prompteval data fit` stores."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prompteval.core.errors import UsageError
from prompteval.transforms.fitted import Fitted, parse_fitted
from prompteval.transforms.threshold import Threshold
from prompteval.workspace.model_profile import ModelProfile
from prompteval.workspace.safe_paths import check_regular, resolve_inside

# The kinds of transform that each key of a profile takes.
KINDS: Final = {"calibration": ("platt", "isotonic"), "abstain": ("threshold",)}
# The likeness under which an extractive answer abstains, by encoder: each spreads its similarities otherwise.
# Fitted on the dev split of datasets/handbook_qa.jsonl by benchmarks/extractive/threshold.py.
THRESHOLDS = Path(__file__).parent / "thresholds"
_OF_A_DIRECTORY = "minilm"


@dataclass(frozen=True, slots=True)
class Learned:
    """The likeness under which answers abstain, and the map from a confidence to a probability, if any."""

    abstain: float
    calibration: Fitted | None = None

    @property
    def identity(self) -> str:
        """What changes a reply, as a part of the provider's identity."""
        calibrated = f":{self.calibration.fingerprint}" if self.calibration else ""
        return f"{self.abstain}{calibrated}"

    def confidence(self, raw: float | None) -> float | None:
        """The probability that an answer of this confidence is right, to six digits."""
        if raw is None or self.calibration is None:
            return raw
        return round(float(str(self.calibration.transform.transform((raw,)))), 6)

    def shares(self, chosen: int, raw: Sequence[float]) -> list[float]:
        """The same for the confidence in each label: what the chosen one leaves is the others' as before."""
        found = self.confidence(raw[chosen]) if self.calibration else None
        if found is None or len(raw) == 1:
            return list(raw)
        rest = (1 - found) / max(1 - raw[chosen], 1e-12)
        return [found if place == chosen else share * rest for place, share in enumerate(raw)]


def abstain_below(encoder: str) -> float:
    """The likeness under which an answer of this encoder abstains; of a directory that of minilm."""
    path = THRESHOLDS / f"{encoder}.json"
    if "/" in encoder or not path.is_file():
        path = THRESHOLDS / f"{_OF_A_DIRECTORY}.json"
    return _threshold(parse_fitted(path.read_bytes(), path.name))


def learned(model: str, profile: ModelProfile | None, root: Path) -> Learned:
    """What the profile names, else what comes with the encoder. Raises UsageError as `profile_transforms`."""
    own = profile_transforms(profile, root) if profile is not None else {}
    abstain = own.get("abstain")
    return Learned(
        abstain_below(model) if abstain is None else _threshold(abstain[1]),
        own["calibration"][1] if "calibration" in own else None,
    )


def profile_transforms(profile: ModelProfile, root: Path) -> dict[str, tuple[str, Fitted]]:
    """(path, transform) by the key of a profile that names it.

    Raises UsageError for a file that is not there or outside of `root`, and for another kind of transform.
    """
    found = {}
    for key, kinds in KINDS.items():
        path = profile.calibration if key == "calibration" else profile.abstain
        if path is None:
            continue
        fitted = _read(root, path)
        if fitted.transform.name not in kinds:
            message = f"{path}: {key} takes {' or '.join(kinds)}, not {fitted.transform.name}"
            raise UsageError(message, f"`prompteval data fit {kinds[0]}` writes one")
        found[key] = (path, fitted)
    return found


def _read(root: Path, path: str) -> Fitted:
    try:
        place = resolve_inside(root.resolve(), path)
        check_regular(place)
        return parse_fitted(place.read_bytes(), path)
    except OSError as error:
        help = "paths start at the workspace; `prompteval data fit` writes one"
        raise UsageError(f"{path}: {error.strerror}", help) from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}", "name a file of the workspace") from None


def _threshold(fitted: Fitted) -> float:
    if not isinstance(fitted.transform, Threshold):
        raise UsageError(f"a transform of the kind {fitted.transform.name} has no threshold")
    return fitted.transform.threshold
