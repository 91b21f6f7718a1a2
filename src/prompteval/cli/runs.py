"""`prompteval runs`, `runs merge`, `runs rm`, `runs prune`: stored runs, joined, and what they take."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb
from prompteval.cli.shared import Inconclusive, InconclusiveAction, within

if TYPE_CHECKING:
    from prompteval.engine.pruning import Pruned
    from prompteval.workspace.settings import Workspace

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Count = Annotated[int, typer.Option("-n", "--limit", help="At most this many.", callback=within("runs"))]
Outputs = Annotated[
    list[Path] | None,
    typer.Option("-o", "--output", help="Write the metrics over these runs to FILE.html; repeatable."),
]
Names = Annotated[
    list[str],
    typer.Argument(
        help="Run ids, their first characters, `last`, or baseline:NAME.", autocompletion=completion.runs
    ),
]
Keep = Annotated[
    int | None, typer.Option("--keep", metavar="N", help="Keep the newest N runs.", callback=within("keep"))
]
Days = Annotated[
    float | None,
    typer.Option(
        "--older-than", metavar="DAYS", help="Only what is older than this.", callback=within("older_than")
    ),
]
WithCache = Annotated[bool, typer.Option("--cache", help="Remove cached replies as well.")]
Stores = Annotated[
    list[str],
    typer.Argument(metavar="STORE...", help="Results databases, directories that have one, or `postgres`."),
]
MergedInto = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", metavar="STORE", help="Results database to write. [default: this workspace's]"
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print only the last lines.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Print all metrics, slices and tables.")]
MERGE_EPILOG = """\
\b
Examples:
  prompteval run --shard 1/4          on each of four machines, 1/4 to 4/4
  prompteval runs merge shard-*/      where the four stores have been brought together
  prompteval report last -o report.html

Exit codes: those of `prompteval run`; 3 where a shard is missing, 2 where they are not parts of one run.
"""
RM_EPILOG = """\
Example: prompteval runs rm 20261125-19

A run that `baseline set --name` named is removed only by that name: prompteval runs rm baseline:NAME
"""
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be removed; remove nothing.")]

app = typer.Typer(
    help="List stored runs; join shards; remove some.", rich_markup_mode=None, invoke_without_command=True
)


def register(parent: typer.Typer) -> None:
    app.callback(epilog="Example: prompteval runs -n 50 -o history.html")(_list)
    app.command("merge", epilog=MERGE_EPILOG)(verb(merge))
    app.command("rm", epilog=RM_EPILOG)(verb(rm))
    app.command("prune", epilog="Example: prompteval runs prune --keep 20 --cache --older-than 30")(
        verb(prune)
    )
    parent.add_typer(app, name="runs")


def _list(
    context: typer.Context, limit: Count = 20, as_json: AsJson = False, outputs: Outputs = None
) -> None:
    """List stored runs, newest first; `runs rm` and `runs prune` remove some."""
    if context.invoked_subcommand is None:
        verb(runs)(limit, as_json, outputs or [])


def runs(limit: int, as_json: bool, outputs: list[Path]) -> int:
    from prompteval.cli.output import check_output_paths, last_code, write_files
    from prompteval.engine.run_list import listed_run, newest_runs
    from prompteval.engine.stored import named_runs
    from prompteval.report.run_list import run_lines
    from prompteval.workspace.settings import find_workspace

    written = check_output_paths(outputs, (".html",))
    workspace = find_workspace(Path.cwd())
    code = last_code(0, write_files(written, lambda path: _write_history(workspace, limit, path)))
    records = newest_runs(workspace, limit)
    named = named_runs(workspace) if records else {}
    listed = [listed_run(record, named.get(record.run_id, ())) for record in records]
    if as_json:
        body = [
            {
                "run_id": record.run_id,
                "started": record.started,
                "finished": record.finished,
                "verdict": record.verdict,
                "exit_code": record.exit_code,
                "entries": record.manifest.get("entries", []),
                "results": [result.as_json() for result in run.results],
                "compared": run.compared or None,
                "names": list(run.names),
                **({"damage": record.damage} if record.damage else {}),
            }
            for record, run in zip(records, listed, strict=True)
        ]
        printer.document(body)
        return code
    if not records:
        printer.stderr_line("no runs yet; `prompteval run` creates one")
        return code
    for line in run_lines(listed):
        printer.show(line)
    return code


def _write_history(workspace: "Workspace", limit: int, path: Path) -> None:
    from prompteval.cli.output import write_pieces
    from prompteval.engine.history import history
    from prompteval.report.page.history import render

    write_pieces(path, render(history(workspace, limit)))
    printer.stderr_line(f"wrote {path}")


def merge(
    stores: Stores,
    output: MergedInto = None,
    inconclusive: Inconclusive = InconclusiveAction.warn,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Join the shards of a run into one, print it, store it, and decide its gates."""
    from prompteval.cli.output import finish
    from prompteval.cli.paths import check_place, staying
    from prompteval.engine.merge import merge_shards
    from prompteval.workspace.settings import find_workspace
    from prompteval.workspace.store_place import place_named

    workspace = find_workspace(Path.cwd())
    places = [place_named(name, Path(), "STORE") for name in stores]
    into = None if output is None else place_named(output, Path(), "-o")
    if into is not None and into.file is not None:
        check_place("-o", into.file)
        _refuse_report(into.file)
    with staying():
        view = merge_shards(
            workspace,
            places,
            (lambda line: None) if quiet else printer.stderr_line,
            output=into,
            inconclusive_fails=inconclusive is InconclusiveAction.fail,
        )
    return finish(view, [], as_json=as_json, quiet=quiet, verbose=verbose)


