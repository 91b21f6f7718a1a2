"""`prompteval init`: a small working workspace to start from."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb
from prompteval.core.errors import UsageError
from prompteval.workspace.place import file_to_write
from prompteval.workspace.writing import make_directory, write_whole

Directory = Annotated[Path, typer.Argument(help="Where to write it; created if it does not exist.")]


def register(app: typer.Typer) -> None:
    app.command("init", epilog="Example: prompteval init demo && cd demo && prompteval run")(verb(init))


def init(directory: Directory = Path()) -> int:
    """Write a small working workspace: one prompt, nine cases, one suite with a gate."""
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
    return 0


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
