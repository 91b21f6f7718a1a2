"""What `judge check` prints and writes."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prompteval.cli import printer
from prompteval.core.errors import UsageError
from prompteval.core.text import counted

if TYPE_CHECKING:
    from prompteval.analysis.judges.pairs import PairFigures
    from prompteval.engine.judge_check import Checked
    from prompteval.engine.judge_compare import ComparedJudges
    from prompteval.engine.judge_rank import Ranking
    from prompteval.judging.recorded_pairs import RecordedJudge
    from prompteval.workspace.settings import Workspace

FORMATS = (".json", ".md", ".html")
NARROW = 110


def finish_check(workspace: "Workspace", found: "Checked", paths: Sequence[Path], *, quiet: bool) -> int:
    """Show the figures, write what was asked for and the calibration; the exit code."""
    from prompteval.cli.output import write_pieces
    from prompteval.report.judge.render import last_line, markdown, show_judge
    from prompteval.report.page.judge import render as page
    from prompteval.workspace.safe_paths import shown_place
    from prompteval.workspace.writing import make_directory, write_whole

    if not quiet:
        show_judge(found.view, printer.console(NARROW))
    for path in paths:
        pieces = {".json": [found.calibration.text()], ".md": markdown(found.view), ".html": page(found.view)}
        write_pieces(path, pieces[path.suffix])
        printer.stderr_line(f"wrote {path}")
    if found.path is not None:
        try:
            make_directory(found.path.parent, within=workspace.root)
            write_whole(found.path, [found.calibration.text().encode()], within=workspace.root)
        except OSError as error:
            raise UsageError(
                f"{shown_place(found.path)}: {error.strerror}", "choose another `calibration:`"
            ) from None
        printer.stderr_line(f"wrote {shown_place(found.path)}")
    elif not any(path.suffix == ".json" for path in paths):
        help = f"name a file under `judges:` of the suite, `{found.view.name}: {{calibration: FILE}}`, or -o"
        printer.stderr_line(f"the calibration was not written ({help})")
    if not quiet:
        printer.line(last_line(found.view))
    return found.view.exit_code


def finish_pairs(
    found: "Sequence[tuple[RecordedJudge, PairFigures]]",
    unparsed: str,
    paths: Sequence[Path],
    *,
    as_json: bool,
) -> int:
    """Show the judges of recorded pairs, and write what was asked for; the exit code."""
    from prompteval.cli.output import write_pieces
    from prompteval.report import plain_markdown
    from prompteval.report.judge.pairs import pair_table, pairs_json
    from prompteval.report.page.judge import render_pairs
    from prompteval.report.terminal import table

    body, shown = pairs_json(found, unparsed), pair_table(found)
    for path in paths:
        text = json.dumps(body, indent=1) + "\n"
        pieces = {
            ".json": [text],
            ".md": plain_markdown.table(shown),
            ".html": render_pairs([shown], f"replies without a verdict: {unparsed}"),
        }
        write_pieces(path, pieces[path.suffix])
        printer.stderr_line(f"wrote {path}")
    if as_json:
        printer.document(body)
    else:
        table(printer.console(NARROW), shown)
        printer.line(f"{len(found)} judges of pairs; replies without a verdict: {unparsed}")
    return 0


def show_compared(found: "ComparedJudges", *, as_json: bool) -> int:
    """Show two judges beside people, and which agrees more; the exit code."""
    from prompteval.report.format import number
    from prompteval.report.judge.render import figures_json
    from prompteval.report.table import Table
    from prompteval.report.terminal import table

    delta = found.agreement
    if as_json:
        sides = [
            {"prompt": name, **figures_json(figures)}
            for name, figures in zip(found.names, found.figures, strict=True)
        ]
        printer.document(
            {
                "schema": "prompteval/judge-compare@1", "run_id": found.run_id, "judges": sides,
                "agreement": {
                    "a": delta.a, "b": delta.b, "delta": delta.delta, "low": delta.low, "high": delta.high,
                    "p": delta.p, "test": delta.test, "pairs": delta.pairs,
                },
            }
        )  # fmt: skip
        return 0
    rows = [
        [name, str(one.n), number(one.kappa.value), f"[{number(one.kappa.low)}, {number(one.kappa.high)}]",
         number(one.agreement), "" if one.constant is None else f"{one.constant[1]:.3f}"]
        for name, one in zip(found.names, found.figures, strict=True)
    ]  # fmt: skip
    heads = ["judge", "n", "kappa", "95 % interval", "agreement", "constant judge"]
    table(printer.console(NARROW), Table("", heads, rows))
    if delta.delta is None or delta.low is None or delta.high is None or delta.p is None:
        printer.line(f"the two cannot be compared: {delta.reason}")
        return 0
    word = "agree alike" if delta.p > 0.05 else f"{found.names[int(delta.delta > 0)]} agrees more"
    ends = f"{delta.delta:+.3f} [{delta.low:+.3f}, {delta.high:+.3f}], p {delta.p:.3g} ({delta.test})"
    printer.line(f"{word}: difference {ends}")
    return 0


def show_ranking(found: "Ranking", *, as_json: bool) -> int:
    """Show versions by strength; the exit code."""
    from prompteval.report.format import number
    from prompteval.report.table import Table
    from prompteval.report.terminal import table

    if as_json:
        printer.document(
            {
                "schema": "prompteval/judge-rank@1", "judge": found.judge, "reference": found.reference,
                "comparisons": found.duels, "cases": found.cases, "ties": found.ties, "reason": found.reason,
                "strengths": [
                    {"version": one.name, "value": one.value, "low": one.low, "high": one.high}
                    for one in found.strengths
                ],
            }
        )  # fmt: skip
        return 0
    if found.strengths:
        rows = [
            [
                one.name,
                number(one.value),
                "" if one.low is None else f"[{number(one.low)}, {number(one.high)}]",
                number(1.0 / (1.0 + math.exp(-one.value))),
            ]
            for one in found.strengths
        ]  # fmt: skip
        heads = ["version", "strength", "95 % interval", f"wins against {found.reference}"]
        table(printer.console(NARROW), Table("", heads, rows))
    cases, ties = counted(found.cases, "case"), counted(found.ties, "tie")
    what = f"{counted(found.duels, 'comparison')} by {found.judge} over {cases}, {ties}"
    printer.line(f"no order: {found.reason}" if found.reason else f"Bradley-Terry, intervals by case; {what}")
    return 0
