"""Which of the names that a monitor file asks for are in any row, and what rows without them have."""

from collections.abc import Collection, Iterable, Sequence

from prompteval.core.problem import did_you_mean
from prompteval.core.strict_json import JsonObject
from prompteval.monitor.fields import MISSING, Reading, slice_value

# The key of the field of an output; no slice has an empty name.
FIELD = ""


class AskedNames:
    """The field of outputs, and the names of slices and of the cluster.

    `held` has those that a row has. `instead` has, by name, what rows without it have; one that no row could
    have, for there was none, is in neither.
    """

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.instead: dict[str, set[str]] = {}

    def add(self, rows: Sequence[JsonObject], reading: Reading, most: int) -> None:
        """Note the rows of a block; of what they have instead at most `most` names."""
        if reading.field and FIELD not in self.held:
            outputs = [row.get("output") for row in rows if row["outcome"] == "ok"]
            fields = [output if isinstance(output, dict) else {} for output in outputs]
            if any(reading.field in one for one in fields):
                self.held.add(FIELD)
            elif fields:
                self._note(FIELD, fields, most)
        for name in reading.named:
            if name in self.held:
                continue
            if any(slice_value(row, name) != MISSING for row in rows):
                self.held.add(name)
            elif rows:
                self._note(name, [_names_of(row) for row in rows], most)

    def _note(self, name: str, found: Iterable[Collection[str]], most: int) -> None:
        known = self.instead.setdefault(name, set())
        for names in found:
            if len(known) < most:
                known.update(names)

    def merge(self, other: "AskedNames") -> None:
        """Note what another has noted."""
        self.held |= other.held
        for name, names in other.instead.items():
            self.instead.setdefault(name, set()).update(names)

    def as_json(self) -> list[object]:
        """What `from_json` reads."""
        lacking = {name: sorted(names) for name, names in self.instead.items() if name not in self.held}
        return [sorted(self.held), lacking]

    @classmethod
    def from_json(cls, raw: Sequence[object]) -> "AskedNames":
        """The names behind `as_json`."""
        found = cls()
        held, instead = raw
        if isinstance(held, list) and isinstance(instead, dict):
            found.held = set(held)
            found.instead = {str(name): set(names) for name, names in instead.items()}
        return found


def _names_of(row: JsonObject) -> set[str]:
    """The tags, inputs and features of a row."""
    parts = (row.get(key) for key in ("tags", "inputs", "features"))
    return {name for part in parts if isinstance(part, dict) for name in part}


def no_field(field: str, sides: Sequence[AskedNames]) -> str:
    """The sentence where outputs were read and none of either side has the field; else empty."""
    return _sentence(FIELD, field, sides, "no output has the field")


def no_name(key: str, name: str, sides: Sequence[AskedNames]) -> str:
    """The sentence where no row of either side has a slice or a cluster of that name; else empty."""
    return _sentence(name, name, sides, f"{key}: no row has a value of")


def _sentence(key: str, name: str, sides: Sequence[AskedNames], what: str) -> str:
    both = AskedNames()
    for side in sides:
        both.merge(side)
    if key in both.held or key not in both.instead:
        return ""
    help = did_you_mean(name, both.instead[key] - {name})
    return f"{what} {name!r}; {help}" if help else f"{what} {name!r}"
