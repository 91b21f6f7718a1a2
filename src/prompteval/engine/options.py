"""What a run was asked to do."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases run. All given conditions must hold.

    `expression` is the `-k` text; `limit` keeps the first cases in file order; `sample` keeps
    that many by a seeded hash of the id, so the choice does not depend on the order of the
    file; `only` keeps these (suite, case id) pairs.
    """

    expression: str = ""
    limit: int | None = None
    sample: int | None = None
    seed: int = 0
    only: frozenset[tuple[str, str]] | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything but the whole suite may be left."""
        return bool(self.expression) or self.only is not None or (self.limit, self.sample) != (None, None)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of `prompteval run`. Empty tuples mean: as the suite says."""

    suites: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    repeat: int | None = None
    concurrency: int = 32
    selection: Selection = Selection()
    cache: bool = True
    record: Path | None = None
    replay: Path | None = None
    offline: bool = False
    strict_model: bool = False
