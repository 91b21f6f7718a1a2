"""Where results are kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prompteval.core.errors import UsageError

POSTGRES: Final = "postgres"
ADDRESS_VARIABLE: Final = "PROMPTEVAL_STORE_URL"
_SCHEMES: Final = ("postgres://", "postgresql://")


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A file of SQLite; or, where `file` is None, the Postgres that PROMPTEVAL_STORE_URL or libpq names."""

    file: Path | None

    def __str__(self) -> str:
        return POSTGRES if self.file is None else str(self.file)


def is_address(text: str) -> bool:
    """Whether a text is the address of a Postgres, which no file and no option holds."""
    return text.lower().startswith(_SCHEMES)


def place_named(text: str, start: Path, by: str) -> StorePlace:
    """The place that a user names: `postgres`, or a file, from `start`.

    Raises UsageError for an address, which is not repeated; `by` is where it was named.
    """
    if is_address(text):
        fix = f"write {POSTGRES}, and set the address in {ADDRESS_VARIABLE}"
        raise UsageError(f"{by} holds the address of a database", fix)
    return StorePlace(None if text == POSTGRES else start / text)
