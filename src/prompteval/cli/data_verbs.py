"""`prompteval data`: check, split and mask data files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import data_transforms, printer
from prompteval.cli.ending import verb
from prompteval.cli.problem_output import print_problems
from prompteval.cli.shared import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prompteval.data.split import SplitOptions
    from prompteval.engine.data.check import DataReport
    from prompteval.pii.span import Kind

CHECK_EPILOG = """\
\b
Examples:
  prompteval data check datasets/support.jsonl
  prompteval data check test.jsonl --reference train=train.jsonl --near 0.7
  prompteval data check support.csv --text message --label intent --group user --time created
  prompteval data check datasets/support.jsonl --prompt classify_intent@v2 --run last --fail-on warning

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 a file cannot be read, 5 no rows.
"""
SPLIT_EPILOG = """\
\b
Examples:
  prompteval data split cases.jsonl -o split.jsonl --ratios train=.7,dev=.15,test=.15
  prompteval data split cases.csv -o split.csv --ratios train=.8,test=.2 --stratify label --group user
  prompteval data split log.jsonl -o split.jsonl --ratios train=.8,test=.2 --time created

A row's side depends on the salt and its id, or its group: adding rows moves none, nor does their order.
With --stratify rows that have a side keep it: add new rows to the last output, and split that.
"""
REDACT_EPILOG = """\
\b
Examples:
  prompteval data redact log.jsonl -o masked.jsonl
  prompteval data redact log.jsonl -o masked.jsonl --key-env REDACTION_KEY   one pseudonym a value, everywhere
  prompteval data redact notes.txt -o masked.txt --kinds email,phone,name
