"""The Ray cluster at RAY_ADDRESS, joined; none is ever started."""

import logging
import os
import socket
from collections.abc import Collection, Sequence
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from prompteval.core.errors import ClusterLost, MissingExtra, UsageError
from prompteval.core.exit_codes import CRASH, INCOMPLETE

if TYPE_CHECKING:
    import ray
    from ray.exceptions import RayError

T = TypeVar("T")

ADDRESS = "RAY_ADDRESS"
NAMESPACE = "prompteval"
CONNECT_S = 5.0
# How often a shard, or a part of an index, whose worker died is begun again.
RETRIES = 3
# How often the cluster is looked at while it works; how long its head may be away, which may be restarted,
# and all of its processors, which an autoscaler may bring.
LOOK_EVERY_S = 5.0
HEAD_AWAY_S = 30.0
NO_PROCESSORS_S = 300.0
# Ray itself ends the process, with exit code 1, so many seconds after the head was last seen.
RAY_ENDS_AFTER = "RAY_gcs_rpc_server_reconnect_timeout_s", "3600"


def _reach(address: str) -> None:
    """Connect to HOST:PORT and hang up. Raises OSError, OverflowError and UnicodeError."""
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()


def _refuse_unreachable(address: str, help: str) -> None:
    """Raise UsageError for an address that is no cluster's; Ray itself would try it for minutes.

    `auto` is the cluster that runs on this machine.
    """
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if "://" in address or not host or not port.isdecimal():
        raise UsageError(f"--cluster ray: {ADDRESS}={address:.200} is not a host with a port", help)
    try:
        _reach(address)
    except (OSError, OverflowError, UnicodeError) as error:
        raise UsageError(f"--cluster ray: no cluster at {address:.200}: {error}", help) from None


def failure_of(error: "RayError") -> tuple[str, int]:
    """(what kept a worker from its answer, the exit code of it): its own crash, or its death each time."""
    from ray.exceptions import LocalRayletDiedError, RayTaskError

    if isinstance(error, RayTaskError):
        return f"crashed: {error.cause!r:.300}", CRASH
    if isinstance(error, LocalRayletDiedError):
        return "Ray has ended on this machine", INCOMPLETE
    return f"its worker died {RETRIES + 1} times: {type(error).__name__}", INCOMPLETE


class _Watch:
    """Whether a cluster can still do its work, looked at now and then."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._looked = self._head_seen = self._processors_seen = monotonic()
        self.lost = ""

    def look(self) -> None:
        """Raise ClusterLost once the head, or every processor, was away for too long."""
        if not self.lost and monotonic() - self._looked >= LOOK_EVERY_S:
            self.lost = self._away()
            self._looked = monotonic()
        if self.lost:
            raise ClusterLost(self.lost)

    def _away(self) -> str:
        """What was away for too long; empty for nothing."""
        import ray

        try:
            _reach(self._address)
        except OSError:
            away = monotonic() - self._head_seen
            return f"the head at {self._address} cannot be reached" if away >= HEAD_AWAY_S else ""
        self._head_seen = monotonic()
        if ray.cluster_resources().get("CPU", 0) >= 1:
            self._processors_seen = monotonic()
        away = monotonic() - self._processors_seen
        return f"the cluster has no processors for {away:.0f} s" if away >= NO_PROCESSORS_S else ""


class RayConnection:
    """A cluster that was joined: `workers` is the number of its processors, `machine` where this process is.

    Raises MissingExtra without Ray, and UsageError where the variable is not the address of a cluster.
    """

    def __init__(self) -> None:
        os.environ.setdefault(*RAY_ENDS_AFTER)  # read as Ray is imported
        try:
            import ray
        except ImportError:
            raise MissingExtra("--cluster ray", "ray") from None
        address = os.environ.get(ADDRESS, "").strip()
        help = f"set {ADDRESS} to a cluster that runs, such as 10.0.0.1:6379"
        if not address:
            raise UsageError(f"--cluster ray: {ADDRESS} is not set", help)
        _refuse_unreachable(address, help)
        try:
            ray.init(
                address=address, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.ERROR,
            )  # fmt: skip
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UsageError(f"--cluster ray: no cluster at {address}: {reason:.200}", help) from None
        self.workers = int(ray.cluster_resources().get("CPU", 0))
        self.machine: str = ray.get_runtime_context().get_node_id()
        self._watch = _Watch(ray.get_runtime_context().gcs_address)
        if self.workers < 1:
            self.close()
            raise UsageError(f"--cluster ray: the cluster at {address} has no processors", "add a node")

    def ended(self, running: Collection["ray.ObjectRef[T]"]) -> Sequence["ray.ObjectRef[T]"]:
        """One of the tasks that run, once it has ended; none after a second.

        Raises ClusterLost, and for a cluster that was found lost before without waiting.
        """
        import ray

        found, _ = ray.wait(list(running), num_returns=1, timeout=0.0 if self._watch.lost else 1.0)
        if not found:
            self._watch.look()
        return list(found)

    def close(self) -> None:
        """Leave the cluster; the desk ends with this process's part of it."""
        import ray

        if ray.is_initialized():
            ray.shutdown()
