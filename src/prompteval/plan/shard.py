"""A part of a run: the cases that fall to it by a hash, the same on every machine."""

import re
from dataclasses import dataclass
from typing import Final

from prompteval.core.errors import UsageError
from prompteval.core.fingerprint import seeded_rank
from prompteval.core.ranges import RANGES

_FORM: Final = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")
_SEED: Final = "shard"


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number`, from 1, of `of` parts; every repeat of a case, and every model, in the same one."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """`3/8`. Raises UsageError for anything else, and for a part that there is not."""
        match = _FORM.fullmatch(text.strip())
        help = "write --shard 1/4, 2/4, …, 4/4"
        if match is None:
            raise UsageError(f"--shard {text!r:.40}: not a part such as 3/8", help)
        found = cls(int(match[1]), int(match[2]))
        fault = RANGES["shards"].fault("the number of shards", found.of)
        if not fault and not 1 <= found.number <= found.of:
            fault = f"there is no shard {found.number} of {found.of}"
        if fault:
            raise UsageError(f"--shard {text}: {fault}", help)
        return found

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def holds(self, suite: str, case_id: str) -> bool:
        """Whether a case is in this part: by its suite and id alone, so that no other case moves it."""
        return self == shard_with(suite, case_id, self.of)


def shard_with(suite: str, case_id: str, of: int) -> Shard:
    """Which of so many parts a case is in."""
    return Shard(seeded_rank(_SEED, f"{suite}\x00{case_id}") % of + 1, of)
