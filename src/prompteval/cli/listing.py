"""`prompteval list`, `show`: what there is, and what happened."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb
from prompteval.cli.shared import RunName, within

if TYPE_CHECKING:
    from prompteval.engine.stored import UnfinishedRun
    from prompteval.workspace.settings import Workspace

CaseId = Annotated[str | None, typer.Option("--case", help="Show one case in full.")]
Worst = Annotated[
    int | None,
    typer.Option("--worst", help="List the N worst cases.", callback=within("worst")),
]
ByReason = Annotated[
    str | None,
    typer.Option("--reason", help="List the questions that failed by this reason, such as rank_miss."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Verbose = Annotated[
    bool,
    typer.Option("-v", "--verbose", help="Print all metrics, slices and tables, and long texts in full."),
]


def register(app: typer.Typer) -> None:
    app.command("list", epilog="Example: prompteval list --json")(verb(list_workspace))
    app.command("show", epilog="Example: prompteval show last --worst 10")(verb(show))


def list_workspace(as_json: AsJson = False) -> int:
    """List prompts with their versions, aliases, and suites."""
    from prompteval.prompt.lock import read_lock
    from prompteval.workspace.discovery import prompt_files, suite_files
    from prompteval.workspace.settings import find_workspace
    from prompteval.workspace.tree import WorkingTree

    tree = WorkingTree(find_workspace(Path.cwd()).root)
    prompts = {name: [f"v{file.version}" for file in files] for name, files in prompt_files(tree).items()}
    suites = list(suite_files(tree))
    aliases = {alias.reference: f"v{alias.version}" for alias in read_lock(tree).aliases.values()}
    if as_json:
        printer.document({"prompts": prompts, "suites": suites, "aliases": aliases})
        return 0
    for name, versions in prompts.items():
        printer.line(f"prompt  {name}  {' '.join(versions)}")
    for reference, version in aliases.items():
        printer.line(f"alias   {reference}  {version}")
    for path in suites:
        printer.line(f"suite   {path}")
    return 0


def show(
    run: RunName = "last",
    case: CaseId = None,
    worst: Worst = None,
    reason: ByReason = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> int:
    """Show a stored run: tables, one case in full, the worst cases, or those of a reason."""
    from prompteval.cli.output import print_last_lines
    from prompteval.cli.output import show as show_tables
    from prompteval.core.errors import UsageError
    from prompteval.engine.stored import case_rows, stored_view, unfinished, worst_rows
    from prompteval.report.case import worst_line
    from prompteval.report.one_case.terminal import render_case
    from prompteval.report.one_case.view import case_view
    from prompteval.report.rows import row_json
    from prompteval.workspace.settings import find_workspace

    workspace = find_workspace(Path.cwd())
    if [case, worst, reason].count(None) < 2:
        raise UsageError("give one of --case, --worst and --reason")
    if reason is not None:
        return _by_reason(workspace, run, reason, as_json=as_json)
    if case is not None or worst is not None:
        rows = (
            case_rows(workspace, run, case) if case is not None else worst_rows(workspace, run, worst or 10)
        )
        for row in rows:
            if as_json:
                printer.json_line(row_json(row))
            elif case is not None:
                printer.show("".join(render_case(case_view(row), verbose=verbose)))
            else:
                printer.show(worst_line(row))
        return 0
    if not as_json and (rest := unfinished(workspace, run)) is not None:
        return _what_is_there(rest)
    view = stored_view(workspace, run)
    if as_json:
        printer.document(view.as_json())
    else:
        show_tables(view, verbose=verbose)
        print_last_lines(view)
    return 0


def _what_is_there(run: "UnfinishedRun") -> int:
    """What is stored of a run that did not end, counted: it has no metrics yet."""
    from prompteval.core.text import counted

    for title, verdicts in run.rows.items():
        parts = ", ".join(f"{count:,} {verdict.value}" for verdict, count in verdicts.items())
        printer.show(f"{title}: {counted(sum(verdicts.values()), 'row')} stored: {parts}\n")
    total = sum(sum(verdicts.values()) for verdicts in run.rows.values())
    if total:
        printer.line(f"show them: prompteval show {run.run_id} --worst {min(total, 10)}")
    printer.show(f"\nrun {run.run_id}\n")
    printer.line(f"did not end, so it has no metrics and no verdict: {run.help} (exit 0)")
    return 0


def _by_reason(workspace: "Workspace", run: str, reason: str, *, as_json: bool) -> int:
    """The questions that failed by a reason: what was seen of each, and what to try."""
    from dataclasses import asdict

    from prompteval.engine.stored import reason_rows, stored_view
    from prompteval.report.advice import advice_on
    from prompteval.report.reasons import reason_lines
    from prompteval.report.rows import row_json

    run_id, known, rows = reason_rows(workspace, run, reason)
    if as_json:
        for row in rows:
            advice = advice_on(row)
            printer.json_line(row_json(row) | ({"failure": asdict(advice)} if advice else {}))
        return 0
    several = len(stored_view(workspace, run).results) > 1
    for line in reason_lines(run_id, known, rows, several=several):
        printer.show(line)
    return 0
