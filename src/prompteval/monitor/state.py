"""What `watch` remembers between looks and restarts, as one small file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from prompteval.core.errors import UsageError
from prompteval.core.strict_json import loads
from prompteval.workspace.safe_paths import check_regular
from prompteval.workspace.writing import write_whole

SCHEMA: Final = "prompteval/monitor-state@1"
# Notices that could not be delivered and are tried again at the next look; of more the oldest are dropped.
MOST_PENDING: Final = 100


@dataclass(frozen=True, slots=True)
class SignalState:
    """One signal: the evidence so far, since when it alerts (None: it does not), clear looks in a row."""

    evidence: float = 0.0
    alerting_since: float | None = None
    clear: int = 0


@dataclass(frozen=True, slots=True)
class WatchState:
    """All that a restart needs.

    `log` and `reference` are those it was made with. `read_until` is the time of the newest row that a look
    has used, in seconds since 1970, `waiting` the looks since then. `pending` are notices not delivered yet.
    """

    log: str
    reference: str
    looks: int = 0
    read_until: float | None = None
    waiting: int = 0
    signals: Mapping[str, SignalState] = field(default_factory=dict)
    pending: tuple[Mapping[str, object], ...] = ()

    @property
    def alerting(self) -> list[str]:
        """The signals that alert, by name."""
        return sorted(name for name, state in self.signals.items() if state.alerting_since is not None)


class _SignalForm(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    evidence: float
    alerting_since: float | None
    clear: int


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    schema_: str
    log: str
    reference: str
    looks: int
    read_until: float | None
    waiting: int
    signals: dict[str, _SignalForm]
    pending: list[dict[str, object]]


def load_state(path: Path, log: str, reference: str) -> WatchState:
    """The state in a file, a new one where there is none.

    Raises UsageError for a file that is not a state, or is that of another log or reference.
    """
    check_regular(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return WatchState(log, reference)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--state {path}: {error}") from None
    try:
        raw = loads(text)
        raw["schema_"] = raw.pop("schema")
        form = _Form.model_validate(raw)
    except (ValueError, ValidationError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f"--state {path}: not a state of `monitor watch`", "remove it, or name another"
        ) from None
    if form.schema_ != SCHEMA:
        raise UsageError(f"--state {path}: {form.schema_!r}, and {SCHEMA} is read", "name another file")
    if (form.log, form.reference) != (log, reference):
        message = f"--state {path}: it is of log {form.log} and reference {form.reference or 'none'}"
        raise UsageError(message, "name another file for this log")
    signals = {
        name: SignalState(one.evidence, one.alerting_since, one.clear) for name, one in form.signals.items()
    }
    head = (form.log, form.reference, form.looks, form.read_until, form.waiting)
    return WatchState(*head, signals, tuple(form.pending))


def save_state(path: Path, state: WatchState) -> None:
    """Write the state, whole or not at all, its owner's alone. Raises UsageError."""
    kept = replace(state, pending=state.pending[-MOST_PENDING:])
    text = json.dumps({"schema": SCHEMA, **asdict(kept)}, indent=1, sort_keys=True)
    try:
        write_whole(path, [text.encode("ascii"), b"\n"], within=None, private=True)
    except OSError as error:
        raise UsageError(f"--state {path}: {error.strerror}") from None
