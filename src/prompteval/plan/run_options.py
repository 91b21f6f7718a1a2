"""What a run was asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prompteval.plan.shard import Shard
from prompteval.stats.sequential import Method


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases run. All given conditions must hold.

    `expression` is the `-k` text; `limit` keeps the first cases in file order; `sample` keeps
    that many by a seeded hash of the id, so the choice does not depend on the order of the
    file; `only` keeps these (suite, case id) pairs.
    """

    expression: str = ""
    limit: int | None = None
    sample: int | None = None
    seed: int = 0
    only: frozenset[tuple[str, str]] | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything but the whole suite may be left."""
        return bool(self.expression) or self.only is not None or (self.limit, self.sample) != (None, None)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of `prompteval run`. Empty tuples mean: as the suite says.

    `resume` is a run's id, or `last` for the last that did not end; what it selected then counts.
    `offline` leaves models behind a network to the cache.
    `max_cost` is USD for the whole run, `max_wait` the seconds a server may ask to be waited for.
    `stop_early` is how gates are decided before all cases were run.
    `shard` is the part of what is selected that this run does; it decides no gate.
    `inconclusive_fails` makes a gate that is in doubt exit 4. `side` is the commit or version that a
    comparison runs, which is never the `last` run; `compared` says of every run of a comparison which it is.
    """

    suites: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    repeat: int | None = None
    concurrency: int = 32
    selection: Selection = Selection()
    cache: bool = True
    record: Path | None = None
    replay: Path | None = None
    offline: bool = False
    strict_model: bool = False
    resume: str | None = None
    max_cost: float | None = None
    max_wait: float = 60.0
    batch: bool = False
    stop_early: Method | None = None
    shard: Shard | None = None
    inconclusive_fails: bool = False
    side: str = ""
    compared: str = ""

    def as_json(self) -> dict[str, object]:
        """What decides which cases run, how, and what passes, for the manifest."""
        chosen = self.selection
        only = None if chosen.only is None else sorted(list(pair) for pair in chosen.only)
        return {
            "suites": list(self.suites),
            "models": list(self.models),
            "prompts": list(self.prompts),
            "repeat": self.repeat,
            "batch": self.batch,
            "stop_early": self.stop_early,
            "strict_model": self.strict_model,
            "selection": [chosen.expression, chosen.limit, chosen.sample, chosen.seed, only],
            **({} if self.cache else {"cache": False}),
            **({"shard": [self.shard.number, self.shard.of]} if self.shard is not None else {}),
        }

    def selecting(self, stored: Mapping[str, Any]) -> "RunOptions":
        """These options with the selection of `as_json`; what was without a cache, or strict, stays so."""
        expression, limit, sample, seed, only = stored["selection"]
        pairs = None if only is None else frozenset((suite, case) for suite, case in only)
        return replace(
            self,
            suites=tuple(stored["suites"]),
            models=tuple(stored["models"]),
            prompts=tuple(stored["prompts"]),
            repeat=stored["repeat"],
            cache=self.cache and stored.get("cache", True),
            strict_model=self.strict_model or stored.get("strict_model", False),
            batch=stored.get("batch", False),
            stop_early=stored.get("stop_early"),
            shard=Shard(*stored["shard"]) if "shard" in stored else None,
            selection=Selection(expression, limit, sample, seed, pairs),
        )


def narrowed(stored: Mapping[str, object] | None) -> bool:
    """Whether the options of a stored run asked for some of its suites' cases only; `stored` is as from
    `as_json`, None where the run was a side of a comparison."""
    return stored is not None and (RunOptions().selecting(stored).selection.narrows or "shard" in stored)


def shard_of(stored: Mapping[str, object] | None) -> Shard | None:
    """The part that a stored run was; None for a run of everything that was selected."""
    return None if stored is None else RunOptions().selecting(stored).shard
