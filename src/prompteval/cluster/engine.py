"""What a run needs of a distributed engine: workers, and the desk from which they lease."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from prompteval.cluster.messages import pack, unpack
from prompteval.cluster.task import ShardResult, ShardTask


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """Where a desk keeps its accounts, and how much money there is, in USD."""

    accounts: Path
    max_cost: float | None

    def pack(self) -> bytes:
        """As JSON."""
        return pack({**asdict(self), "accounts": str(self.accounts)})

    @classmethod
    def unpack(cls, data: bytes) -> "DeskSettings":
        """The settings behind their JSON."""
        body = unpack(data)
        return cls(Path(body["accounts"]), body["max_cost"])


class Engine(Protocol):
    """Runs shards on workers that are there already."""

    @property
    def workers(self) -> int:
        """How many shards run at a time."""
        ...

    @property
    def machine(self) -> str:
        """Where this process is, as its workers name it."""
        ...

    def results(self, run_id: str, desk: DeskSettings, tasks: Sequence[ShardTask]) -> Iterator[ShardResult]:
        """Run all tasks; the result of each as it ends. One whose worker died again and again says so.

        No generator: it can be asked again after a KeyboardInterrupt that came while it waited.
        """
        ...

    def stop(self) -> None:
        """Begin no further task, and ask those that run to end: their results still come."""
        ...

    def close(self) -> None:
        """Leave the cluster as it was found. Safe to call twice."""
        ...
