"""`prompteval trec`: score a TREC run as trec_eval would, with intervals."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb

if TYPE_CHECKING:
    from prompteval.rag.trec.score import TrecReport

EPILOG = """\
\b
Examples:
  prompteval trec qrels.txt run.txt                          nDCG@10, recall@10, MRR and MAP
  prompteval trec qrels.txt run.txt -m ndcg@20 -m "recall(grade=2)@100"
  prompteval trec qrels.txt run.txt --ties trec --complete-only    as trec_eval, without its -c

Metrics: ndcg, recall, rcap, hit, precision, mrr, map; `@k` is the cut-off, which ndcg, mrr and map need not.
"""

Qrels = Annotated[Path, typer.Argument(help="Judgments: query, iteration, document, grade.")]
Run = Annotated[Path, typer.Argument(help="A run: query, Q0, document, rank, score, tag.")]
Metrics = Annotated[
    list[str] | None, typer.Option("-m", "--metric", help="ndcg@10, recall@100, … Repeatable.")
]
TieRule = Annotated[
    str, typer.Option("--ties", help="input: as the file has them. trec: by id, descending, as trec_eval.")
]
Complete = Annotated[
    bool,
    typer.Option(
        "--complete-only", help="Leave out judged queries that are missing from the run, as trec_eval does."
    ),
]
PerQuery = Annotated[bool, typer.Option("--per-query", help="Print the value of every query too.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    app.command("trec", epilog=EPILOG)(verb(trec))


def trec(
    qrels: Qrels,
    run: Run,
    metrics: Metrics = None,
    ties: TieRule = "input",
    complete_only: Complete = False,
    per_query: PerQuery = False,
    as_json: AsJson = False,
) -> int:
    """Score a TREC run against relevance judgments, each mean with its 95 % interval.

    A mean is over all judged queries with a relevant document; one that the run lacks scores 0.
    """
    from typing import get_args

    from prompteval.cli.paths import check_file
    from prompteval.core.errors import UsageError
    from prompteval.core.problem import did_you_mean
    from prompteval.core.retrieval import Ties
    from prompteval.metrics.ranking_names import parse_ranking_metric
    from prompteval.rag.trec.join import join
    from prompteval.rag.trec.read import read_qrels, read_run
    from prompteval.rag.trec.score import DEFAULT_METRICS, score

    if ties not in get_args(Ties):
        raise UsageError(f"unknown --ties {ties!r}", did_you_mean(ties, get_args(Ties)))
    try:
        wanted = [parse_ranking_metric(name, ()) for name in dict.fromkeys(metrics or DEFAULT_METRICS)]
    except ValueError as error:
        raise UsageError(f"-m: {error}") from None
    check_file("trec", qrels)
    check_file("trec", run)
    joined = join(read_qrels(qrels), read_run(run), "trec" if ties == "trec" else "input")
    report = score(joined, wanted, complete_only=complete_only)
    if joined.duplicates:
        printer.stderr_line(
            f"warning: {run}:{joined.first_duplicate}:1 PE375 {joined.duplicates} "
            f"line{'' if joined.duplicates == 1 else 's'} with a document the query already has; "
            "the best-ranked counts"
        )
    if as_json:
        printer.document(report.as_json(with_queries=per_query))
    else:
        for piece in _text(report, per_query):
            printer.show(piece)
    return 0


def _text(report: "TrecReport", per_query: bool) -> Iterator[str]:
    if per_query:
        for name, values in report.values.items():
            for query, value in zip(report.queries, values, strict=True):
                yield f"{name}\t{query}\t{'undefined' if value is None else f'{value:.4f}'}\n"
        yield "\n"
    width = max(map(len, ("metric", *report.metrics)))
    yield f"{'metric':<{width}}    value   95 % interval      queries\n"
    for name, found in report.metrics.items():
        if found.value is None:
            yield f"{name:<{width}}  undefined: {found.reason}\n"
        else:
            ends = f"{found.low:.4f} to {found.high:.4f}"
            yield f"{name:<{width}}   {found.value:.4f}   {ends}   {report.n[name]:>7,}\n"
    counts = report.counts
    yield (
        f"\njudged queries: {counts['judged']:,} ({counts['missing']:,} missing from the run, "
        f"{counts['without_relevant']:,} without a relevant document)\n"
        f"queries in the run: {counts['in_run']:,} ({counts['unjudged']:,} not judged)\n"
        f"queries that change with the order of tied hits: {counts['tie_sensitive']:,}\n"
    )
