"""Where results are kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prompteval.core.errors import UsageError
from prompteval.core.problem import nearest

RESULTS: Final = "results.sqlite"
POSTGRES: Final = "postgres"
# Before the path of a database of SQLite, where a file without it is a log.
SQLITE: Final = "sqlite:"
ADDRESS_VARIABLE: Final = "PROMPTEVAL_STORE_URL"
_SCHEMES: Final = ("postgres://", "postgresql://")


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A file of SQLite; or, where `file` is None, the Postgres that PROMPTEVAL_STORE_URL or libpq names."""

    file: Path | None

    @property
    def is_shared(self) -> bool:
        """Whether it is the Postgres, which every machine reaches."""
        return self.file is None

    def __str__(self) -> str:
        return POSTGRES if self.file is None else str(self.file)


def is_address(text: str) -> bool:
    """Whether a text is the address of a Postgres, which no file and no option holds."""
    return text.lower().startswith(_SCHEMES)


def refuse_address(text: str, by: str) -> None:
    """Raise UsageError for the address of a Postgres, which is not repeated; `by` is where it was named."""
    if is_address(text.removeprefix(SQLITE)):
        fix = f"write {POSTGRES}, and set the address in {ADDRESS_VARIABLE}"
        raise UsageError(f"{by} holds the address of a database", fix)


def misspelled_fix(text: str) -> str:
    """The fix of a bare name that is like `postgres`, and would be a file; empty for any other."""
    bare = text not in (POSTGRES, ".", "..") and not {"/", "\\", "."} & set(text)
    if bare and nearest(text, (POSTGRES,)) is not None:
        return f"did you mean {POSTGRES!r}? a file of this name is './{text}'"
    return ""


def refuse_misnamed(text: str, start: Path, by: str) -> None:
    """Raise UsageError for an address, and for a misspelled `postgres` that does not exist as a file."""
    refuse_address(text, by)
    if (fix := misspelled_fix(text)) and not (start / text).exists():
        raise UsageError(f"{by} is {text!r}", fix)


def place_named(text: str, start: Path, by: str) -> StorePlace:
    """The place that a user names: `postgres`, or a file, from `start`.

    Raises UsageError for an address, which is not repeated, and for a misspelled `postgres` that does not
    exist as a file; `by` is where it was named.
    """
    refuse_misnamed(text, start, by)
    return StorePlace(None if text == POSTGRES else start / text)
