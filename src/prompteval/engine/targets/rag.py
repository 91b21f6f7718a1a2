"""A retrieval pipeline as a target: one question in; rankings, context and the answers of every mode out."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

from prompteval.core.case import Case
from prompteval.core.errors import ContextOverflow, ProviderError, RetrievalError
from prompteval.core.observation import Call, Observation
from prompteval.core.protocols import Provider
from prompteval.core.request import Request, Response
from prompteval.core.retrieval import Chunk, Context, Ranking
from prompteval.engine.interruption import STOPPING_KINDS, computing
from prompteval.engine.item_batcher import ItemBatcher
from prompteval.engine.targets.context_window import ContextWindow
from prompteval.engine.targets.prompt import PromptTarget, call_of
from prompteval.metrics.spans import touches
from prompteval.plan.rag.setup import RagSetup, question_of
from prompteval.plan.targets.base import failed
from prompteval.plan.targets.rag import CONTEXT
from prompteval.prompt.prompt import Prompt
from prompteval.rag.gold import GoldGroups
from prompteval.rag.index.content import indexed_text
from prompteval.rag.pack import pack
from prompteval.rag.pipeline import Pipeline, Question
from prompteval.rag.rerank.order import followed
from prompteval.workspace.rag_section import Mode

# The candidates, and their new order where there is a reranker.
_Found = tuple[Ranking, Ranking | None]
# What a reranker counts of its work, in words.
_COUNTS = {
    "truncated": "passages are longer than its window and were read in part",
    "truncated_queries": "questions are longer than its window and were read in part",
    "saturated": "scores are as good as equal to another of the same question",
}


class RagTarget:
    """Retrieves, reranks, packs, and asks the model once for each mode.

    Never raises for a bad case. The observation is that of mode `retrieved`, or of the first mode
    there is; what the others answered is in `details`, beside the passages each was given, the
    tokens of the first k, and the gold chunks that are longer than the encoder's window.
    """

    def __init__(self, setup: RagSetup, prompt: Prompt | None, model: str, provider: Provider | None) -> None:
        self._setup = setup
        self._section = setup.section
        self._prompt = prompt
        self._model = model
        self._provider = provider
        self._window = ContextWindow.of(model, setup.workspace, prompt)
        self._retrieval: ItemBatcher[Question, _Found] = ItemBatcher(self._retrieve)
        self._building = asyncio.Lock()
        self._built: Pipeline | None = None

    async def __call__(self, case: Case, replicate: int) -> Observation:
        started = perf_counter()
        question = Question(case.id, str(question_of(case, self._section)))
        calls: list[Call] = []
        try:
            pipeline = await self._pipeline()
            ranking, reranked = await self._ranked(pipeline, question, calls)
            final = ranking if reranked is None else reranked
            sizes = [
                pipeline.counter.count(indexed_text(unit))
                for unit in pipeline.units(final.top(self._section.k))
            ]
        except (RetrievalError, ProviderError) as error:
            return replace(failed("retrieval", error.kind, str(error)), calls=tuple(calls))
        gold = self._setup.gold.get(case.id, ())
        seen = Observation(
            "ok", ranking=ranking, reranked=reranked, latency_ms=(perf_counter() - started) * 1000,
            details={"sizes": sizes, "truncated": _truncated(pipeline, gold)}, calls=tuple(calls),
        )  # fmt: skip
        try:
            packed = pipeline.pack(final, self._window.room(self._prompt, case))
            seen = replace(seen, context=packed)
            contexts = {
                mode: self._context(pipeline, mode, case, packed, final) for mode in self._section.generating
            }
        except ContextOverflow as error:
            return _without_answer(seen, failed("packing", "ContextOverflow", str(error)))
        if not contexts or self._prompt is None or self._provider is None:
            return seen
        target = PromptTarget(self._prompt, self._provider, self._model, self._window.check)
        return await self._answered(target, case, replicate, seen, contexts)

    async def aclose(self) -> None:
        """Stop waiting questions, and close what retrieves and answers."""
        await self._retrieval.aclose()
        counts = getattr(self._built and self._built.reranker, "counts", {})
        for name, meaning in _COUNTS.items():
            if counts.get(name):
                self._setup.notes_found[f"reranker: {counts[name]:,} {meaning}"] = None
        closing: Any = getattr(self._built and self._built.retriever, "aclose", None)
        if closing is not None:
            await closing()
        if self._provider is not None:
            await self._provider.aclose()

    async def _pipeline(self) -> Pipeline:
        with computing():
            async with self._building:
                if self._built is None:
                    self._built = await asyncio.to_thread(self._build)
        return self._built

    def _build(self) -> Pipeline:
        """The pipeline, with what a reader of the numbers must know of it noted."""
        built = self._setup.pipeline(self._model, self._provider)
        cut, notes = len(built.truncated), self._setup.notes_found
        if cut:
            notes[f"{cut} of {len(built.chunks)} chunks are longer than the encoder's window"] = None
        if (
            self._provider is not None
            and self._window.tokens is None
            and not self._model.startswith("local/")
        ):
            notes[
                f"the window of {self._model} is not known, so no prompt is refused; set context_window"
            ] = None
        return built

    async def _ranked(
        self, pipeline: Pipeline, question: Question, calls: list[Call]
    ) -> tuple[Ranking, Ranking | None]:
        """(candidates, their new order or None); what is not a coroutine runs in a thread."""
        search: Any = getattr(pipeline.retriever, "asearch", None)
        requests: Any = getattr(pipeline.reranker, "requests", None)
        if search is None and requests is None:
            return await self._retrieval(question)
        if search is not None:
            ranking = await search(question.text, self._section.depth)
        else:
            with computing():
                (ranking,) = await asyncio.to_thread(pipeline.retrieve, [question])
        if requests is None:
            with computing():
                return ranking, await asyncio.to_thread(pipeline.rerank, question, ranking)
        return ranking, await self._graded(pipeline, question, ranking, calls)

    async def _graded(
        self, pipeline: Pipeline, question: Question, ranking: Ranking, calls: list[Call]
    ) -> Ranking:
        """The candidates by the grades that the run's own model gives them, all asked at once."""
        reranker: Any = pipeline.reranker
        provider = self._provider
        assert provider is not None  # the factory refuses this reranker without one
        depth = self._section.rerank_depth
        head = pipeline.units(ranking.top(depth))
        asked: Sequence[Request] = reranker.requests(question.text, head)
        replies: list[Response] = await asyncio.gather(*(provider.complete(request) for request in asked))
        calls += [call_of(self._model, *pair) for pair in zip(asked, replies, strict=True)]
        return followed(reranker.ranking(head, replies), ranking.ids[depth:])

    def _retrieve(self, questions: Sequence[Question]) -> list[_Found | Exception]:
        """All together; where that fails, one by one, so that each question has its own error.

        What ends the run is not asked again for each of them.
        """
        try:
            return [*self._retrieved(questions)]
        except (RetrievalError, ProviderError) as error:
            if len(questions) == 1 or error.kind in STOPPING_KINDS:
                return [error] * len(questions)
        return [found for question in questions for found in self._retrieve([question])]

    def _retrieved(self, questions: Sequence[Question]) -> list[_Found]:
        pipeline = self._built or self._build()  # which the first question has awaited
        found = pipeline.retrieve(questions)
        return [
            (ranking, pipeline.rerank(question, ranking))
            for question, ranking in zip(questions, found, strict=True)
        ]

    def _context(
        self, pipeline: Pipeline, mode: Mode, case: Case, packed: Context, final: Ranking
    ) -> tuple[Chunk, ...]:
        """The passages of one mode, in the order the prompt gets them."""
        if mode == "retrieved":
            return packed.kept
        if mode == "closed_book":
            return ()
        gold = gold_chunks(self._setup.gold.get(case.id, ()), pipeline)
        if mode == "oracle_distractors":
            known = {chunk.id for chunk in gold}
            others = [unit for unit in pipeline.units(final) if unit.id not in known]
            gold = [*gold, *others[: max(self._section.k - len(gold), 0)]]
            gold.sort(key=lambda chunk: _shuffled(case.id, chunk.id))
        return pack(gold, pipeline.counter, packed.budget, written=indexed_text).kept

    async def _answered(
        self,
        target: PromptTarget,
        case: Case,
        replicate: int,
        seen: Observation,
        contexts: Mapping[Mode, tuple[Chunk, ...]],
    ) -> Observation:
        """The observation with what each mode answered; an error of one is the case's."""
        answers = {}
        for mode, passages in contexts.items():
            filled = replace(case, inputs={**case.inputs, CONTEXT: as_passages(passages)})
            answers[mode] = await target(filled, replicate)
        main: Mode = "retrieved" if "retrieved" in answers else next(iter(answers))
        broken = next((answer for answer in answers.values() if answer.outcome == "error"), None)
        chosen = broken or answers[main]
        details = {
            **chosen.details, **seen.details, "main": main,
            "contexts": {mode: [chunk.id for chunk in passages] for mode, passages in contexts.items()},
            "modes": {mode: _as_json(answer) for mode, answer in answers.items() if mode != main},
        }  # fmt: skip
        calls = (*seen.calls, *(call for answer in answers.values() for call in answer.calls))
        return replace(
            chosen, calls=calls, details=details,
            ranking=seen.ranking, reranked=seen.reranked, context=seen.context,
        )  # fmt: skip


