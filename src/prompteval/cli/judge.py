"""`prompteval judge`: a judge beside people."""

from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb
from prompteval.cli.shared import within

CHECK_EPILOG = """\
\b
Examples:
  prompteval judge check support                       the last run of a suite, with the labels that it names
  prompteval judge check last --judge judge_helpful --labels evals/judges/helpful.labels.jsonl
  prompteval judge check support -o judge.md -o judge.html
  prompteval judge check judgements.jsonl --labels gold.jsonl --unparsed wrong    recorded judgements of pairs

Exit 1 where the judge does not reach the floor of the suite, or without one does not agree beyond chance.
"""

Name = Annotated[
    str,
    typer.Argument(
        help="A run, a suite (its last run), or recorded judgements of pairs.", autocompletion=completion.runs
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option("--labels", help="The labels of people. [default: those that the suite names]"),
]
Judge = Annotated[str | None, typer.Option("--judge", help="The scorer. [default: the only judge]")]
UnparsedOption = Annotated[
    str,
    typer.Option(
        "--unparsed", help="missing: a reply without a verdict is left out. wrong: it counts as wrong."
    ),
]
Epsilon = Annotated[
    float,
    typer.Option(
        "--epsilon",
        help="What the judge may be worse by in the alt-test: 0.2 beside experts, 0.15, 0.1 beside a crowd.",
        callback=within("epsilon"),
    ),
]
Outputs = Annotated[
    list[Path] | None,
    typer.Option("-o", "--output", help="Also write FILE: .json (the calibration) .md .html; repeatable."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the calibration as JSON.")]
AttackOption = Annotated[
    bool, typer.Option("--attack", help="Put injections into outputs and passages, and ask the judge again.")
]
COMPARE_EPILOG = """\
\b
Example:
  prompteval judge compare support judge_helpful@v1 judge_helpful@v2

Both versions are asked about the labelled outputs of the run; replies come from the cache where it has them.
"""

RANK_EPILOG = """\
\b
Example:
  prompteval run support --prompt answer@v2 --prompt answer@v3    each against answer@v1, as the suite says
  prompteval judge rank last

Strengths are log-odds of being preferred to the version that all are compared with.
"""

app = typer.Typer(
    help="Compare a judge with people.",
    epilog="Example: prompteval judge check support",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(parent: typer.Typer) -> None:
    app.command("check", epilog=CHECK_EPILOG)(verb(check))
    app.command("compare", epilog=COMPARE_EPILOG)(verb(compare))
    app.command("rank", epilog=RANK_EPILOG)(verb(rank))
    parent.add_typer(app, name="judge")


def check(  # noqa: PLR0913 - the options of the command line
    name: Name,
    labels: Labels = None,
    judge: Judge = None,
    unparsed: UnparsedOption = "missing",
    epsilon: Epsilon = 0.15,
    outputs: Outputs = None,
    as_json: AsJson = False,
    attack: AttackOption = False,
) -> int:
    """Compare the verdicts of a judge with the labels of people, and write its calibration."""
    from prompteval.analysis.judges.figures import Unparsed
    from prompteval.cli.judge_output import FORMATS, finish_check, finish_pairs
    from prompteval.cli.output import check_output_paths
    from prompteval.core.errors import UsageError
    from prompteval.core.problem import did_you_mean
    from prompteval.engine.judge_check import CheckOptions, check_judge
    from prompteval.engine.judge_pairs import check_pairs, pair_source
    from prompteval.workspace.settings import find_workspace

    written = check_output_paths(outputs or [], FORMATS)
    if unparsed not in ("missing", "wrong"):
        raise UsageError(f"unknown --unparsed {unparsed!r}", did_you_mean(unparsed, ("missing", "wrong")))
    workspace = find_workspace(Path.cwd())
    kind: Unparsed = "wrong" if unparsed == "wrong" else "missing"
    pairs = pair_source(workspace, name, labels)
    if pairs is not None:
        if attack:
            raise UsageError("--attack asks a judge, and recorded judgements have none", "leave it out")
        return finish_pairs(check_pairs(pairs, kind), kind, written, as_json=as_json)
    options = CheckOptions(judge, labels, kind, epsilon)
    found = check_judge(workspace, name, options)
    if attack:
        from dataclasses import replace

        from prompteval.engine.judge_attack import attack as attacked
        from prompteval.plan.run_options import RunOptions

        attacks = attacked(workspace, found, RunOptions())
        found = replace(found, view=replace(found.view, attacks=attacks))
    if as_json:
        printer.document(found.as_json())
    return finish_check(workspace, found, written, quiet=as_json)


def compare(
    name: Name,
    first: Annotated[str, typer.Argument(help="The prompt of a judge, as NAME@v1.")],
    second: Annotated[str, typer.Argument(help="The prompt of another, with the same labels or scale.")],
    labels: Labels = None,
    judge: Judge = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Compare two judges, case by case, over the labelled outputs of a run."""
    from prompteval.cli.judge_output import show_compared
    from prompteval.engine.judge_check import CheckOptions
    from prompteval.engine.judge_compare import compare_judges
    from prompteval.plan.run_options import RunOptions
    from prompteval.workspace.settings import find_workspace

    workspace, options = find_workspace(Path.cwd()), CheckOptions(judge, labels)
    return show_compared(
        compare_judges(workspace, name, (first, second), options, RunOptions()), as_json=as_json
    )


def rank(
    names: Annotated[
        list[str],
        typer.Argument(help="Runs whose outputs a judge of pairs compared.", autocompletion=completion.runs),
    ],
    judge: Judge = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Rank several versions by what a judge of pairs prefers (Bradley-Terry)."""
    from prompteval.cli.judge_output import show_ranking
    from prompteval.engine.judge_rank import rank_versions
    from prompteval.workspace.settings import find_workspace

    return show_ranking(rank_versions(find_workspace(Path.cwd()), names, judge), as_json=as_json)
