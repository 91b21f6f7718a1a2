"""`prompteval run`: check what is selected, run it, print, store, gate."""

from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import typer
from typer.core import TyperCommand

from prompteval.cli import completion
from prompteval.cli.dry_run import print_dry_run
from prompteval.cli.ending import verb
from prompteval.cli.shared import (
    ClusterOption,
    Concurrency,
    Inconclusive,
    InconclusiveAction,
    Offline,
    within,
)
from prompteval.core.errors import UsageError
from prompteval.core.exit_codes import INCOMPLETE, INTERRUPTED
from prompteval.stats.sequential import METHODS, Method

if TYPE_CHECKING:
    from prompteval.engine.progress import Progress
    from prompteval.plan.run_options import RunOptions
    from prompteval.report.view import RunView
    from prompteval.workspace.settings import Workspace

EPILOG = """\
\b
Examples:
  prompteval run                      every suite, with its own models
  prompteval run classify_intent -k "email and not typo"
  prompteval run --model openai/gpt-6-luna --limit 20
  prompteval run --prompt classify_intent@v1 --prompt classify_intent@v2
  prompteval run --against git:main   run, then compare with branch main
  prompteval run --shard 1/4          a quarter of the cases; `prompteval runs merge` joins all four
  prompteval run -o report.md -o junit.xml --json > run.json
"""


Suites = Annotated[
    list[str] | None,
    typer.Argument(help="Suite names or files. [default: all]", autocompletion=completion.suites),
]
Expression = Annotated[
    str, typer.Option("-k", help='Cases whose names match, as in pytest: "refund and not email".')
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", help="Model reference or profile; repeat for several.", autocompletion=completion.models
    ),
]
Prompts = Annotated[
    list[str] | None,
    typer.Option(
        "--prompt",
        help="name, name@v1, name@production or name@git:REF; repeat for several.",
        autocompletion=completion.prompts,
    ),
]
Repeat = Annotated[
    int | None, typer.Option("--repeat", help="Run each case this many times.", callback=within("repeat"))
]
Limit = Annotated[
    int | None, typer.Option("--limit", help="Only the first N cases of a suite.", callback=within("limit"))
]
Sample = Annotated[
    int | None,
    typer.Option("--sample", help="N cases chosen by a seeded hash of their ids.", callback=within("sample")),
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of --sample.", callback=within("seed"))]
Failed = Annotated[bool, typer.Option("--failed", help="Only the cases that failed in the last run.")]
Cache = Annotated[
    bool, typer.Option("--cache/--no-cache", help="Reuse replies; --no-cache neither reads nor writes.")
]
Record = Annotated[Path | None, typer.Option("--record", help="Write every reply to this JSONL file.")]
Replay = Annotated[
    Path | None, typer.Option("--replay", help="Answer from a recording only; a stale one is an error.")
]
StrictModel = Annotated[
    bool, typer.Option("--strict-model", help="Fail when the server answers with another model.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue the last unfinished run.")]
ResumeRun = Annotated[str | None, typer.Option("--resume-run", metavar="ID", help="Continue this run.")]
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost",
        metavar="USD",
        help="Cost limit in USD, calls in flight included.",
        callback=within("max_cost"),
    ),
]
MaxWait = Annotated[
    float,
    typer.Option(
        "--max-wait",
        metavar="S",
        help="Pause the run when a server asks to wait longer.",
        callback=within("max_wait"),
    ),
]
Batch = Annotated[
    bool, typer.Option("--batch", help="Send all requests through the Batch API, and wait for the results.")
]
StopEarly = Annotated[
    Method | None,
    typer.Option(
        "--stop-early",
        help="Run cases in a seeded order, and none once every gate is decided; alone: group-sequential.",
    ),
]
ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard", metavar="I/N", help="Only part I of N, by a hash of the case; `runs merge` joins them."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Estimate calls, tokens and cost; call no model.")]
Outputs = Annotated[
    list[Path] | None,
    typer.Option("-o", "--output", help="Also write FILE: .json .jsonl .csv .xml .md .html; repeatable."),
]
AgainstOption = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="REF",
        help="Compare with REF afterwards: git:main, baseline, a run.",
        autocompletion=completion.sides,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the run as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print only the last lines.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Print all metrics, slices and tables.")]


