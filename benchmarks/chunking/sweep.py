"""Chunkers x sizes x retrievers on 472 questions with span gold, at constant token budgets.

    python benchmarks/chunking/sweep.py [--cache FOLDER] [--quick]

Prints the chunkers' ceilings and, for every cell, recall, precision and IoU of the packed context at
each budget, with a paired comparison of recall against the reference cell, Holm over the grid.
Embeddings are kept in the cache directory, so that a second run encodes nothing.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from time import perf_counter

import numpy as np
from data import DATA, Question, documents, questions
from lexical import Lexical

from prompteval.core.protocols import Retriever
from prompteval.core.retrieval import Chunk
from prompteval.core.verdict import Comparison
from prompteval.corpus.chunk import build_chunker
from prompteval.metrics.spans import Gold, Ranges, Span, ceiling, length, shared, united
from prompteval.providers.local.embedder import MiniLMEmbedder
from prompteval.providers.local.weights import find_weights
from prompteval.rag.budget import BudgetScores, scores_at_budgets
from prompteval.rag.gold import blank_in, chunk_spans
from prompteval.rag.index.dense import DenseIndex
from prompteval.rag.index.embedding import CachedEmbedder
from prompteval.rag.index.hybrid import Hybrid
from prompteval.stats.paired.decision import DecisionRule, decide
from prompteval.stats.paired.values import compare_values
from prompteval.store.blob_cache import SqliteBlobCache
from prompteval.tokens import counter

MODEL = "gpt-4o"  # whose tokens are counted: o200k_base
KINDS = ("fixed", "sentence", "recursive", "markdown")
SIZES = ((128, 0), (256, 0), (256, 64), (512, 0))
RETRIEVERS = ("bm25", "dense", "hybrid")
BUDGETS = (500, 1000, 2000, 4000)
DECIDING = 1000
REFERENCE = ("markdown", 256, 0, "hybrid")
DEPTH = 200
Cell = tuple[str, int, int, str]


@dataclass(frozen=True, slots=True)
class Chunking:
    """One chunking of the corpora, with the tokens of each chunk."""

    kind: str
    size: int
    overlap: int
    chunks: tuple[Chunk, ...]
    tokens: dict[str, int]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--cache", type=Path, default=Path(".prompteval"))
    options.add_argument("--quick", action="store_true", help="BM25 alone, which encodes nothing")
    chosen = options.parse_args()
    if not DATA.is_dir():
        sys.exit(f"skipped: {DATA} is not here")
    asked = questions()
    retrievers = ("bm25",) if chosen.quick else RETRIEVERS
    reference = (*REFERENCE[:3], "bm25") if chosen.quick else REFERENCE
    cache = SqliteBlobCache(chosen.cache / "vectors.sqlite")
    embedder = CachedEmbedder(MiniLMEmbedder(find_weights("minilm", Path.cwd())), cache)
    cells: dict[Cell, list[list[BudgetScores]]] = {}
    seconds: dict[Cell, float] = {}
    truncated: dict[Cell, int] = {}
    print_ceiling_head()
    for kind in KINDS:
        for size, overlap in SIZES:
            chunking = cut(kind, size, overlap)
            print_ceiling(chunking, asked)
            for name in retrievers:
                started = perf_counter()
                retriever, truncated[kind, size, overlap, name] = open_retriever(
                    name, chunking.chunks, embedder
                )
                cells[kind, size, overlap, name] = scored(retriever, chunking, asked)
                seconds[kind, size, overlap, name] = perf_counter() - started
    cache.close()
    print_cells(cells, seconds, truncated, reference)
    print(f"\n{embedder.encoded:,} texts encoded in this run.")


def cut(kind: str, size: int, overlap: int) -> Chunking:
    counting = counter(MODEL)
    chunker = build_chunker(kind, {"size": size, "overlap": overlap}, counting)
    chunks = tuple(chunk for document in documents().values() for chunk in chunker(document))
    return Chunking(kind, size, overlap, chunks, {chunk.id: counting.count(chunk.text) for chunk in chunks})


def open_retriever(name: str, chunks: Sequence[Chunk], embedder: CachedEmbedder) -> tuple[Retriever, int]:
    """(retriever, how many chunks are longer than the encoder's window)."""
    if name == "bm25":
        return Lexical(chunks), 0
    dense = DenseIndex.build(chunks, embedder)
    if name == "dense":
        return dense, dense.truncated
    return Hybrid([Lexical(chunks), dense], depth=DEPTH), dense.truncated


def scored(retriever: Retriever, chunking: Chunking, asked: Sequence[Question]) -> list[list[BudgetScores]]:
    """For each question the scores at each budget."""
    by_id = {chunk.id: chunk for chunk in chunking.chunks}
    blank = blank_in(documents())
    found = []
    for question in asked:
        ids = retriever.search(question.text, DEPTH).ids
        sizes = [chunking.tokens[name] for name in ids]
        found.append(scores_at_budgets(question.gold, [by_id[name] for name in ids], sizes, BUDGETS, blank))
    return found


def precision_omega(gold: Gold, chunks: Iterable[Span]) -> float | None:
    """Gold characters / characters of every chunk that shares one with gold; None without gold text.

    The precision of a retriever that returns exactly the chunks it should: a chunking's ceiling
    (`ioc` in Smith and Troynikov 2024, Evaluating Chunking Strategies for Retrieval). Gold that is
    in no chunk is added below the line.
    """
    spans = [span for group in gold for span in group]
    excerpts = united(spans)
    if not excerpts:
        return None
    reach = united([*touching(excerpts, chunks), *spans])
    covered = united(touching(excerpts, chunks))
    return shared(excerpts, covered) / length(reach)


def touching(excerpts: Ranges, chunks: Iterable[Span]) -> list[Span]:
    return [chunk for chunk in chunks if shared(united([chunk]), excerpts)]


def print_ceiling_head() -> None:
    columns = ["chunker", "size", "overlap", "chunks", "tokens a chunk", "whole", "split", "lost"]
    print_row([*columns, "questions whole", "omega"])
    print("|---" * 10 + "|")


def print_ceiling(chunking: Chunking, asked: Sequence[Question]) -> None:
    """What the chunking leaves whole, and the precision of a retriever that errs nowhere."""
    spans, blank = chunk_spans(chunking.chunks), blank_in(documents())
    left = [ceiling([group[0] for group in question.gold], spans, blank) for question in asked]
    omega = fmean(precision_omega(question.gold, spans) or 0.0 for question in asked)
    counts = [sum(getattr(item, name) for item in left) for name in ("whole", "split", "lost")]
    whole = sum(item.whole == item.total for item in left)
    tokens = f"{fmean(chunking.tokens.values()):.0f}"
    row = [chunking.kind, chunking.size, chunking.overlap, f"{len(chunking.chunks):,}", tokens]
    print_row([*row, *counts, whole, f"{omega:.3f}"])


def print_cells(
    cells: dict[Cell, list[list[BudgetScores]]],
    seconds: dict[Cell, float],
    truncated: dict[Cell, int],
    reference: Cell,
) -> None:
    """Every cell at every budget, and its recall at the deciding budget against the reference."""
    at = BUDGETS.index(DECIDING)
    recalls = {
        cell: [row[at].scores.recall for row in rows if row[at].scores] for cell, rows in cells.items()
    }
    verdicts = compared(recalls, reference)
    print(f"\nReference: {label(reference)}. Paired: recall@{DECIDING}t.\n")
    recall_names = [f"R@{budget}t" for budget in BUDGETS]
    outcome = ["difference", "Holm p", "verdict", "s"]
    print_row(
        [
            "cell",
            *recall_names,
            f"P@{DECIDING}t",
            f"IoU@{DECIDING}t",
            f"none in {BUDGETS[0]}t",
            "cut",
            *outcome,
        ]
    )
    print("|---" * (len(BUDGETS) + 9) + "|")
    for cell, rows in cells.items():
        recall = [f"{mean(rows, place, 'recall'):.3f}" for place in range(len(BUDGETS))]
        others = [f"{mean(rows, at, 'precision'):.3f}", f"{mean(rows, at, 'iou'):.3f}"]
        too_large = sum(row[0].first_too_large for row in rows)
        ending = [*shown(verdicts.get(cell)), f"{seconds[cell]:.1f}"]
        print_row([label(cell), *recall, *others, too_large, truncated[cell], *ending])


def print_row(row: Sequence[object]) -> None:
    print(f"| {' | '.join(map(str, row))} |", flush=True)


def mean(rows: Sequence[Sequence[BudgetScores]], place: int, name: str) -> float:
    return fmean(getattr(row[place].scores, name) for row in rows)


def label(cell: Cell) -> str:
    kind, size, overlap, retriever = cell
    return f"{kind} {size}{f'/{overlap}' if overlap else ''} {retriever}"


def compared(recalls: dict[Cell, list[float]], reference: Cell) -> dict[Cell, Comparison]:
    """Every cell against the reference, question by question; one family for Holm."""
    others = [cell for cell in recalls if cell != reference]
    values = {cell: np.asarray(found) for cell, found in recalls.items()}
    name = f"recall@{DECIDING}t"
    pairs = [
        compare_values(name, values[reference], values[cell], low=0.0, high=1.0, seed=0) for cell in others
    ]
    return dict(zip(others, decide(pairs, [DecisionRule()] * len(pairs)), strict=True))


def shown(found: Comparison | None) -> list[str]:
    if found is None:
        return ["", "", "reference"]
    difference = f"{found.delta:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
    return [difference, f"{found.p_adjusted:.4f}", found.verdict.value if found.verdict else ""]


if __name__ == "__main__":
    main()
