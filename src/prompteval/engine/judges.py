"""Judges in a run: each asks its model over the same layers as any other call."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from prompteval.core.case import Case
from prompteval.core.observation import UNASKED, Call, Observation, Score
from prompteval.core.protocols import Provider, Scorer
from prompteval.core.request import Request
from prompteval.engine.interruption import STOPPING_KINDS
from prompteval.engine.targets.prompt import PromptTarget
from prompteval.judging.ask import LENGTH, OUTPUT, Ask, LoadedJudge, output_hash
from prompteval.judging.inputs import as_text
from prompteval.judging.pairwise import Pairwise
from prompteval.plan.judges import AnyJudge
from prompteval.providers.layers import CLOCK, CaseClock

OpenModel = Callable[[str], Provider]
OtherOutput = Callable[[Case], Awaitable[Observation | None]]


class AskingJudge(Scorer):
    """A judge with its model: what it asks is called, and what it is answered becomes its score."""

    def __init__(
        self, judge: AnyJudge, loaded: LoadedJudge, provider: Provider, stop: Callable[[str], None]
    ) -> None:
        self._judge, self._stop = judge, stop
        self.name = judge.name
        self.decides, self.threshold = judge.decides, None
        self.pace, self.timeout_s = judge.pace, None
        self.model = loaded.model
        self._target = PromptTarget(loaded.asked, provider, loaded.model)

    async def requests(self, case: Case, observation: Observation) -> list[Request]:
        """What would be sent to judge an output. Raises RenderError or DeadlineExceeded."""
        return self._requests(case, self._judge.asks(case, observation))

    def _requests(self, case: Case, asks: Sequence[Ask] | Score) -> list[Request]:
        if isinstance(asks, Score):
            return []
        return [self._target.request(Case(case.id, dict(ask.inputs)), ask.sample) for ask in asks]

    async def score(self, case: Case, observation: Observation) -> Score:
        """The judge's score, with its calls and what it is of; failed where a call of its failed."""
        score, calls = await self.ask(case, observation, self._judge.asks(case, observation))
        if observation.outcome != "ok" or score.status == "skipped":
            return replace(score, calls=calls)
        length = len(as_text(observation.output))
        evidence = {**score.evidence, **judged_output(observation), LENGTH: length}
        return replace(score, evidence=evidence, calls=calls)

    async def ask(
        self, case: Case, observation: Observation, asks: Sequence[Ask] | Score
    ) -> tuple[Score, tuple[Call, ...]]:
        """(the score that the answers to some questions give, their calls)."""
        if isinstance(asks, Score):
            return asks, ()
        if len(asks) == 1:
            answers = [await self._answer(case, asks[0])]
        else:
            answers = await asyncio.gather(*(self._answer(case, ask) for ask in asks))
        calls = tuple(call for answer in answers for call in answer.calls)
        failed = next((answer for answer in answers if answer.outcome == "error"), None)
        if failed is not None:
            if failed.failure is not None and failed.failure.type in STOPPING_KINDS:
                self._stop(failed.failure.message)
            return _unanswered(self.name, failed), calls
        return self._judge.read(case, observation, asks, answers), calls

    async def _answer(self, case: Case, ask: Ask) -> Observation:
        clock = CLOCK.get()
        CLOCK.set(CaseClock())  # the deadline of the case is the system's
        try:
            return await self._target(Case(case.id, dict(ask.inputs)), ask.sample)
        finally:
            CLOCK.set(clock)


class AskingPairwise(AskingJudge):
    """A judge of pairs: the output of a case, and that of another version or run for the same case."""

    def __init__(
        self,
        judge: Pairwise,
        loaded: LoadedJudge,
        provider: Provider,
        stop: Callable[[str], None],
        other: OtherOutput,
    ) -> None:
        super().__init__(judge, loaded, provider, stop)
        self._pairs, self._other = judge, other

    async def requests(self, case: Case, observation: Observation) -> list[Request]:
        other = await self._other(case)
        if other is None or other.outcome == "error":
            return []
        return self._requests(case, self._pairs.compare(case, observation, other))

    async def score(self, case: Case, observation: Observation) -> Score:
        """The preference between both outputs, with the calls that brought the other one."""
        other = await self._other(case)
        if other is None:
            reason = f"{self._pairs.against} has no output of this case"
            return Score(self.name, None, status="skipped", reason=reason)
        if other.outcome == "error":
            return replace(_unanswered(self.name, other), calls=other.calls)
        asks = self._pairs.compare(case, observation, other)
        score, calls = await self.ask(case, observation, asks)
        calls = (*other.calls, *calls)
        if score.status == "skipped":
            return replace(score, calls=calls)
        return replace(score, evidence={**score.evidence, **judged_output(observation)}, calls=calls)


def _unanswered(name: str, answer: Observation) -> Score:
    failure = answer.failure
    kind, message = ("error", "no answer") if failure is None else (failure.type, failure.message)
    evidence = {UNASKED: kind}
    reason = f"the judge: {message}"
    return Score(name, None, status="failed", reason=reason, evidence=evidence)


def judged_output(observation: Observation) -> dict[str, object]:
    """What a judge's score says of the output that it is of; labels of people are found by it."""
    return {OUTPUT: output_hash(observation.output)}


def with_models(
    scorers: Sequence[Scorer],
    judges: Sequence[AnyJudge],
    open_model: OpenModel,
    stop: Callable[[str], None],
    open_other: Callable[[Pairwise], OtherOutput],
) -> list[Scorer]:
    """The scorers, each judge among them with its model open; `stop` ends a run whose money is spent.

    `open_other` gives what a judge of pairs compares outputs with.
    """
    found: list[Scorer] = []
    for scorer in scorers:
        judge = next((one for one in judges if one is scorer), None)
        if judge is None or judge.loaded is None:
            found.append(scorer)
            continue
        provider = open_model(judge.loaded.model)
        if isinstance(judge, Pairwise):
            found.append(AskingPairwise(judge, judge.loaded, provider, stop, open_other(judge)))
        else:
            found.append(AskingJudge(judge, judge.loaded, provider, stop))
    return found
