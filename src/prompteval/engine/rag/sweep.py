"""A grid of chunkers, sizes, retrievers and rerankers at one token budget, paired with a reference cell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from prompteval.core.case import Case
from prompteval.core.errors import NothingSelected, UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.core.verdict import Comparison
from prompteval.engine.progress import Progress
from prompteval.engine.rag.cells import Grid, KeptCells, Measured, SweepCell
from prompteval.engine.rag.search import kept_vectors, setup_of
from prompteval.metrics.spans import ceiling
from prompteval.plan.rag.setup import RagSetup, question_of
from prompteval.plan.run_options import Selection
from prompteval.plan.selection import select
from prompteval.plan.suite_plan import plan_suite
from prompteval.rag.budget import scores_at_budgets
from prompteval.rag.gold import blank_in, chunk_spans, spans_of
from prompteval.rag.index.content import indexed_text
from prompteval.rag.pipeline import Pipeline, Question
from prompteval.stats.paired.decision import DecisionRule, decide
from prompteval.stats.paired.values import compare_values
from prompteval.workspace.rag_section import RagPart, RagSection
from prompteval.workspace.settings import Workspace

QUESTIONS_A_STEP = 32
# Budgets at which recall is measured, the whole one last.
CURVE_POINTS = 8


@dataclass(frozen=True, slots=True)
class Sweep:
    """Every cell with its comparison to the reference cell; Holm over all of them."""

    suite: str
    budget: int
    questions: int
    reference: str
    measured: tuple[Measured, ...]
    comparisons: Mapping[str, Comparison]
    resumed: int

    def as_json(self) -> dict[str, object]:
        cells = []
        for item in self.measured:
            found = self.comparisons.get(item.cell.name)
            compared = {"verdict": "reference"} if found is None else _comparison_json(found)
            means = {name: fmean(getattr(item, name)) for name in ("recall", "precision", "iou")}
            rest = {k: v for k, v in asdict(item).items() if k not in ("cell", *means)}
            cells.append({"name": item.cell.name, **asdict(item.cell), **means, **rest, **compared})
        return {
            "schema": "prompteval/rag-sweep@1", "suite": self.suite, "budget": self.budget,
            "questions": self.questions, "reference": self.reference, "cells": cells,
        }  # fmt: skip


def sweep(workspace: Workspace, path: str, grid: Grid, selection: Selection, progress: Progress) -> Sweep:
    """Measure every cell on the questions with gold; cells that were measured before are read.

    Raises UsageError for names that are not known, NothingSelected where no question has gold.
    """
    plan = plan_suite(workspace, path)
    setup = setup_of(plan)
    section = setup.section
    budget = grid.budget or section.context_tokens
    chosen = select(plan.suite.name, plan.cases(), plan.suite.splits, selection)
    cases = sorted((case for case in chosen if setup.gold.get(case.id)), key=lambda case: case.id)
    if not cases:
        raise NothingSelected(f"no selected case of {plan.suite.name} has gold")
    reference = _own(section)
    cells = list(dict.fromkeys([reference, *_cells(grid, section)]))
    model = plan.models[0] if plan.models else ""
    setup.encoders.progress = progress.building
    with kept_vectors(workspace, setup):
        pipelines = {cell: setup.pipeline(model, section=_set(section, cell)) for cell in cells}
        kept = KeptCells(workspace, plan, cases, budget)
        progress.start(f"{plan.suite.name} {len(cells)} cells", len(cells) * len(cases))
        measured = []
        for cell, pipeline in pipelines.items():
            found = kept.read(pipeline, cell)
            if found is None:
                found = _measure(setup, pipeline, cell, cases, budget, progress)
                kept.write(pipeline, found)
            else:
                for _ in cases:
                    progress.advance(error=False, cached=True)
            measured.append(found)
    compared = _compare(measured, reference, budget, cases)
    return Sweep(plan.suite.name, budget, len(cases), reference.name, tuple(measured), compared, kept.found)


def _own(section: RagSection) -> SweepCell:
    """The suite's own setting: the reference."""
    options = section.chunker.options
    size = None if section.chunker.kind == "none" else int(options.get("size", 256))
    overlap = int(options.get("overlap", 0))
    return SweepCell(section.chunker.kind, size, overlap, section.retriever.kind, section.reranker.kind)


def _cells(grid: Grid, section: RagSection) -> Iterator[SweepCell]:
    own = _own(section)
    for chunker in grid.chunkers or (own.chunker,):
        sizes = grid.sizes or ((own.size,) if own.size is not None else (256,))
        for size in sizes if chunker != "none" else (None,):
            for retriever in grid.retrievers or (own.retriever,):
                for reranker in grid.rerankers or (own.reranker,):
                    overlap = 0 if size is None else own.overlap if not grid.sizes else grid.overlap
                    yield SweepCell(chunker, size, overlap, retriever, reranker)


