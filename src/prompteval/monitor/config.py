"""`monitor.yaml` as it is read: every problem of it at its own place."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Collector
from prompteval.core.ranges import RANGES
from prompteval.plan.monitor_file import MonitorFile, PredictionsFile, SignalsFile
from prompteval.workspace.safe_paths import check_regular
from prompteval.workspace.text import decode
from prompteval.workspace.validation import validate
from prompteval.workspace.yaml12 import parse


@dataclass(frozen=True, slots=True)
class MonitorConfig:
    """A monitor file as it was read; `path` is empty for the signals that are watched without one."""

    file: MonitorFile
    path: str = ""
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def signals(self) -> SignalsFile:
        return self.file.signals

    def every(self, seconds: float) -> "MonitorConfig":
        """The same with so many seconds between looks. Raises UsageError for what is out of range."""
        fault = RANGES["every_s"].fault("the time between looks", seconds)
        if fault:
            raise UsageError(fault)
        watch = self.file.watch.model_copy(update={"every_s": seconds})
        return replace(self, file=self.file.model_copy(update={"watch": watch}))

    def predictions_only(self) -> "MonitorConfig":
        """The same with no signal but predictions."""
        predictions = self.signals.predictions or PredictionsFile.model_validate({})
        signals = self.signals.model_copy(
            update={
                "predictions": predictions,
                "inputs": None,
                "latency": None,
                "errors": None,
                "feedback": None,
            }
        )
        return replace(self, file=self.file.model_copy(update={"signals": signals, "slices": []}))

    @property
    def needs_reference(self) -> bool:
        """Whether a signal compares the log with anything."""
        signals = self.signals
        return signals.predictions is not None or signals.inputs is not None or signals.feedback is not None


def default_config(prompt: str = "") -> MonitorConfig:
    """Predictions, lengths of inputs and errors, at the default thresholds."""
    signals: dict[str, dict[str, object]] = {"predictions": {}, "inputs": {}, "errors": {}}
    return MonitorConfig(MonitorFile.model_validate({"signals": signals, "prompt": prompt}))


def load_config(path: Path) -> MonitorConfig:
    """The configuration in a file.

    Raises UsageError where it cannot be read, InvalidInput with all of its problems.
    """
    name = str(path)
    check_regular(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"--config {name}: {error.strerror}", "`prompteval monitor init` writes one"
        ) from None
    document = parse(decode(data, name), name)
    problems = Collector(name)
    if not isinstance(document.value, dict):
        message, help = "a monitor file is a mapping of keys to values", "see `prompteval schema monitor`"
        problems.add(*document.place(()), "PE601", message, help)
        raise InvalidInput(problems.found)
    file = validate(MonitorFile, document.value, problems, document.place_of)
    if file is None:
        raise InvalidInput(problems.found)
    return MonitorConfig(file, name)
