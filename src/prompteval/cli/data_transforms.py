"""`prompteval data fit` and `data apply`: what is learned from data, on train alone."""

from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb

FIT_EPILOG = """\
\b
Examples:
  prompteval data fit calibration rows.jsonl -o calibration.json --value confidence --label correct
  prompteval data fit threshold rows.csv -o threshold.json --value score --label answerable

Transforms: calibration (Platt or isotonic, chosen on dev by log loss), platt, isotonic, threshold (best F1),
scaling, prototypes (a vector a label). Only rows of one side are read for fitting; none is pickled.
"""
APPLY_EPILOG = """\
\b
Examples:
  prompteval data apply calibration.json rows.jsonl -o calibrated.jsonl --into probability

A transform that was fitted on a row of the side `test` is refused, with the row.
"""
Kind = Annotated[
    str,
    typer.Argument(
        metavar="TRANSFORM", help="calibration, platt, isotonic, threshold, scaling or prototypes."
    ),
]
Stored = Annotated[Path, typer.Argument(metavar="TRANSFORM", help="A file that `data fit` wrote.")]
Source = Annotated[Path, typer.Argument(help="A file of rows: .jsonl, .csv, .yaml.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="The file to write; never the source.")]
Value = Annotated[str, typer.Option("--value", help="Field of the number, or of a list of numbers.")]
Label = Annotated[str | None, typer.Option("--label", help="Field of the label. [default: expected]")]
On = Annotated[str, typer.Option("--on", help="The side whose rows it is fitted on.")]
Side = Annotated[str | None, typer.Option("--split", help="Field of the side. [default: split]")]
Id = Annotated[str | None, typer.Option("--id", help="Field of the id. [default: id]")]
Into = Annotated[str | None, typer.Option("--into", help="Field to write. [default: the transform's name]")]


def register(parent: typer.Typer) -> None:
    parent.command("fit", epilog=FIT_EPILOG)(verb(fit))
    parent.command("apply", epilog=APPLY_EPILOG)(verb(apply))


def fit(  # noqa: PLR0913 - the options of a verb
    kind: Kind,
    source: Source,
    output: Output,
    value: Value = "confidence",
    label: Label = None,
    on: On = "train",
    side: Side = None,
    field: Id = None,
) -> int:
    """Fit a transform on the rows of one side, and store it as JSON with the hashes of those rows."""
    from prompteval.cli.paths import bounds, check_file, check_place
    from prompteval.core.errors import UsageError
    from prompteval.core.text import counted
    from prompteval.data.rows import Fields
    from prompteval.engine.data.transform import fit_file

    check_file("FILE", source)
    if output.suffix != ".json":
        raise UsageError(f"-o {output}: unsupported file extension {output.suffix!r}", "name a .json file")
    check_place("-o", output)
    fields = Fields(label=label, split=side, id=field)
    fitted = fit_file(kind, source, output, value, fields, on, within=bounds(output))
    for name, loss in sorted(fitted.chosen_on.items()):
        printer.line(f"{name} {loss:.4f} log loss on dev")
    printer.line(f"{fitted.transform.name} fitted on {counted(fitted.rows, 'row')} of {on!r}")
    return 0


def apply(
    transform: Stored,
    source: Source,
    output: Output,
    into: Into = None,
    side: Side = None,
    field: Id = None,
) -> int:
    """Write the rows with what a fitted transform gives for each."""
    from prompteval.cli.paths import bounds, check_file, check_place
    from prompteval.data.fitted import read_fitted
    from prompteval.data.rows import Fields
    from prompteval.engine.data.transform import apply_file

    check_file("TRANSFORM", transform)
    check_file("FILE", source)
    check_place("-o", output)
    name = into or read_fitted(transform).transform.name
    apply_file(transform, source, output, name, Fields(split=side, id=field), within=bounds(output))
    printer.stderr_line(f"{name!r} written to each row of {output}")
    return 0
