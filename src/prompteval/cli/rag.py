"""`prompteval rag`: try a suite's retrieval on one question; sweep chunkers, retrievers and rerankers."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb
from prompteval.cli.shared import ClusterOption, within

if TYPE_CHECKING:
    from prompteval.engine.rag.search import SearchResult

SEARCH_EPILOG = """\
\b
Examples:
  prompteval rag search "How many gift cards can I buy?"
  prompteval rag search --suite handbook_rag --case c-001     marks the candidates that hold gold
"""
INDEX_EPILOG = """\
\b
Examples:
  prompteval rag index --parts 8
  prompteval rag index --parts 64 --cluster ray     by the workers of the cluster at RAY_ADDRESS

The suite names the directory: `dense: {folder: ../index}`. Parts that are done are kept.
"""
SWEEP_EPILOG = """\
\b
Examples:
  prompteval rag sweep --chunker markdown --chunker fixed --size 128 --retriever bm25 --retriever hybrid
  prompteval rag sweep --reranker none --reranker late_interaction --sample 50 -o sweep.md

Every cell packs the same number of tokens and is compared with the suite's own, question by question.
A stopped sweep continues where it stopped: finished cells are not measured again.
"""

Suite = Annotated[str | None, typer.Option("--suite", help="The suite. [default: the only one with rag:]")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Show no progress.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Texts = list[str] | None

app = typer.Typer(
    help="Try a retriever; index a corpus; sweep chunkers, retrievers and rerankers.",
    epilog='Example: prompteval rag search "how long may I return a kettle?"',
    no_args_is_help=True,
    rich_markup_mode=None,
)


Parts = Annotated[
    int, typer.Option("--parts", help="How many parts the index has.", callback=within("shards"))
]


def register(parent: typer.Typer) -> None:
    app.command("index", epilog=INDEX_EPILOG)(verb(index))
    app.command("search", epilog=SEARCH_EPILOG)(verb(search))
    app.command("sweep", epilog=SWEEP_EPILOG)(verb(sweep))
    parent.add_typer(app, name="rag")


def search(
    question: Annotated[str, typer.Argument(help="What to search for.")] = "",
    suite: Suite = None,
    case: Annotated[str | None, typer.Option("--case", help="Use the question of this case instead.")] = None,
    limit: Annotated[
        int, typer.Option("-n", "--limit", help="Number of candidates to show.", callback=within("limit"))
    ] = 15,
    as_json: AsJson = False,
) -> int:
    """Show what each stage of a suite's retrieval did to the candidates for one question."""
    from prompteval.cli.progress import show_progress
    from prompteval.core.errors import UsageError
    from prompteval.engine.rag.search import rag_suite
    from prompteval.engine.rag.search import search as find
    from prompteval.workspace.settings import find_workspace

    if bool(question.strip()) == (case is not None):
        raise UsageError("give either a question or --case")
    workspace = find_workspace(Path.cwd())
    with show_progress(quiet=as_json) as progress:
        found = find(workspace, rag_suite(workspace, suite), question, case, progress)
    if as_json:
        printer.document(found.as_json())
    else:
        _show(found, limit)
    return 0


def _show(found: "SearchResult", limit: int) -> None:
    from prompteval.report.table import Table
    from prompteval.report.terminal import table

    printer.line(f"{found.suite}: {found.question}")
    if not found.candidates:
        printer.line("nothing was found")
        return
    parts = list(found.candidates[0].parts)
    reranked = any(item.rank != item.retrieved for item in found.candidates)
    heads = ["#", *parts, *(["before reranking"] if reranked else []), "score", "chunk", "fate", "text"]
    rows = []
    for item in found.candidates[:limit]:
        ranks = [str(item.parts[part] or "–") for part in parts]
        before = [str(item.retrieved)] if reranked else []
        gold = " (gold)" if item.gold else ""
        text = " ".join(item.text.split())[:40]
        rows.append([str(item.rank), *ranks, *before, f"{item.score:.4f}", item.id + gold, item.fate, text])
    table(printer.console(140), Table("", heads, rows))
    packed = sum(item.fate == "packed" for item in found.candidates)
    message = (
        f"{len(found.candidates)} candidates, {packed} packed with {found.tokens} of {found.budget} tokens\n"
    )
    printer.show(message)