class _RunCommand(TyperCommand):
    """Lets `--stop-early` stand alone: what follows it is its value only where it names a method."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's context, loaded late
        alone = [
            "--stop-early=group-sequential" if word == "--stop-early" and after not in METHODS else word
            for word, after in zip_longest(args, args[1:])
        ]
        return super().parse_args(ctx, alone)


class Shown(TypedDict):
    """What of a finished run is printed."""

    as_json: bool
    quiet: bool
    verbose: bool


def register(app: typer.Typer) -> None:
    app.command("run", epilog=EPILOG, cls=_RunCommand)(verb(run))


def run(  # noqa: PLR0913 - the options of a verb
    suites: Suites = None,
    expression: Expression = "",
    models: Models = None,
    prompts: Prompts = None,
    repeat: Repeat = None,
    concurrency: Concurrency = 32,
    limit: Limit = None,
    sample: Sample = None,
    seed: Seed = 0,
    failed: Failed = False,
    cache: Cache = True,
    record: Record = None,
    replay: Replay = None,
    offline: Offline = False,
    strict_model: StrictModel = False,
    resume: Resume = False,
    resume_run: ResumeRun = None,
    max_cost: MaxCost = None,
    max_wait: MaxWait = 60.0,
    batch: Batch = False,
    stop_early: StopEarly = None,
    shard: ShardOption = None,
    cluster: ClusterOption = None,
    dry_run: DryRun = False,
    inconclusive: Inconclusive = InconclusiveAction.warn,
    against: AgainstOption = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Check what is selected, run it, print the numbers, store them, and decide."""
    from prompteval.cli.output import finish
    from prompteval.cli.paths import staying
    from prompteval.cli.progress import show_progress
    from prompteval.engine.files import forbid_network
    from prompteval.engine.garbage_collection import exempt_imports
    from prompteval.engine.run import run_suites
    from prompteval.engine.stored import failed_cases
    from prompteval.plan.run_options import RunOptions, Selection
    from prompteval.plan.shard import Shard
    from prompteval.workspace.settings import find_workspace

    exempt_imports()
    early, part, many = stop_early is not None, shard is not None, cluster is not None
    _refuse_together(against=against is not None, early=early, shard=part, cluster=many)
    written = _checked_files(outputs or [], record, replay, suites or [], models or [])
    workspace = find_workspace(Path.cwd())
    only = failed_cases(workspace) if failed else None
    options = RunOptions(
        suites=tuple(suites or ()),
        models=tuple(models or ()),
        prompts=tuple(prompts or ()),
        repeat=repeat,
        concurrency=concurrency,
        selection=Selection(expression, limit, sample, seed, only),
        cache=cache,
        record=record,
        replay=replay,
        offline=offline,
        strict_model=strict_model,
        resume=resume_run or ("last" if resume else None),
        max_cost=max_cost,
        max_wait=max_wait,
        batch=batch,
        stop_early=stop_early,
        shard=None if shard is None else Shard.parse(shard),
        inconclusive_fails=inconclusive is InconclusiveAction.fail,
    )
    if offline:
        forbid_network(workspace)
    if dry_run:
        return print_dry_run(workspace, options, as_json=as_json)
    shown = Shown(as_json=as_json, quiet=quiet, verbose=verbose)
    if against is not None:
        return _run_against(workspace, against, options, written, shown)
    with staying(), show_progress(quiet=quiet) as progress:
        work = run_suites if cluster is None else _run_on_cluster
        view = work(workspace, options, progress)
    return finish(view, written, **shown)


def _run_on_cluster(workspace: "Workspace", options: "RunOptions", progress: "Progress") -> "RunView":
    """The same on the workers of a cluster."""
    from prompteval.cluster.ray_engine import RayEngine
    from prompteval.cluster.run import run_on_cluster

    return run_on_cluster(workspace, options, progress, RayEngine)


def _refuse_together(*, against: bool, early: bool, shard: bool, cluster: bool) -> None:
    """Raise UsageError for options of which one needs the cases, or the process, that another takes away."""
    if against and cluster:
        message = "--against runs in one process, and --cluster in many"
        raise UsageError(message, "run, then `prompteval compare REF last`")
    if against and early:
        message = "--against compares every case, and --stop-early leaves some out"
        raise UsageError(message, "leave one out; a gate `no_regression` is decided early")
    if shard and (against or early):
        message = (
            f"{'--against' if against else '--stop-early'} needs every case, and --shard runs some of them"
        )
        raise UsageError(message, "leave one out; `prompteval runs merge` decides the gates")


def _checked_files(
    outputs: list[Path], record: Path | None, replay: Path | None, suites: list[str], models: list[str]
) -> list[Path]:
    """The files of `-o`. Raises UsageError for one that cannot be written or read, or is named twice."""
    from prompteval.cli.output import check_output_paths, refuse_same_file
    from prompteval.cli.paths import check_file, check_place

    written = check_output_paths(outputs, suites=suites, models=models)
    if record is not None:
        check_place("--record", record, suites, models)
    if replay is not None:
        check_file("--replay", replay)
    refuse_same_file({"--record": record, "--replay": replay}, written)
    return written


def _run_against(
    workspace: "Workspace",
    against: str,
    options: "RunOptions",
    written: list[Path],
    shown: Shown,
) -> int:
    """Run, then compare with the other side; a run that did not end whole is not compared."""
    from prompteval.cli.compare import finish_against
    from prompteval.cli.output import finish
    from prompteval.cli.paths import staying
    from prompteval.cli.progress import show_progress
    from prompteval.engine.compare.run_comparison import RunComparison
    from prompteval.engine.run import run_suites

    other = RunComparison(workspace, against, options)
    with staying(), show_progress(quiet=shown["quiet"]) as progress:
        view = run_suites(workspace, options, progress, check=other.check)
    if view.exit_code in (INCOMPLETE, INTERRUPTED):
        return finish(view, written, **shown)
    return finish_against(other, view, written, **shown)
