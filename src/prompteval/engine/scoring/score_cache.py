"""Scores from the cache: a scorer with a version scores an observation only once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from prompteval.core.case import Case
from prompteval.core.fingerprint import fingerprint
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import BlobCache
from prompteval.engine.item_batcher import ItemBatcher
from prompteval.engine.threads import Threads
from prompteval.store.case_form import case_values
from prompteval.store.observation_form import observation_values
from prompteval.store.score_form import scores_from, scores_json

# Where a case and its files stand and how often it runs say nothing about an answer to it.
_NOT_THE_CASE = frozenset({"line", "repeat", "file_paths"})
# Neither do the time and the tokens that the answer took.
_NOT_THE_ANSWER = frozenset({"calls"})


class ScoreCache:
    """The scores of scorers with a version, by scorer, case and observation.

    `marks` has, by place, the fingerprint of each scorer whose scores are kept.
    """

    def __init__(self, cache: BlobCache, marks: Mapping[int, str], names: Sequence[str]) -> None:
        self.marks = marks
        self._cache = cache
        self._names = names
        self._threads = Threads(1)
        self._lookups: ItemBatcher[tuple[Case, Observation], tuple[str, dict[int, Score]]] = ItemBatcher(
            self._look_up, run=self._threads.run
        )

    async def find(self, case: Case, observation: Observation) -> tuple[str, dict[int, Score]]:
        """(what the observation is known by, its scores by the place of their scorer).

        Raises StoreError for a cache that cannot be read.
        """
        return await self._lookups((case, observation))

    def keep(self, observation_key: str, scores: Mapping[int, Score]) -> None:
        """Store scores that are new, except those that failed: they are tried again."""
        kept = {p: score for p, score in scores.items() if p in self.marks and score.status != "failed"}
        if kept and observation_key:
            self._cache.put(
                {
                    _key(self.marks[place], observation_key): (scores_json((score,)).encode(), False)
                    for place, score in kept.items()
                }
            )

    def close(self) -> None:
        self._threads.close()

    def _look_up(
        self, items: Sequence[tuple[Case, Observation]]
    ) -> list[tuple[str, dict[int, Score]] | Exception]:
        observation_key = [_observation_key(case, observation) for case, observation in items]
        keys = {_key(mark, one) for one in observation_key if one for mark in self.marks.values()}
        stored = self._cache.get(sorted(keys))
        return [(one, self._scores(one, stored)) for one in observation_key]

    def _scores(self, observation_key: str, stored: Mapping[str, tuple[bytes, bool]]) -> dict[int, Score]:
        found = {}
        for place, mark in self.marks.items():
            entry = stored.get(_key(mark, observation_key))
            score = None if entry is None else _score(entry[0])
            if score is not None:
                found[place] = replace(score, name=self._names[place])
        return found


def _observation_key(case: Case, observation: Observation) -> str:
    """The fingerprint of all that a scorer may read; empty for what is not JSON, which is not kept."""
    wanted = {name: value for name, value in case_values(case).items() if name not in _NOT_THE_CASE}
    seen = {
        name: value for name, value in observation_values(observation).items() if name not in _NOT_THE_ANSWER
    }
    try:
        return fingerprint([case.id, wanted, observation.outcome, observation.confidence, seen])
    except (TypeError, ValueError):
        return ""


def _key(mark: str, observation_key: str) -> str:
    return f"score:{mark}:{observation_key}"


def _score(data: bytes) -> Score | None:
    """The stored score, None for an entry that is not a score."""
    try:
        (score,) = scores_from(data.decode())
    except (ValueError, TypeError):
        return None
    return score