def _refuse_report(path: Path) -> None:
    """Raise UsageError for a database that would have the name of a report."""
    from prompteval.cli.output import ENDINGS
    from prompteval.core.errors import UsageError

    if path.suffix in ENDINGS and not path.exists():
        fix = f"name it merged.sqlite; `prompteval report last -o {path.name}` writes a report"
        raise UsageError(f"-o {path}: the merged runs are a database", fix)


def rm(names: Names, dry_run: DryRun = False, as_json: AsJson = False) -> int:
    """Remove runs with everything of theirs; the sizes before and after are shown."""
    from prompteval.engine.pruning import choose_runs, refuse_named, remove
    from prompteval.workspace.settings import find_workspace

    workspace = find_workspace(Path.cwd())
    chosen = choose_runs(workspace, names)
    refuse_named(workspace, chosen, names)
    if dry_run:
        return _would_go(workspace, [record.run_id for record in chosen])
    return _print_pruned(remove(workspace, chosen), as_json=as_json)


def prune(
    keep: Keep = None,
    older_than: Days = None,
    cache: WithCache = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Remove all runs but the newest, or those that are old; with --cache replies too. Named runs stay."""
    from prompteval.core.errors import UsageError
    from prompteval.engine.pruning import choose_runs, remove
    from prompteval.workspace.settings import find_workspace

    if keep is None and older_than is None:
        raise UsageError("runs prune needs --keep or --older-than", "--keep 0 removes every run")
    workspace = find_workspace(Path.cwd())
    chosen = choose_runs(workspace, keep=keep, older_than_days=older_than)
    if dry_run:
        return _would_go(workspace, [record.run_id for record in chosen])
    return _print_pruned(
        remove(workspace, chosen, cache=cache, cache_older_than_days=older_than), as_json=as_json
    )


def _would_go(workspace: "Workspace", run_ids: list[str]) -> int:
    from prompteval.engine.pruning import sizes

    now = sizes(workspace)
    for run_id in run_ids:
        printer.line(f"{run_id} would be removed")
    printer.line(f"{len(run_ids)} runs; results {_bytes(now.results)}, cache {_bytes(now.cache)}")
    return 0


def _print_pruned(pruned: "Pruned", *, as_json: bool) -> int:
    before, after = pruned.before, pruned.after
    if as_json:
        body = {
            "run_ids": list(pruned.run_ids),
            "replies": pruned.replies,
            "bytes_before": {"results": before.results, "cache": before.cache},
            "bytes_after": {"results": after.results, "cache": after.cache},
        }
        printer.document(body)
        return 0
    for run_id in pruned.run_ids:
        printer.line(f"{run_id} removed")
    printer.show(
        f"removed: runs {len(pruned.run_ids)}, replies {pruned.replies}; results {_bytes(before.results)} →"
        f" {_bytes(after.results)}, cache {_bytes(before.cache)} → {_bytes(after.cache)}\n"
    )
    return 0


def _bytes(count: int) -> str:
    """Bytes as a person reads them."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000  # type: ignore[assignment]
    return f"{count:.1f} GB"
