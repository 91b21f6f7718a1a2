"""`prompteval list`, `show`: what there is, and what happened."""

from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb
from prompteval.cli.shared import within

RunName = Annotated[
    str,
    typer.Argument(help="A run id, its first characters, or `last`.", autocompletion=completion.runs),
]
CaseId = Annotated[str | None, typer.Option("--case", help="Show one case in full.")]
Worst = Annotated[
    int | None,
    typer.Option("--worst", help="List the N worst cases.", callback=within("worst")),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Print confusion tables too.")]


def register(app: typer.Typer) -> None:
    app.command("list", epilog="Example: prompteval list --json")(verb(list_workspace))
    app.command("show", epilog="Example: prompteval show last --worst 10")(verb(show))


def list_workspace(as_json: AsJson = False) -> int:
    """List prompts with their versions, and suites."""
    from prompteval.workspace.discovery import prompt_files, suite_files
    from prompteval.workspace.settings import find_workspace
    from prompteval.workspace.tree import WorkingTree

    tree = WorkingTree(find_workspace(Path.cwd()).root)
    prompts = {name: [f"v{file.version}" for file in files] for name, files in prompt_files(tree).items()}
    suites = list(suite_files(tree))
    if as_json:
        printer.document({"prompts": prompts, "suites": suites})
        return 0
    for name, versions in prompts.items():
        printer.line(f"prompt  {name}  {' '.join(versions)}")
    for path in suites:
        printer.line(f"suite   {path}")
    return 0


def show(
    run: RunName = "last",
    case: CaseId = None,
    worst: Worst = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> int:
    """Show a stored run: its tables, one case in full, or the worst cases."""
    from prompteval.cli.output import print_last_lines
    from prompteval.cli.output import show as show_tables
    from prompteval.engine.stored import case_rows, stored_view, worst_rows
    from prompteval.report.case import render_case, worst_line
    from prompteval.report.rows import row_json
    from prompteval.workspace.settings import find_workspace

    workspace = find_workspace(Path.cwd())
    if case is not None or worst is not None:
        rows = (
            case_rows(workspace, run, case) if case is not None else worst_rows(workspace, run, worst or 10)
        )
        for row in rows:
            if as_json:
                printer.json_line(row_json(row))
            elif case is not None:
                printer.show("".join(render_case(row)))
            else:
                printer.show(worst_line(row))
        return 0
    view = stored_view(workspace, run)
    if as_json:
        printer.document(view.as_json())
    else:
        show_tables(view, verbose=verbose)
        print_last_lines(view)
    return 0
