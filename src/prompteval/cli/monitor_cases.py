"""`prompteval monitor cases`: logged rows into golden cases."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb
from prompteval.cli.monitor_options import (
    Config,
    Last,
    Log,
    Prompt,
    Reference,
    Suite,
    WindowText,
    config_of,
    window_asked,
)
from prompteval.cli.shared import within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prompteval.monitor.cases import GrownCases
    from prompteval.monitor.check import Window
    from prompteval.monitor.config import MonitorConfig
    from prompteval.monitor.pick import Pick

EPILOG = """\
\b
Examples:
  prompteval monitor cases predictions.jsonl -o datasets/from_log.jsonl
  prompteval monitor cases predictions.jsonl -o new.jsonl --pick wrong --pick doubtful --limit 100
  prompteval monitor cases predictions.jsonl -o new.jsonl --labels labels.jsonl --against datasets/c.jsonl
"""

Output = Annotated[
    Path, typer.Option("-o", "--output", help="The case file to write, .jsonl; it must be new.")
]
Picks = Annotated[
    list[str] | None,
    typer.Option(
        "--pick",
        help="wrong, labelled, doubtful, drifted or sample; repeat for several. [default: the first three]",
    ),
]
Limit = Annotated[int, typer.Option("--limit", help="Rows of each pick at most.", callback=within("limit"))]
Labels = Annotated[
    Path | None, typer.Option("--labels", help='Labels as JSONL: {"request_id": …, "label": …}.')
]
Against = Annotated[
    list[Path] | None,
    typer.Option("--against", help="Case files whose inputs are left out; repeat for several."),
]
Seed = Annotated[
    int, typer.Option("--seed", help="The order in which rows are picked.", callback=within("seed"))
]


def register(app: typer.Typer) -> None:
    app.command("cases", epilog=EPILOG)(verb(cases))


def cases(  # noqa: PLR0913 - the options of a verb
    log: Log,
    output: Output,
    picks: Picks = None,
    limit: Limit = 50,
    labels: Labels = None,
    against: Against = None,
    reference: Reference = None,
    window: WindowText = None,
    last: Last = None,
    config: Config = None,
    prompt: Prompt = None,
    suite: Suite = None,
    seed: Seed = 0,
) -> int:
    """Write logged rows as golden cases to review: personal data masked, with where each came from.

    The label of a case comes from the log's feedback or from --labels; a case without one has no expected
    value yet. `drifted` picks rows of the classes whose share rose most against --reference.
    """
    from prompteval.cli.output import write_pieces
    from prompteval.cli.paths import check_place
    from prompteval.core.errors import NothingSelected, UsageError
    from prompteval.monitor.cases import grown_cases
    from prompteval.monitor.check_signals import reading_of
    from prompteval.monitor.pick import PickRules
    from prompteval.monitor.read_log import window_of

    check_place("-o", output)
    if output.suffix != ".jsonl" or output.exists():
        wrong = "already exists" if output.exists() else "cases are written as .jsonl"
        raise UsageError(f"-o {output}: {wrong}", "name a new file, and review it before a suite reads it")
    chosen = _chosen(picks or ["wrong", "labelled", "doubtful"])
    found, asked = config_of(config, prompt, suite), window_asked(window, last)
    drifted = _drifted(log, reference, found, asked) if "drifted" in chosen else []
    reading = window_of(log, reading_of(found), seconds=asked.seconds, last=asked.last)
    rules = PickRules(chosen, limit, reading.field, seed, drifted)
    grown = grown_cases(
        log,
        rules,
        labels=labels,
        existing=_existing(against or []),
        prompt=reading.prompt,
        since=reading.since,
    )
    if not grown.lines:
        raise NothingSelected(f"no row of {log} is new and picked by {', '.join(chosen)}")
    write_pieces(output, grown.lines)
    for line in _words(grown, output):
        printer.line(line)
    return 0


def _chosen(names: list[str]) -> "list[Pick]":
    """The picks in their order. Raises UsageError for an unknown one."""
    from prompteval.core.errors import UsageError
    from prompteval.core.problem import did_you_mean
    from prompteval.monitor.pick import PICKS

    for name in names:
        if name not in PICKS:
            raise UsageError(f"unknown --pick {name!r}", did_you_mean(name, PICKS))
    return [pick for pick in PICKS if pick in names]


def _drifted(log: str, reference: str | None, found: "MonitorConfig", asked: "Window") -> list[str]:
    """The classes whose share rose most against the reference. Raises UsageError where there is none."""
    from functools import partial

    from prompteval.core.errors import UsageError
    from prompteval.monitor.check import check_log
    from prompteval.workspace.settings import find_workspace

    compared = reference or found.file.reference or None
    if compared is None:
        raise UsageError("--pick drifted needs something to compare with", "add --reference")
    view = check_log(log, compared, found.predictions_only(), partial(find_workspace, Path.cwd()), asked)
    return [one for signal in view.signals for one, before, after in signal.moved if after > before]


def _existing(files: list[Path]) -> "Iterator[object]":
    """The inputs of the cases of these files. Raises InvalidInput for a file that is wrong."""
    from prompteval.cases.load import load_cases
    from prompteval.core.errors import UsageError
    from prompteval.workspace.settings import find_workspace
    from prompteval.workspace.tree import WorkingTree

    if not files:
        return
    root = find_workspace(Path.cwd()).root.resolve()
    for file in files:
        if not file.resolve().is_relative_to(root):
            raise UsageError(
                f"--against {file}: leads out of the workspace", "keep case files below its root"
            )
        path = file.resolve().relative_to(root).as_posix()
        yield from (case.inputs for case in load_cases(WorkingTree(root), path))


def _words(grown: "GrownCases", output: Path) -> "Iterator[str]":
    from prompteval.core.text import counted

    picks = ", ".join(f"{count:,} {name}" for name, count in grown.picks.items())
    yield f"wrote {output}: {counted(len(grown.lines), 'case')} ({picks})"
    if grown.unlabelled:
        unlabelled = counted(grown.unlabelled, "case")
        yield f"without a label yet: {unlabelled} (add `expected`, or name a file with --labels)"
    if grown.duplicates:
        yield f"left out: {counted(grown.duplicates, 'row')} whose inputs are there already"
    if grown.masked:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(grown.masked.items()))
        yield f"masked: {kinds}; read the file before it is committed"
