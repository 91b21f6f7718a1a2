"""One check: a log's window beside a reference, signal by signal, and one verdict."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from prompteval.core.errors import UsageError
from prompteval.core.prediction import written_time
from prompteval.core.problem import did_you_mean
from prompteval.monitor.check_signals import adjusted, reading_of, signals_of, slices_of
from prompteval.monitor.check_view import check_view
from prompteval.monitor.config import MonitorConfig
from prompteval.monitor.fields import Reading
from prompteval.monitor.labels import LabelledRows, labelled_rows
from prompteval.monitor.log_files import log_parts
from prompteval.monitor.read_log import read_log, window_of
from prompteval.monitor.reference import FindWorkspace, Reference, is_log, load_reference
from prompteval.monitor.scan import LogSummary
from prompteval.report.monitoring.view import MonitorView

# Clocks of machines differ by less.
AHEAD_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of a log are checked: those of its last seconds, or its last rows; all without either."""

    seconds: float | None = None
    last: int | None = None


def check_log(
    log: str,
    reference: str | None,
    config: MonitorConfig,
    workspace: FindWorkspace,
    window: Window | None = None,
) -> MonitorView:
    """Check a log. Raises UsageError where it, the reference, or what a signal needs is not there."""
    window = window or Window()
    if reference is not None and window == Window():
        _refuse_itself(log, reference)
    reading = window_of(log, reading_of(config), seconds=window.seconds, last=window.last)
    found = reference_of(reference, reading, config, workspace)
    view = checked(log, reading, found, config, workspace)
    ahead = still_to_come(view.newest, time.time())
    if not ahead:
        return view
    sentence = f"{ahead}, and windows end with it; correct such rows"
    return replace(view, notes=[*view.notes, sentence], unknown=[*view.unknown, sentence])


def still_to_come(newest: float | None, now: float) -> str:
    """That the newest row is of a time still to come, as half a sentence; empty where it is not."""
    if newest is None or newest <= now + AHEAD_S:
        return ""
    return f"the newest row is of {written_time(newest)}, which is still to come here"


def _refuse_itself(log: str, reference: str) -> None:
    """Raise UsageError for a whole log beside itself: it would be quiet for any rows."""
    if is_log(reference) and _files(log) == _files(reference):
        raise UsageError(
            f"the reference {reference} is the log itself, and nothing of it can differ",
            "name an earlier log or a run, or compare a part of it by --window or --last",
        )


def _files(log: str) -> set[str]:
    return {str(part.resolve() if isinstance(part, Path) else part) for part in log_parts(log)}


def reference_of(
    name: str | None, reading: Reading, config: MonitorConfig, workspace: FindWorkspace
) -> Reference | None:
    """The reference of a check, None where no signal needs one. Raises UsageError where one is missing."""
    if name is None and config.needs_reference:
        raise UsageError(
            "nothing to compare the log with", "name it: --reference RUN, baseline, or an earlier log"
        )
    if name is None:
        return None
    labels = config.signals.feedback is not None
    return load_reference(name, reading, workspace, suite=config.file.suite, labels=labels)


def checked(
    log: str, reading: Reading, reference: Reference | None, config: MonitorConfig, workspace: FindWorkspace
) -> MonitorView:
    """Check the rows that a reading asks for. Raises UsageError as `check_log`."""
    summary = read_log(log, reading)
    if not summary.window.rows:
        _refuse_other_prompt(summary, config.file.prompt)
    labelled = LabelledRows()
    if config.signals.feedback is not None:  # labels come late: a watch reads those of earlier rows too
        since = reading.since if reading.oldest is None else reading.oldest
        labelled = labelled_rows(log, replace(reading, since=since))
    signals = list(signals_of(config, reference, summary, labelled, workspace))
    slices = slices_of(config, reference, summary)
    signals, slices = adjusted(signals, slices)
    return check_view(log, reading, summary, reference, signals, slices)


def _refuse_other_prompt(summary: LogSummary, prompt: str) -> None:
    known = summary.prompt_names
    if prompt and prompt not in known:
        raise UsageError(f"the log has no row of prompt {prompt!r}", did_you_mean(prompt, known))
