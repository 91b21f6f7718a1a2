"""What is learned from data before a model is used, or after: the seam, and the shapes it takes."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol, Self

# Numbers of a row: one for a confidence, several for a vector.
Features = tuple[float, ...]
Transformed = float | bool | str | list[float]
State = Mapping[str, object]


class Transform(Protocol):
    """Learned on train alone, stored as JSON. Nothing is pickled.

    `labelled` says whether `fit` reads labels; `width` how many numbers a row must have, None for any.
    """

    name: ClassVar[str]
    labelled: ClassVar[bool]
    width: ClassVar[int | None]

    def fit(self, rows: Sequence[Features], labels: Sequence[str]) -> None:
        """Learn from rows and their labels. Raises ValueError where they are too few to learn from."""
        ...

    def transform(self, row: Features) -> Transformed:
        """The value for one row."""
        ...

    def state(self) -> State:
        """What was learned, as JSON."""
        ...

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same transform again. Raises ValueError for a state that is not one."""
        ...