def _set(section: RagSection, cell: SweepCell) -> RagSection:
    """The suite's section in the setting of a cell. Raises UsageError for a reranker that asks a model."""
    if cell.reranker == "llm":
        raise UsageError("rag sweep calls no model", "leave out the reranker llm")
    sized = {} if cell.size is None else {"size": cell.size, "overlap": cell.overlap}
    own = {part.kind: part for part in (section.retriever, section.reranker)}
    return replace(
        section,
        chunker=RagPart(cell.chunker, sized, section.chunker.place),
        retriever=own.get(cell.retriever, RagPart(cell.retriever)),
        reranker=own.get(cell.reranker, RagPart(cell.reranker)),
    )


def _measure(
    setup: RagSetup,
    pipeline: Pipeline,
    cell: SweepCell,
    cases: Sequence[Case],
    budget: int,
    progress: Progress,
) -> Measured:
    started = perf_counter()
    blank = blank_in(setup.documents)
    rows, too_large = [], 0
    budgets = sorted({max(budget * part // CURVE_POINTS, 1) for part in range(1, CURVE_POINTS + 1)})
    packed: list[list[tuple[int, float]]] = []
    for start in range(0, len(cases), QUESTIONS_A_STEP):
        some = cases[start : start + QUESTIONS_A_STEP]
        asked = [Question(case.id, str(question_of(case, setup.section))) for case in some]
        for case, question, ranking in zip(some, asked, pipeline.retrieve(asked), strict=True):
            units = pipeline.units(pipeline.rerank(question, ranking) or ranking)
            sizes = (pipeline.counter.count(indexed_text(unit)) for unit in units)
            gold = spans_of(setup.gold[case.id])
            at_budgets = scores_at_budgets(gold, units, _until(sizes, budget), budgets, blank)
            scores = [found.scores for found in at_budgets if found.scores is not None]  # all: each has gold
            rows.append((scores[-1].recall, scores[-1].precision, scores[-1].iou))
            packed.append([(found.tokens, one.recall) for found, one in zip(at_budgets, scores, strict=True)])
            too_large += at_budgets[-1].first_too_large
            progress.advance(error=False, cached=False)
    spans = chunk_spans(pipeline.chunks)
    left = ceiling([item.span for case in cases for g in setup.gold[case.id] for item in g], spans, blank)
    remote = any(encoder.identity.startswith("openai-embeddings") for encoder in pipeline.encoders)
    recall, precision, iou = (tuple(column) for column in zip(*rows, strict=True))
    return Measured(
        cell, recall, precision, iou, len(pipeline.chunks), left.whole, left.total, len(pipeline.truncated),
        too_large, round(perf_counter() - started, 3), None if remote else 0.0, _curve(budgets, packed),
    )  # fmt: skip


def _curve(
    budgets: Sequence[int], packed: Sequence[Sequence[tuple[int, float]]]
) -> tuple[tuple[int, float, float], ...]:
    """(budget, mean tokens, mean recall) over questions, of each the tokens and recall at every budget."""
    columns = zip(budgets, zip(*packed, strict=True), strict=True)
    return tuple(
        (budget, fmean(t for t, _ in found), fmean(r for _, r in found)) for budget, found in columns
    )


def _until(sizes: Iterator[int], budget: int) -> list[int]:
    """The sizes up to the first that passes the budget: no later chunk can be packed."""
    found, used = [], 0
    for size in sizes:
        found.append(size)
        used += size
        if used > budget:
            break
    return found


def _compare(
    measured: Sequence[Measured], reference: SweepCell, budget: int, cases: Sequence[Case]
) -> dict[str, Comparison]:
    """Recall of every cell against the reference, question by question; one family for Holm."""
    base = next(item for item in measured if item.cell == reference)
    others = [item for item in measured if item.cell != reference]
    name = f"context.recall@{budget}t"
    clusters = _clusters(cases)
    pairs = [
        compare_values(
            name, np.asarray(base.recall), np.asarray(item.recall), low=0.0, high=1.0, clusters=clusters,
            seed=int(fingerprint([name, item.cell.name, item.recall])[-12:], 16),
        )
        for item in others
    ]  # fmt: skip
    decided = decide(pairs, [DecisionRule()] * len(pairs))
    return {item.cell.name: found for item, found in zip(others, decided, strict=True)}


def _clusters(cases: Sequence[Case]) -> NDArray[np.int32] | None:
    if all(case.cluster is None for case in cases):
        return None
    names: dict[str, int] = {}
    keys = [f"c:{case.cluster}" if case.cluster is not None else f"alone:{case.id}" for case in cases]
    return np.asarray([names.setdefault(key, len(names)) for key in keys], dtype=np.int32)


def _comparison_json(found: Comparison) -> dict[str, object]:
    names = ("delta", "low", "high", "p", "p_adjusted", "mde", "test", "detail")
    return {**{name: getattr(found, name) for name in names}, "verdict": found.verdict.value}