"""
Files = Annotated[list[Path], typer.Argument(help="Files of rows: .jsonl, .csv, .yaml.")]
Source = Annotated[Path, typer.Argument(help="A file of rows: .jsonl, .csv, .yaml.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="The file to write; never the source.")]
Reference = Annotated[
    list[str] | None, typer.Option("--reference", help="SIDE=FILE: rows of another side, repeat for several.")
]
Text = Annotated[str | None, typer.Option("--text", help="Field of the text. [default: all inputs]")]
Label = Annotated[str | None, typer.Option("--label", help="Field of the label. [default: expected]")]
Group = Annotated[str | None, typer.Option("--group", help="Field of what belongs together.")]
Time = Annotated[str | None, typer.Option("--time", help="Field of the time: ISO 8601 or a number.")]
Side = Annotated[str | None, typer.Option("--split", help="Field of the side. [default: split]")]
Id = Annotated[
    str | None, typer.Option("--id", help="Field of the id; without one a row is its content. [default: id]")
]
PromptName = Annotated[
    str | None, typer.Option("--prompt", help="A prompt whose examples and text no row may be in.")
]
Corpus = Annotated[
    str | None, typer.Option("--corpus", help="Documents no row may be in, from the workspace.")
]
Transforms = Annotated[
    list[Path] | None,
    typer.Option(
        "--transform", help="A fitted transform that may have seen no test row, repeat for several."
    ),
]
RunName = Annotated[str | None, typer.Option("--run", help="A stored run whose confidences doubt labels.")]
Near = Annotated[
    float,
    typer.Option(
        "--near", help="Jaccard index of near-duplicates; 1 for equal ones.", callback=within("share")
    ),
]
FailOn = Annotated[str, typer.Option("--fail-on", help="error or warning: what ends with exit 1.")]
Style = Annotated[str, typer.Option("--output-format", help="concise, full, json, github or sarif.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Ratios = Annotated[str, typer.Option("--ratios", help="SIDE=SHARE,…: they add up to 1.")]
Stratify = Annotated[str | None, typer.Option("--stratify", help="Field whose values each side has alike.")]
Salt = Annotated[str, typer.Option("--salt", help="Another salt is another split.")]
Kinds = Annotated[
    str | None,
    typer.Option(
        "--kinds", help="email, phone, card, iban, national_id, ip, secret, birth_date, name, place."
    ),
]
KeyEnv = Annotated[str | None, typer.Option("--key-env", help="Variable with the key of the pseudonyms.")]

app = typer.Typer(
    help="Check data for leakage, duplicates and personal data; split it; mask it.",
    epilog="Example: prompteval data check datasets/support.jsonl",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(parent: typer.Typer) -> None:
    app.command("check", epilog=CHECK_EPILOG)(verb(check))
    app.command("split", epilog=SPLIT_EPILOG)(verb(split))
    app.command("redact", epilog=REDACT_EPILOG)(verb(redact))
    data_transforms.register(app)
    parent.add_typer(app, name="data")


def check(  # noqa: PLR0913 - the options of a verb
    files: Files,
    reference: Reference = None,
    text: Text = None,
    label: Label = None,
    group: Group = None,
    time: Time = None,
    side: Side = None,
    prompt: PromptName = None,
    corpus: Corpus = None,
    run: RunName = None,
    transform: Transforms = None,
    near: Near = 0.8,
    fail_on: FailOn = "error",
    style: Style = "concise",
    as_json: AsJson = False,
) -> int:
    """Find leakage, duplicates, conflicts, imbalance, oddities and personal data in files of rows.

    Texts are compared after NFKC, case and white space. No row's text is printed.
    """
    from prompteval.cli.paths import check_file
    from prompteval.core.errors import UsageError
    from prompteval.core.problem import did_you_mean
    from prompteval.data.rows import Fields
    from prompteval.engine.data.check import CheckOptions, check_files
    from prompteval.report.problems import FORMATS
    from prompteval.workspace.settings import find_workspace

    for option, value, known in (
        ("--output-format", style, FORMATS),
        ("--fail-on", fail_on, ("error", "warning")),
    ):
        if value not in known:
            raise UsageError(f"unknown {option} {value!r}", did_you_mean(value, known))
    references = _references(reference or [])
    for file in (*files, *references.values(), *(transform or ())):
        check_file("FILE", file)
    options = CheckOptions(
        fields=Fields(text, label, group, time, side),
        references=references,
        near=near if near < 1 else None,
        prompt=prompt,
        corpus=corpus,
        run=run,
        transforms=transform or (),
    )
    workspace = find_workspace(Path.cwd()) if prompt or corpus or run else None
    report = check_files(files, options, workspace)
    if as_json:
        from dataclasses import asdict

        printer.document({**report.as_json(), "problems": [asdict(one) for one in report.problems]})
    else:
        print_problems(report.problems, style, Path.cwd(), quoted=False)
    return _end(report, fail_on)


def _references(given: "Sequence[str]") -> dict[str, Path]:
    from prompteval.core.errors import UsageError

    found = {}
    for text in given:
        side, equals, file = text.partition("=")
        if not (side and equals and file):
            raise UsageError(f"--reference {text!r} is not SIDE=FILE", "--reference train=train.jsonl")
        found[side] = Path(file)
    return found


def _end(report: "DataReport", fail_on: str) -> int:
    from prompteval.core.text import counted

    errors = sum(problem.severity == "error" for problem in report.problems)
    warnings = len(report.problems) - errors
    code = 1 if errors or (fail_on == "warning" and warnings) else 0
    sides = ", ".join(f"{side} {count:,}" for side, count in sorted(report.sides.items()))
    counts = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    printer.stderr_line(f"{counted(report.rows, 'row')} ({sides}); {counts}; exit {code}")
    return code


def split(  # noqa: PLR0913 - the options of a verb
    source: Source,
    output: Output,
    ratios: Ratios = "train=.7,dev=.15,test=.15",
    stratify: Stratify = None,
    group: Group = None,
    time: Time = None,
    salt: Salt = "prompteval",
    field: Id = None,
    as_json: AsJson = False,
) -> int:
    """Give each row a side in `split`, and write FILE.manifest.json, which `data check` verifies."""
    from prompteval.core.errors import UsageError
    from prompteval.data.split import SplitOptions, parse_ratios

    if time and (stratify or group):
        raise UsageError("--time goes with neither --stratify nor --group", "remove one")
    options = SplitOptions(parse_ratios(ratios), salt, stratify, group, time, field)
    return _split(source, output, options, as_json=as_json)


def _split(source: Path, output: Path, options: "SplitOptions", *, as_json: bool) -> int:
    from prompteval.cli.paths import bounds, check_file, check_place
    from prompteval.core.text import counted
    from prompteval.engine.data.write import split_file

    check_file("FILE", source)
    check_place("-o", output)
    made = split_file(source, output, options, within=bounds(output))
    manifest = made.manifest()
    if as_json:
        printer.document(manifest.model_dump(by_alias=True))
    else:
        for side in {**options.ratios, **dict.fromkeys(manifest.counts)}:
            count = manifest.counts.get(side, 0)
            printer.line(f"{side} {count:,} ({count / max(manifest.rows, 1):.1%})")
    if made.kept and options.stratify:
        printer.stderr_line(f"{counted(made.kept, 'row')} kept the side in the file")
    if made.moved:
        printer.stderr_line(f"{counted(made.moved, 'row')} moved to another side than in the file")
    printer.stderr_line(
        f"{counted(manifest.rows, 'row')} written to {output} and {output.name}.manifest.json"
    )
    return 0


def redact(
    source: Annotated[Path, typer.Argument(help="A file of rows, or .txt or .md.")],
    output: Output,
    kinds: Kinds = None,
    key_env: KeyEnv = None,
    as_json: AsJson = False,
) -> int:
    """Write a copy with personal data masked, and count what was masked and what stayed.

    A value is masked alike everywhere: with a key as `[EMAIL:kqzvbnmwhrty]`, else as `[EMAIL]`. Without
    --kinds every kind but names and places, which need the extra [pii].
    """
    from prompteval.cli.paths import bounds, check_file, check_place
    from prompteval.engine.data.write import mask_file, masking_of

    check_file("FILE", source)
    check_place("-o", output)
    masking = masking_of(_kinds(kinds), key_env)
    mask_file(source, output, masking, within=bounds(output))
    unread = [kind for kind in ("name", "place") if kind not in masking.kinds]
    if as_json:
        counts = {
            "masked": dict(sorted(masking.masked.items())),
            "stayed": dict(sorted(masking.stayed.items())),
        }
        rows = {"rows": masking.rows, "rows_changed": masking.changed}
        printer.document({"schema": "prompteval/redact@1", **rows, **counts, "not_looked_for": unread})
        return 0
    for kind in masking.kinds:
        printer.line(f"{kind} {masking.masked[kind]:,} masked")
    for stayed, count in sorted(masking.stayed.items()):
        printer.line(f"{stayed} {count:,} stayed")
    if unread:
        printer.stderr_line(f"not looked for: {', '.join(unread)} (--kinds, with the extra [pii])")
    return 0


def _kinds(text: str | None) -> "Sequence[Kind]":
    from prompteval.core.errors import UsageError
    from prompteval.core.problem import did_you_mean
    from prompteval.pii.find import known_kinds
    from prompteval.pii.span import KINDS, PATTERNS

    if text is None:
        return PATTERNS
    try:
        return known_kinds(name.strip() for name in text.split(","))
    except ValueError as error:
        raise UsageError(f"unknown kind {str(error)!r}", did_you_mean(str(error), KINDS, limit=10)) from None
