"""Masked names of fields: one for each original name, so that a column is of one of them."""

from collections import Counter

from prompteval.core.errors import UsageError

# Of different names: 200 bytes of memory each.
MOST_NAMES = 1_000_000


class FieldNames:
    """The masked names that were given: the first address is `[EMAIL]`, the next one `[EMAIL] (2)`.

    A name has the same one in every row, wherever it is. Names without a mask are not kept.
    """

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()
        self._counts: Counter[str] = Counter()

    def of(self, name: str, masked: str) -> str:
        """What stands for `name`, which is `masked` but for a number.

        Raises UsageError for more than MOST_NAMES names.
        """
        if name == masked and "[" not in name:  # no mask is like it
            return name
        found = self._given.get(name)
        if found is None:
            if len(self._given) >= MOST_NAMES:
                message = f"over {MOST_NAMES:,} different names of fields are masked"
                raise UsageError(message, "use --key-env, with which they are not numbered")
            found = self._given[name] = self._free(masked)
            self._taken.add(found)
        return found

    def _free(self, masked: str) -> str:
        while True:
            self._counts[masked] += 1
            count = self._counts[masked]
            found = masked if count == 1 else f"{masked} ({count})"
            if found not in self._taken:
                return found
