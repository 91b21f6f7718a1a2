"""`prompteval label`: a blind labelling sheet in the terminal."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb
from prompteval.cli.shared import within

if TYPE_CHECKING:
    from prompteval.cli.keys import Keys
    from prompteval.engine.labelling import Output, Sheet

EPILOG = """\
\b
Examples:
  prompteval label last                              50 cases, drawn at random; the same command continues
  prompteval label last --annotator bob --share 0.2  a second person on a fifth of them
  prompteval label RUN_A RUN_B -o labels.jsonl       both versions of each case, in a shuffled order
  prompteval label last --disagreements              what people labelled differently, to talk over

Keys: the number of a label; n adds a note, s skips, b goes back, q ends. Version and judge are not shown.
"""

Runs = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN [RUN_B]", help="A run or a suite, or two runs.", autocompletion=completion.runs
    ),
]
Sample = Annotated[int, typer.Option("--sample", help="How many cases.", callback=within("sample"))]
Seed = Annotated[
    int, typer.Option("--seed", help="Which of them, and in which order.", callback=within("seed"))
]
Output_ = Annotated[
    Path | None, typer.Option("-o", "--output", help="The file of labels. [default: that of the suite]")
]
Annotator = Annotated[str | None, typer.Option("--annotator", help="Who labels. [default: the user's name]")]
Balance = Annotated[
    str | None,
    typer.Option("--balance", help="As many cases of each value of this tag; weights are written."),
]
Judge = Annotated[str | None, typer.Option("--judge", help="The judge whose labels are used.")]
Share = Annotated[
    float, typer.Option("--share", help="Label this share of the sample only.", callback=within("share"))
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where", help="disagree: where the judge disagrees with itself; such labels are in no figure."
    ),
]
Disagreements = Annotated[
    bool, typer.Option("--disagreements", help="List what people labelled differently; label nothing.")
]


def register(app: typer.Typer) -> None:
    app.command("label", epilog=EPILOG)(verb(label))


def label(  # noqa: PLR0913 - the options of the command line
    runs: Runs,
    sample: Sample = 50,
    seed: Seed = 0,
    output: Output_ = None,
    annotator: Annotator = None,
    balance: Balance = None,
    judge: Judge = None,
    share: Share = 1.0,
    where: Where = None,
    disagreements: Disagreements = False,
) -> int:
    """Label outputs of a run, one key each, without seeing version or judge.

    A simple random sample of its cases is drawn, so that the labels can correct what a judge says of all.
    """
    from prompteval.cli.keys import keys
    from prompteval.core.errors import NothingSelected, UsageError
    from prompteval.core.text import counted
    from prompteval.engine.labelling import LabelOptions, label_sheet, user_name
    from prompteval.workspace.safe_paths import shown_place
    from prompteval.workspace.settings import find_workspace

    if len(runs) > 2:
        raise UsageError(f"{len(runs)} runs", "label takes one or two")
    if where not in (None, "disagree"):
        raise UsageError(f"unknown --where {where!r}", "--where disagree is the only one")
    name = (annotator or user_name()).strip()
    if not name:
        raise UsageError("--annotator is empty")
    options = LabelOptions(sample, seed, name, judge, balance, share, where == "disagree", disagreements)
    sheet = label_sheet(find_workspace(Path.cwd()), runs, output, options)
    if disagreements:
        return _list_disagreements(sheet)
    if not sheet.outputs:
        raise NothingSelected(f"--share {share:g} of the sample has no case", "name a larger share")
    with keys() as source:
        _go(sheet, source)
    done, total = len(sheet.outputs) - len(sheet.left), len(sheet.outputs)
    printer.line(f"{done} of {counted(total, 'output')} labelled by {name} in {shown_place(sheet.path)}")
    if sheet.left:
        printer.line("the same command continues")
    elif sheet.chosen is None:
        printer.line(f"next: prompteval judge check {sheet.suite}")
    return 0


def _list_disagreements(sheet: "Sheet") -> int:
    from prompteval.core.text import counted
    from prompteval.engine.labelling import disagreements
    from prompteval.judging.inputs import as_text

    found = disagreements(sheet.path) if sheet.path.is_file() else []
    texts = {(one.case_id, one.mark): as_text(one.output) for one in sheet.outputs}
    for one in found:
        said = ", ".join(f"{name}: {word}" for name, word in sorted(one.labels.items()))
        printer.line(f"{one.case_id}  {said}")
        text = texts.get((one.case_id, one.output or ""))
        if text is not None:
            printer.show(f"{text}\n\n")
    printer.line(f"labelled differently: {counted(len(found), 'output')}")
    return 0


def _go(sheet: "Sheet", source: "Keys") -> None:
    """Ask for one label after another until all are there, or the person ends."""
    todo, place = sheet.left, 0
    done = len(sheet.outputs) - len(todo)
    while place < len(todo):
        output = todo[place]
        _show(sheet, output, done + place + 1, source.is_terminal)
        answer = _answer(sheet, source)
        if answer is None:
            return
        kind, value, note = answer
        if kind == "back":
            place = max(place - 1, 0)
            continue
        if kind == "label" and value is not None:
            sheet.add(output, value, note)
        place += 1


def _answer(sheet: "Sheet", source: "Keys") -> "tuple[str, str | float | None, str | None] | None":
    """(what to do, the label, a note); None where the person ends."""
    note: str | None = None
    while True:
        needs_line = not sheet.words
        key = source.line() if needs_line and source.is_terminal else source.key()
        if key in ("", "q", "\x1b", "\x03"):
            return None
        if key == "s":
            return "skip", None, None
        if key == "b":
            return "back", None, None
        if key == "n":
            printer.show("note: ")
            note = source.line() or None
            continue
        word = sheet.word(_meant(sheet, key))
        if word is not None:
            printer.show(f"{word}\n")
            return "label", word, note
        printer.show(f"{key!r} is not a label; {_legend(sheet)}\n")


def _meant(sheet: "Sheet", key: str) -> str:
    """The number of a scale behind the key of its place; a word or a typed number is itself."""
    if sheet.scale.is_numeric and sheet.words and key.isdecimal() and key not in sheet.words:
        return ""
    return key


def _legend(sheet: "Sheet") -> str:
    if sheet.scale.is_numeric:
        what = f"a number from {sheet.scale.low:g} to {sheet.scale.high:g}"
    else:
        what = "  ".join(f"{place} {word}" for place, word in enumerate(sheet.words, 1))
    return f"{what}   n note  s skip  b back  q quit"


def _show(sheet: "Sheet", output: "Output", number: int, is_terminal: bool) -> None:
    """Everything that a person needs, and nothing of who made the output."""
    from prompteval.judging.inputs import as_text

    line = "─" * 60
    printer.show(f"\n{line}\n{number} of {len(sheet.outputs)}   case {output.case_id}\n")
    inputs = output.inputs if isinstance(output.inputs, dict) else {"inputs": output.inputs}
    for name, value in inputs.items():
        printer.show(f"\n{name}:\n{as_text(value)}\n")
    for passage in output.passages:
        printer.show(f"\npassage {passage.n} {passage.title}\n{passage.text}\n")
    if output.expected is not None:
        printer.show(f"\nexpected:\n{as_text(output.expected)}\n")
    printer.show(f"\noutput:\n{as_text(output.output)}\n\n{_legend(sheet)}\n")
    if is_terminal:
        printer.show("> ")
