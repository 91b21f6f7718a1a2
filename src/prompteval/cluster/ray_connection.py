"""The Ray cluster at RAY_ADDRESS, joined; none is ever started."""

import logging
import os
import socket
from typing import TYPE_CHECKING

from prompteval.core.errors import MissingExtra, UsageError
from prompteval.core.exit_codes import CRASH, INCOMPLETE

if TYPE_CHECKING:
    from ray.exceptions import RayError

ADDRESS = "RAY_ADDRESS"
NAMESPACE = "prompteval"
CONNECT_S = 5.0
# How often a shard, or a part of an index, whose worker died is begun again.
RETRIES = 3


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
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise UsageError(f"--cluster ray: no cluster at {address:.200}: {error}", help) from None


def failure_of(error: "RayError") -> tuple[str, int]:
    """(what kept a worker from its answer, the exit code of it): its own crash, or its death each time."""
    from ray.exceptions import RayTaskError

    if isinstance(error, RayTaskError):
        return f"crashed: {error.cause!r:.300}", CRASH
    return f"its worker died {RETRIES + 1} times: {type(error).__name__}", INCOMPLETE


class RayConnection:
    """A cluster that was joined: `workers` is the number of its processors, `machine` where this process is.

    Raises MissingExtra without Ray, and UsageError where the variable is not the address of a cluster.
    """

    def __init__(self) -> None:
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
        if self.workers < 1:
            self.close()
            raise UsageError(f"--cluster ray: the cluster at {address} has no processors", "add a node")

    def close(self) -> None:
        """Leave the cluster; the desk ends with this process's part of it."""
        import ray

        if ray.is_initialized():
            ray.shutdown()
