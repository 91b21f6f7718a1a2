"""The work of one shard as it is handed to a worker, and what the worker says of it, in JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prompteval.cluster.messages import pack, pack_task, refuse_other_version, unpack
from prompteval.engine.files import run_directory
from prompteval.plan.run_options import RunOptions
from prompteval.plan.shard import Shard

CASES_A_SHARD = 250
# Every shard reads the case files, so that there are no more of them than keep all workers busy to the end.
SHARDS_A_WORKER = 8
MOST_SHARDS = 10_000


def shards_for(cases: int, workers: int) -> int:
    """How many parts a run of so many cases has."""
    return max(min(-(-cases // CASES_A_SHARD), SHARDS_A_WORKER * workers, MOST_SHARDS), 1)


def shard_directory(state: Path, run_id: str, shard: Shard) -> Path:
    """Where the results of a shard lie until they are merged."""
    return run_directory(state, run_id) / f"{shard.number}-of-{shard.of}"


@dataclass(frozen=True, slots=True)
class ShardTask:
    """One shard of a run: where the workspace lies, what is run, and from what content.

    `content` are the suites and entries of the run's manifest, which the worker's must equal. `machine` is
    the driver's, whose workers may use the cache.
    """

    root: Path
    run_id: str
    shard: Shard
    options: RunOptions
    content: Mapping[str, object]
    machine: str

    def pack(self) -> bytes:
        """As JSON."""
        options = self.options
        return pack_task({
            "root": str(self.root), "run_id": self.run_id,
            "shard": [self.shard.number, self.shard.of], "selected": options.as_json(),
            "concurrency": options.concurrency,
            "replay": None if options.replay is None else str(options.replay.resolve()),
            "max_cost": options.max_cost, "max_wait": options.max_wait,
            "content": self.content, "machine": self.machine,
        })  # fmt: skip

    @classmethod
    def of_body(cls, body: Mapping[str, Any]) -> "ShardTask":
        """The task behind its JSON object. Raises UsageError for one of another version of prompteval."""
        refuse_other_version(body, "run")
        given = RunOptions(
            concurrency=body["concurrency"],
            replay=None if body["replay"] is None else Path(body["replay"]),
            max_cost=body["max_cost"],
            max_wait=body["max_wait"],
        )
        return cls(
            Path(body["root"]),
            body["run_id"],
            Shard(*body["shard"]),
            given.selecting(body["selected"]),
            body["content"],
            body["machine"],
        )


@dataclass(frozen=True, slots=True)
class ShardResult:
    """How a shard ended: what its run says, or the error that kept it from running.

    `cases` are all that it has, those of an attempt before this one too. `stopped` is why it stopped before
    every case was done, which holds for the others too.
    """

    shard: Shard
    cases: int = 0
    errors: int = 0
    cached: int = 0
    stopped: str = ""
    error: str = ""
    exit_code: int = 0

    def pack(self) -> bytes:
        """As JSON."""
        return pack({**asdict(self), "shard": [self.shard.number, self.shard.of]})

    @classmethod
    def unpack(cls, data: bytes) -> "ShardResult":
        """The result behind its JSON."""
        body: dict[str, Any] = unpack(data)
        return cls(Shard(*body.pop("shard")), **body)