def gold_chunks(gold: GoldGroups, pipeline: Pipeline) -> list[Chunk]:
    """The chunks that hold the first alternative of each AND-group that the corpus has, each once."""
    found: dict[str, Chunk] = {}
    for group in gold:
        there = next((item for item in group if not item.missing), None)
        if there is not None:
            found.update((chunk.id, chunk) for chunk in pipeline.gold_index.touching(there.span))
    return list(found.values())


def as_passages(chunks: Sequence[Chunk]) -> list[dict[str, object]]:
    """Chunks as a prompt's `context` takes them, numbered from 1."""
    return [
        {"n": n, "doc": chunk.doc_id, "title": chunk.title, "text": chunk.text}
        for n, chunk in enumerate(chunks, 1)
    ]


def _truncated(pipeline: Pipeline, gold: GoldGroups) -> list[str]:
    """The chunks with gold whose end the encoder did not read."""
    spans = [item.span for group in gold for item in group]
    long = [pipeline.by_id[name] for name in sorted(pipeline.truncated)]
    return [c.id for c in long if any(touches((c.doc_id, c.start, c.end), span) for span in spans)]


def _as_json(answer: Observation) -> dict[str, object]:
    """What is kept of a mode beside the main one."""
    failure = answer.failure
    message = None if failure is None else f"{failure.stage}: {failure.type}: {failure.message}"
    return {
        "outcome": answer.outcome, "output": answer.output, "text": answer.text, "failure": message,
        "confidence": answer.confidence,
    }  # fmt: skip


def _without_answer(seen: Observation, failure: Observation) -> Observation:
    return replace(seen, outcome=failure.outcome, failure=failure.failure)


def _shuffled(case_id: str, chunk_id: str) -> bytes:
    """An order by question and chunk alone, so that no rank tells which hold the answer."""
    return hashlib.sha256(f"{case_id}\0{chunk_id}".encode("utf-8", "surrogatepass")).digest()
