"""What `serve` is asked for."""

from dataclasses import dataclass
from typing import Final

from prompteval.core.errors import UsageError
from prompteval.engine.logged_inputs import LogInputs

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of the verb, each as its help says; times are seconds, sizes bytes.

    `log` is None where nothing is logged. `references` are empty for every prompt.
    """

    references: tuple[str, ...] = ()
    model: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    log: str | None = None
    log_inputs: LogInputs = "redacted"
    keep_s: float | None = None
    max_body: int = 1_000_000
    timeout_s: float = 30.0
    concurrency: int = 64
    filters: tuple[str, ...] = ()
    unpublished: bool = False
    token_env: str | None = None
    allow_hosts: tuple[str, ...] = ()
    access_log: bool = False

    def refuse_open(self) -> None:
        """Raise UsageError for an address that others reach without a token and a list of host names."""
        if self.host in LOOPBACK:
            return
        if self.token_env is None:
            raise UsageError(f"--host {self.host} is reached from elsewhere", "add --token-env NAME")
        if not self.allow_hosts:
            raise UsageError(f"--host {self.host} is reached from elsewhere", "add --allow-host NAME")
