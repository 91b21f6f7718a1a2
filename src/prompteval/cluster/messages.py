"""What workers and the desk say to each other, as JSON in bytes; nothing else crosses between them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from prompteval._version import __version__
from prompteval.cluster.leases.ledger import Correction, Demand, Lease, Spent, Wait
from prompteval.cluster.leases.wallet import Report
from prompteval.core.errors import UsageError
from prompteval.core.strict_json import loads


def pack(body: Mapping[str, object]) -> bytes:
    """JSON in bytes."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def unpack(data: bytes) -> dict[str, Any]:
    """The JSON object in some bytes. Raises ValueError for anything else."""
    body = loads(data)
    if not isinstance(body, dict):
        raise ValueError("a message must be an object")
    return body


def pack_task(body: Mapping[str, object]) -> bytes:
    """JSON in bytes, with the version of prompteval that a worker must have."""
    return pack({"prompteval": __version__, **body})


def refuse_other_version(body: Mapping[str, object], what: str) -> None:
    """Raise UsageError for a task that another version of prompteval packed; `what` it is of."""
    if body.get("prompteval") != __version__:
        message = f"a worker has prompteval {__version__}, and the {what} is of {body.get('prompteval')}"
        raise UsageError(message, "install the same version on every machine")


@dataclass(frozen=True, slots=True)
class LeaseMessage:
    """The report of a worker's last lease of a model, and what it asks for.

    `pause_s` is how long the server asked to be left alone, 0 where it did not.
    """

    worker: str
    model: str
    rpm: int | None
    tpm: int | None
    report: Report
    demand: Demand | None
    pause_s: float = 0.0

    def pack(self) -> bytes:
        """As JSON."""
        report, demand = self.report, self.demand
        return pack({
            "kind": "lease", "worker": self.worker, "model": self.model, "rpm": self.rpm, "tpm": self.tpm,
            "lease": report.number,
            "spent": [[one.age_s, one.calls, one.tokens] for one in report.spent],
            "corrections": [[one.age_s, one.tokens] for one in report.corrections],
            "demand": None if demand is None else [demand.calls, demand.tokens, demand.first],
            "pause_s": self.pause_s,
        })  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "LeaseMessage":
        """The message behind its JSON."""
        spent = tuple(Spent(*one) for one in body["spent"])
        corrections = tuple(Correction(*one) for one in body["corrections"])
        demand = None if body["demand"] is None else Demand(*body["demand"])
        report = Report(body["lease"], spent, corrections)
        return cls(body["worker"], body["model"], body["rpm"], body["tpm"], report, demand, body["pause_s"])


def packed_answer(answer: Lease | Wait | None) -> bytes:
    """What the desk answers a LeaseMessage; None where nothing was asked for."""
    if isinstance(answer, Lease):
        return pack({"lease": [answer.number, answer.calls, answer.tokens, answer.seconds, answer.every_s]})
    return pack({} if answer is None else {"wait": answer.seconds})


def unpacked_answer(data: bytes) -> Lease | Wait:
    """The lease, or how long to wait. Raises ValueError for what is neither."""
    body = unpack(data)
    if "lease" in body:
        return Lease(*body["lease"])
    if "wait" in body:
        return Wait(float(body["wait"]))
    raise ValueError("neither a lease nor a wait")


@dataclass(frozen=True, slots=True)
class MoneyMessage:
    """What a shard has spent in all, and what it asks for, in USD.

    A worker that `begins` takes the place of one that will not report again, whose rows it has counted; one
    that `gives_back` keeps nothing of what it had leased and not spent.
    """

    worker: str
    spent_usd: float
    least_usd: float = 0.0
    wanted_usd: float = 0.0
    begins: bool = False
    gives_back: bool = False

    def pack(self) -> bytes:
        """As JSON."""
        return pack({"kind": "money", **asdict(self)})


@dataclass(frozen=True, slots=True)
class MoneyAnswer:
    """USD that were leased, 0 where too little is left; that all workers spent, and may have lost.

    `held_usd` is what others may yet give back.
    """

    granted_usd: float
    spent_usd: float
    lost_usd: float
    held_usd: float

    def pack(self) -> bytes:
        """As JSON."""
        return pack(asdict(self))

    @classmethod
    def unpack(cls, data: bytes) -> "MoneyAnswer":
        """The answer behind its JSON."""
        body = unpack(data)
        return cls(*(float(body[f"{name}_usd"]) for name in ("granted", "spent", "lost", "held")))
