"""Scores observations after the target's clock has stopped; what takes time leaves the event loop free."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from itertools import chain

from prompteval.core.case import Case
from prompteval.core.hide_secrets import score_without_secrets
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import BlobCache, Scorer
from prompteval.engine.scoring.lanes import Item, Lane, Together, Workers, lane_of, score_plainly
from prompteval.engine.scoring.score_cache import ScoreCache
from prompteval.engine.scoring.turns import is_conversation, turn_items
from prompteval.workspace.scorer_options import Turn

# What takes microseconds on a short text may take long on a text that is not.
SHORT_TEXT = 20_000


class Scoring:
    """The scorers of one suite, each called in the way that suits it.

    `marks` are the fingerprints of scorers with a version, by their names; with a `cache` the scores of
    those that take their time are kept. `turns` says which turns of a conversation a scorer scores, by its
    name; the last where it does not.
    """

    def __init__(
        self,
        scorers: Sequence[Scorer],
        workers: Workers,
        cache: BlobCache | None = None,
        marks: Mapping[str, str] | None = None,
        turns: Mapping[str, Turn] | None = None,
    ) -> None:
        self._scorers = tuple(scorers)
        self._turns: tuple[Turn, ...] = tuple((turns or {}).get(scorer.name, "last") for scorer in scorers)
        self._together = Together()
        self._lanes: dict[int, Lane] = {}
        for place, scorer in enumerate(self._scorers):
            lane = lane_of(scorer, workers)
            if lane is not None:
                self._lanes[place] = lane
        every = range(len(self._scorers))
        self._instant = frozenset(
            place for place in every if place not in self._lanes and self._scorers[place].pace == "instant"
        )
        kept = {place: (marks or {}).get(self._scorers[place].name, "") for place in every}
        kept = {place: mark for place, mark in kept.items() if mark and place not in self._instant}
        names = [scorer.name for scorer in self._scorers]
        self._remembered = None if cache is None or not kept else ScoreCache(cache, kept, names)

    def at_once(self, case: Case, observation: Observation) -> tuple[Score, ...] | None:
        """The scores, where none of them takes time; else None."""
        if len(self._instant) < len(self._scorers) or len(observation.text) > SHORT_TEXT:
            return None
        if is_conversation(case, observation):
            return self._of_turns_at_once(case, observation)
        item = (case, observation)
        return tuple(score_without_secrets(score_plainly(scorer, item)) for scorer in self._scorers)

    def _of_turns_at_once(self, case: Case, observation: Observation) -> tuple[Score, ...]:
        found: list[Score] = []
        for scorer, turn in zip(self._scorers, self._turns, strict=True):
            items = turn_items(case, observation, turn)
            found += [
                item.labelled(score_without_secrets(score_plainly(scorer, item.item))) for item in items
            ] or [_no_turn(scorer, turn)]
        return tuple(found)

    async def scores(self, case: Case, observation: Observation) -> tuple[Score, ...]:
        """Every scorer's word; what goes wrong with one is its failed score.

        Raises StoreError for a cache that cannot be read or written.
        """
        if is_conversation(case, observation):
            return await self._of_turns(case, observation)
        places = range(len(self._scorers))
        found = await self._of_item(case, observation, places)
        return tuple(found[place] for place in places)

    async def _of_turns(self, case: Case, observation: Observation) -> tuple[Score, ...]:
        """The scores of a conversation: those of each scorer in the order of the turns that it scores."""
        wanted: dict[Turn, list[int]] = {}
        for place, turn in enumerate(self._turns):
            wanted.setdefault(turn, []).append(place)
        found: dict[int, list[Score]] = {place: [] for place in range(len(self._scorers))}
        for turn, places in wanted.items():
            for one in turn_items(case, observation, turn):
                scores = await self._of_item(*one.item, places)
                for place in places:
                    found[place].append(one.labelled(scores[place]))
        return tuple(
            score
            for place, scores in found.items()
            for score in scores or [_no_turn(self._scorers[place], self._turns[place])]
        )

    async def _of_item(self, case: Case, observation: Observation, places: Sequence[int]) -> dict[int, Score]:
        """The scores of some scorers, by their places."""
        observation_key, found = "", dict[int, Score]()
        if self._remembered is not None:
            observation_key, found = await self._remembered.find(case, observation)
        left_out = frozenset(range(len(self._scorers))).difference(places)
        fresh = await self._fresh((case, observation), left_out.union(found))
        if self._remembered is not None:
            self._remembered.keep(observation_key, fresh)
        return {**found, **fresh}

    async def _fresh(self, item: Item, known: Collection[int]) -> dict[int, Score]:
        """The scores that are not known, by the place of their scorer."""
        short = len(item[1].text) <= SHORT_TEXT
        found: dict[int, Score] = {}
        together, apart = [], []
        for place, scorer in enumerate(self._scorers):
            if place in known:
                continue
            if place in self._instant and short:
                found[place] = score_plainly(scorer, item)
            elif place in self._lanes:
                apart.append(place)
            else:
                together.append(place)
        calls = [self._lane(place, item) for place in apart]
        if together:
            calls.insert(0, self._alike(together, item))
        made = [await calls[0]] if len(calls) == 1 else await asyncio.gather(*calls)
        found.update(zip((*together, *apart), chain.from_iterable(made), strict=True))
        return {place: score_without_secrets(score) for place, score in found.items()}

    async def _alike(self, places: Sequence[int], item: Item) -> tuple[Score, ...]:
        return await self._together([self._scorers[place] for place in places], item) if places else ()

    async def _lane(self, place: int, item: Item) -> tuple[Score, ...]:
        return (await self._lanes[place](item),)

    def close(self) -> None:
        """End the threads that are idle."""
        self._together.close()
        for lane in self._lanes.values():
            lane.close()
        if self._remembered is not None:
            self._remembered.close()


def _no_turn(scorer: Scorer, turn: Turn) -> Score:
    return Score(scorer.name, None, status="skipped", reason=f"the conversation has no turn {turn}")
