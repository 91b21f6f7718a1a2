"""`prompteval compare`: one version, commit or run against another, paired by case."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb
from prompteval.cli.shared import Concurrency, Inconclusive, InconclusiveAction, Offline, within
from prompteval.core.errors import PromptevalError
from prompteval.core.exit_codes import deciding

if TYPE_CHECKING:
    from prompteval.engine.compare.run_comparison import RunComparison
    from prompteval.report.comparison.view import ComparisonView
    from prompteval.report.view import RunView

EPILOG = """\
\b
Examples:
  prompteval compare git:main                  the working tree against a branch
  prompteval compare classify_intent@v1        another version of a prompt against the current one
  prompteval compare baseline last             the last run against the stored baselines
  prompteval compare 20260101-120000-abc123 last --min-effect 0.01 -o comparison.md

A and B are a run id, last, baseline:NAME (a run that `baseline set --name` named), name@v1,
name@production, git:REF or baseline; B is the working tree when it is left out.
Exit codes: 0 not worse, improved or inconclusive, 1 regressed, 3 incomplete, 4 inconclusive with
--inconclusive fail, 5 nothing in common.
"""
ENDINGS = (".json", ".md", ".html")


SideA = Annotated[
    str, typer.Argument(metavar="A", help="The reference: the old side.", autocompletion=completion.sides)
]
SideB = Annotated[
    str | None,
    typer.Argument(
        metavar="[B]", help="The new side. [default: the working tree]", autocompletion=completion.sides
    ),
]
Suites = Annotated[
    list[str] | None,
    typer.Option("--suite", help="Only this suite; repeat for several.", autocompletion=completion.suites),
]
Removed = Annotated[
    list[str] | None,
    typer.Option(
        "--removed", metavar="SUITE", help="This suite was removed from B on purpose; repeat for several."
    ),
]
MinEffect = Annotated[
    float | None,
    typer.Option(
        "--min-effect", help="The smallest drop that matters. [default: 0.02]", callback=within("min_effect")
    ),
]
Margin = Annotated[
    float | None,
    typer.Option("--margin", help="The drop to rule out. [default: --min-effect]", callback=within("margin")),
]
Alpha = Annotated[
    float | None,
    typer.Option("--alpha", help="Error rate, two-sided. [default: 0.05]", callback=within("alpha")),
]
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost", metavar="USD", help="Cost limit of each side, in USD.", callback=within("max_cost")
    ),
]
Outputs = Annotated[
    list[Path] | None, typer.Option("-o", "--output", help="Also write FILE: .json .md .html; repeatable.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the comparison as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print only the last line.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show every changed case.")]


def register(app: typer.Typer) -> None:
    app.command("compare", epilog=EPILOG)(verb(compare))


def compare(  # noqa: PLR0913 - the options of a verb
    a: SideA,
    b: SideB = None,
    suites: Suites = None,
    removed: Removed = None,
    min_effect: MinEffect = None,
    margin: Margin = None,
    alpha: Alpha = None,
    inconclusive: Inconclusive = InconclusiveAction.warn,
    concurrency: Concurrency = 32,
    offline: Offline = False,
    max_cost: MaxCost = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Compare B with A, case by case: what got better, what got worse, and how sure that is."""
    from prompteval.analysis.comparison.options import CompareOptions
    from prompteval.cli.output import check_output_paths
    from prompteval.cli.progress import show_progress
    from prompteval.engine.compare.compare import comparison
    from prompteval.engine.compare.sides import parse_side
    from prompteval.engine.files import forbid_network
    from prompteval.engine.garbage_collection import exempt_imports
    from prompteval.plan.run_options import RunOptions
    from prompteval.workspace.settings import find_workspace

    exempt_imports()
    written = check_output_paths(outputs or [], ENDINGS, suites=suites or ())
    first, second = parse_side(a), parse_side(b)
    workspace = find_workspace(Path.cwd())
    options = CompareOptions(
        suites=tuple(suites or ()),
        removed=tuple(dict.fromkeys(removed or ())),
        min_effect=min_effect,
        margin=margin,
        alpha=alpha,
        inconclusive_fails=inconclusive is InconclusiveAction.fail,
    )
    running = RunOptions(concurrency=concurrency, offline=offline, max_cost=max_cost)
    if offline:
        forbid_network(workspace)
    with ExitStack() as stack:
        with show_progress(quiet=quiet) as progress:
            found = comparison(workspace, first, second, options, running, progress)
            view = stack.enter_context(found)
        return show_comparison(view, written, as_json=as_json, quiet=quiet, verbose=verbose)


def finish_against(
    against: "RunComparison", view: "RunView", paths: list[Path], *, as_json: bool, quiet: bool, verbose: bool
) -> int:
    """Print a run that has just ended, compare it with what `--against` names; the worse exit code.

    With `as_json` it is one document: the run's, with the comparison under `comparison`.
    """
    from prompteval.cli.output import finish, last_code, write_files, write_report
    from prompteval.cli.progress import show_progress

    # Files come first, so that they exist even if printing the comparison fails.
    codes = [write_files(paths, lambda path: write_report(view, path))]
    printed = partial(finish, view, (), as_json=as_json, quiet=quiet, verbose=verbose)
    if not as_json:
        codes.append(printed())
    with ExitStack() as stack:
        try:
            with show_progress(quiet=quiet) as progress:
                found = stack.enter_context(against.comparison(view, progress))
        except (PromptevalError, KeyboardInterrupt):
            if as_json:  # the run is over and paid for
                printed()
            raise
        if as_json:
            codes.append(printed(more={"comparison": found.as_json()}))
        else:
            show_comparison(found, [], as_json=False, quiet=quiet, verbose=verbose)
    return last_code(deciding((view.exit_code, found.exit_code)), deciding(codes))


def show_comparison(
    view: "ComparisonView", paths: list[Path], *, as_json: bool, quiet: bool, verbose: bool
) -> int:
    """Write the files, print tables or JSON and the last line; the exit code."""
    from prompteval.cli.output import job_summary, last_code, write_files, write_pieces
    from prompteval.report.comparison import json, markdown
    from prompteval.report.page import comparison as page

    formats = {".json": json.render, ".md": markdown.render, ".html": page.render}

    def write(path: Path) -> None:
        write_pieces(path, formats[path.suffix](view))

    written = write_files(paths, write)
    if as_json:
        printer.exact(json.render(view))
    else:
        if not quiet:
            from prompteval.report.comparison.terminal import show

            show(view, printer.console(110), verbose=verbose)
        from prompteval.analysis.comparison.sentence import short
        from prompteval.core.verdict import ComparisonVerdict

        word = view.verdict.value.replace("_", " ")
        whole = not quiet or not view.results or view.verdict is ComparisonVerdict.INCOMPLETE
        summary = view.sentence if whole else short(view.results)
        message = summary if word in summary else f"{word}: {summary}"
        printer.line(f"{message} (exit {view.exit_code})")
    job_summary(markdown.render(view))
    return last_code(view.exit_code, written)
