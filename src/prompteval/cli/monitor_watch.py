"""`prompteval monitor watch`: look at a log again and again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb
from prompteval.cli.monitor_options import Config, Log, Prompt, Reference, Suite, config_of, seconds_of
from prompteval.cli.shared import within

if TYPE_CHECKING:
    from prompteval.monitor.config import MonitorConfig
    from prompteval.monitor.state import WatchState
    from prompteval.monitor.watch import Look

EPILOG = """\
\b
Examples:
  prompteval monitor watch predictions.jsonl --reference baseline
  prompteval monitor watch predictions.jsonl --reference last --every 10m --state watch.json
  prompteval monitor watch predictions.jsonl --reference last --looks 1       once, from cron

Exit codes: 0 quiet after the last look, 1 a signal alerts, 2 wrong input, 3 no row has what a signal reads,
130 interrupted.
"""

Every = Annotated[
    str | None,
    typer.Option("--every", help="Time between two looks: 30s, 5m. [default: every_s of the file, 300]"),
]
Looks = Annotated[
    int | None, typer.Option("--looks", help="End after N looks. [default: never]", callback=within("limit"))
]
StateFile = Annotated[
    Path | None, typer.Option("--state", help="The file that remembers. [default: one in .prompteval/]")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print each look as one line of JSON.")]


def register(app: typer.Typer) -> None:
    app.command("watch", epilog=EPILOG)(verb(watch))


def watch(  # noqa: PLR0913 - the options of a verb
    log: Log,
    reference: Reference = None,
    config: Config = None,
    prompt: Prompt = None,
    suite: Suite = None,
    every: Every = None,
    looks: Looks = None,
    state: StateFile = None,
    as_json: AsJson = False,
) -> int:
    """Look at a log's new rows again and again; call a webhook or a command once an alert starts or ends.

    Evidence adds up over looks, so that false alarms are as far apart as `watch.false_alarm_days` says. What
    was seen is kept in a file, and a restart continues from it.
    """
    import time
    from functools import partial

    from prompteval.core.errors import UsageError
    from prompteval.core.exit_codes import FAIL, INCOMPLETE, PASS, deciding
    from prompteval.monitor.check import reference_of
    from prompteval.monitor.check_signals import reading_of
    from prompteval.monitor.state import load_state, save_state
    from prompteval.monitor.watch import ahead_of, false_alarm_words, look
    from prompteval.workspace.settings import find_workspace

    found = config_of(config, prompt, suite)
    if every is not None:
        found = found.every(seconds_of("--every", every))
    workspace = partial(find_workspace, Path.cwd())
    name = reference or found.file.reference or None
    held = reference_of(name, reading_of(found), found, workspace)
    path = state or _state_file(log, name or "")
    known = load_state(path, log, name or "")
    save_state(path, known)
    printer.stderr_line(false_alarm_words(found.file.watch))
    done, code = 0, PASS
    while True:
        try:
            seen = look(log, held, found, workspace, known)
        except UsageError as error:
            if done == 0:
                raise
            printer.stderr_line(f"warning: {error}; the next look is in {found.file.watch.every_s:g} s")
        else:
            known = _delivered(seen.state, found)
            save_state(path, known)
            _print(seen, as_json=as_json)
            ahead = ahead_of(known, time.time())
            if ahead:
                printer.stderr_line(f"warning: {ahead}; correct those rows and remove {path}")
            printer.flush()  # a pipe would hold it back for hours
            code = INCOMPLETE if seen.unread or (ahead and seen.view is None) else PASS
        done += 1
        if looks is not None and done >= looks:
            return deciding([FAIL if known.alerting else PASS, code])
        time.sleep(found.file.watch.every_s)


def _state_file(log: str, reference: str) -> Path:
    """The file of one log and reference in the workspace's own directory."""
    from prompteval.core.fingerprint import fingerprint
    from prompteval.workspace.settings import find_workspace

    digest = fingerprint([str(Path(log).absolute()), reference]).partition(":")[2][:16]
    return find_workspace(Path.cwd()).state_dir() / f"monitor-{digest}.json"


def _delivered(state: "WatchState", config: "MonitorConfig") -> "WatchState":
    """The state without the notices that were delivered; those that were not are kept for the next look."""
    from dataclasses import replace

    from prompteval.monitor.notify import deliver

    left = []
    for notice in state.pending:
        fault = deliver(notice, config.file.watch)
        if fault:
            printer.stderr_line(f"warning: {fault}; the notice is sent again at the next look")
            left.append(notice)
    return replace(state, pending=tuple(left))


def _print(seen: "Look", *, as_json: bool) -> None:
    from prompteval.monitor.watch import look_lines
    from prompteval.report.monitoring.json import document

    if as_json:
        check = None if seen.view is None else document(seen.view)
        printer.json_line(
            {
                "look": seen.state.looks,
                "alerting": seen.state.alerting,
                "events": list(seen.notices),
                "check": check,
            }
        )
        return
    for line in look_lines(seen):
        printer.line(line)
