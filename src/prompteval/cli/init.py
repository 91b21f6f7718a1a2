"""`prompteval init`: a small working workspace to start from."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb
from prompteval.core.errors import UsageError
from prompteval.workspace.safe_paths import file_to_write
from prompteval.workspace.writing import make_directory, write_whole

Directory = Annotated[Path, typer.Argument(help="Where to write it; created if it does not exist.")]


JUDGES = ("correctness", "faithfulness", "pairwise", "relevance", "rubric")
JudgeKind = Annotated[
    str | None,
    typer.Option("--judge", metavar="KIND", help=f"Copy the prompt of a judge instead: {', '.join(JUDGES)}."),
]
EPILOG = """\
\b
Examples:
  prompteval init demo && cd demo && prompteval run
  prompteval init --judge correctness        into prompts/judge_correctness/v1.py of this workspace
"""


def register(app: typer.Typer) -> None:
    app.command("init", epilog=EPILOG)(verb(init))


def init(directory: Directory = Path(), judge: JudgeKind = None) -> int:
    """Write a small working workspace: one prompt, nine cases, one suite with a gate."""
    if judge is not None:
        return _judge(directory, judge)
    starter = files("prompteval.cli").joinpath("starter")
    here = directory.absolute()
    wanted = {directory / place: item for place, item in _walk(starter, Path())}
    taken = [path for path in wanted if path.exists() or path.is_symlink()]
    if taken:
        raise UsageError(f"{taken[0]} already exists; nothing was written", "choose another directory")
    for path in wanted:
        file_to_write(path.absolute(), here)
    try:
        for path, item in wanted.items():
            make_directory(path.parent.absolute(), within=here)
            write_whole(path.absolute(), [item.read_bytes()], within=here)
            printer.line(f"wrote {path}")
    except OSError as error:
        raise UsageError(
            f"{directory} cannot be written: {error.strerror}", "choose another directory"
        ) from None
    where = "" if directory == Path() else f"cd {directory} && "
    printer.line(f"next: {where}prompteval check && prompteval run")
    _say_ways_on(here)
    return 0


def _say_ways_on(root: Path) -> None:
    """What there is to do where the model that the new workspace runs with is not installed."""
    from prompteval.providers.installed import missing_extra, ways_on
    from prompteval.workspace.settings import find_workspace

    workspace = find_workspace(root)
    model = workspace.settings.default_model
    if extra := missing_extra(model, workspace):
        ways = list(ways_on(extra))
        printer.line(f"the default model {model} is not installed; choose one:")
        longest = max(len(way) for way, _ in ways)
        for way, what in ways:
            printer.line(f"  {way:{longest}}  {what}")


def _judge(directory: Path, kind: str) -> int:
    """Copy the prompt of a judge into a workspace, to be changed there."""
    from prompteval.core.problem import did_you_mean
    from prompteval.workspace.settings import find_workspace

    if kind not in JUDGES:
        raise UsageError(f"unknown judge {kind!r}", did_you_mean(kind, JUDGES))
    root = find_workspace(directory.absolute()).root
    path = root / "prompts" / f"judge_{kind}" / "v1.py"
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} already exists; nothing was written", "copy it to v2.py to change it")
    source = files("prompteval.cli").joinpath("starter_judges", f"{kind}.py")
    try:
        make_directory(path.parent, within=root)
        write_whole(path, [source.read_bytes()], within=root)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    printer.line(f"wrote {path.relative_to(root)}")
    printer.line(f"next: name it in the scorers of a suite, {_SCORERS[kind]}")
    return 0


_SCORERS = {
    "correctness": "- judge: {prompt: judge_correctness@v1}",
    "faithfulness": "- faithfulness: {prompt: judge_faithfulness@v1, threshold: 0.9}",
    "pairwise": "- pairwise: {prompt: judge_pairwise@v1, against: NAME@v1}",
    "relevance": "- judge: {prompt: judge_relevance@v1, each: context}",
    "rubric": "- judge: {prompt: judge_rubric@v1, criteria: [{name: clear, text: The answer is clear.}]}",
}


def _walk(item: Traversable, place: Path) -> list[tuple[Path, Traversable]]:
    """Every file of the starter with its place in the new workspace."""
    found = []
    for child in sorted(item.iterdir(), key=lambda child: child.name):
        if child.name.startswith(("_", ".")):
            continue
        if child.is_dir():
            found += _walk(child, place / child.name)
        else:
            found.append((place / child.name, child))
    return found