def index(suite: Suite = None, parts: Parts = 1, cluster: ClusterOption = None, quiet: Quiet = False) -> int:
    """Embed the corpus of a suite in parts, and keep the index where the suite says."""
    from prompteval.cli.progress import show_progress
    from prompteval.cluster.embedding import OneProcess, build_index
    from prompteval.cluster.ray_embedding import RayEmbedding
    from prompteval.core.text import counted
    from prompteval.engine.rag.search import rag_suite
    from prompteval.workspace.settings import find_workspace

    workspace = find_workspace(Path.cwd())
    connect = OneProcess if cluster is None else RayEmbedding
    with show_progress(quiet=quiet) as progress:
        found, directory = build_index(workspace, rag_suite(workspace, suite), parts, progress, connect)
    made = f"{counted(found.count, 'chunk')} in {counted(parts, 'part')}"
    printer.show(f"{directory}: {made}, {found.dimension} dimensions, model {found.model}\n")
    return 0


def sweep(  # noqa: PLR0913 - the options of a verb
    suite: Suite = None,
    chunkers: Annotated[Texts, typer.Option("--chunker", help="Repeatable; else the suite's.")] = None,
    sizes: Annotated[
        list[int] | None,
        typer.Option("--size", help="Tokens per chunk; repeatable.", callback=within("size")),
    ] = None,
    overlap: Annotated[
        int,
        typer.Option(
            "--overlap", help="Overlap of chunks in tokens, with --size.", callback=within("overlap")
        ),
    ] = 0,
    retrievers: Annotated[Texts, typer.Option("--retriever", help="bm25, dense, hybrid; repeatable.")] = None,
    rerankers: Annotated[
        Texts, typer.Option("--reranker", help="none, late_interaction; repeatable.")
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option("--budget", help="Token budget of every cell.", callback=within("context_tokens")),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", help="Only the first N cases.", callback=within("limit"))
    ] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", help="N cases by a seeded hash.", callback=within("sample"))
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of --sample.", callback=within("seed"))] = 0,
    outputs: Annotated[
        list[Path] | None, typer.Option("-o", "--output", help="Also write .md, .json or .html.")
    ] = None,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print no progress.")] = False,
) -> int:
    """Compare chunkers, sizes, retrievers and rerankers at one token budget with the suite's own setting."""
    from prompteval.cli.output import check_output_paths, last_code, write_files
    from prompteval.cli.progress import show_progress
    from prompteval.engine.rag.cells import Grid
    from prompteval.engine.rag.search import rag_suite
    from prompteval.engine.rag.sweep import sweep as measure
    from prompteval.plan.run_options import Selection
    from prompteval.workspace.settings import find_workspace

    written = check_output_paths(outputs or [], (".md", ".json", ".html"), suites=[suite] if suite else ())
    cuts, found_by, ordered_by = tuple(chunkers or ()), tuple(retrievers or ()), tuple(rerankers or ())
    grid = Grid(cuts, tuple(sizes or ()), overlap, found_by, ordered_by, budget)
    workspace = find_workspace(Path.cwd())
    path = rag_suite(workspace, suite)
    with show_progress(quiet=quiet or as_json) as progress:
        found = measure(workspace, path, grid, Selection(limit=limit, sample=sample, seed=seed), progress)
    swept = found.as_json()
    code = write_files(written, lambda path: _write(swept, path))
    if as_json:
        printer.document(swept)
        return last_code(0, code)
    _show_sweep(swept)
    if found.resumed:
        printer.stderr_line(f"{found.resumed} cells were measured before")
    return last_code(0, code)


def _show_sweep(swept: dict[str, object]) -> None:
    from prompteval.report.sweep import legend, sweep_table
    from prompteval.report.terminal import table

    printer.show(legend(swept) + "\n")
    table(printer.console(140), sweep_table(swept))


def _write(swept: dict[str, object], path: Path) -> None:
    from prompteval.cli.output import write_pieces
    from prompteval.report.page.sweep import render
    from prompteval.report.sweep import render_markdown

    if path.suffix == ".json":
        write_pieces(path, [json.dumps(swept, indent=2) + "\n"])
    else:
        write_pieces(path, (render if path.suffix == ".html" else render_markdown)(swept))
