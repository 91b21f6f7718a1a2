"""One view of a run: the shape of `run --json`, and the rows behind it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prompteval.core.observation import Row
from prompteval.core.verdict import Verdict
from prompteval.report.exchanges import OpenExchanges, no_exchanges
from prompteval.report.prompt_text import PromptVersions
from prompteval.report.result_json import result_from, result_json
from prompteval.report.result_view import ResultView
from prompteval.report.thumbnails import Thumbnails, no_thumbnails

SCHEMA = "prompteval/run@1"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Where a run comes from: when it started (ISO 8601), git's state, other facts as (name, value).

    `prompts` has by (suite, prompt) what the version says and what the one before it said, where kept.
    `shard` is the part that it was, such as 1/4; empty for a whole run.
    """

    started: str = ""
    commit: str = ""
    branch: str = ""
    dirty: bool = False
    others: tuple[tuple[str, str], ...] = ()
    prompts: Mapping[tuple[str, str], PromptVersions] = field(default_factory=dict)
    shard: str = ""


@dataclass(frozen=True, slots=True)
class RunView:
    """A whole run. `reason` is the last printed line: why the exit code is what it is.

    `facts` are None where nothing is known of it. `stopped` says why no further case was begun, of a run that
    has just ended so. `exchanges` opens what was sent and what came back; `thumbnails` gives images of cases
    by their hashes.
    """

    run_id: str
    verdict: Verdict
    exit_code: int
    reason: str
    results: tuple[ResultView, ...]
    rows: Callable[[], Iterator[Row]] = field(default=lambda: iter(()), compare=False)
    facts: RunFacts | None = field(default=None, compare=False)
    exchanges: OpenExchanges = field(default=no_exchanges, compare=False)
    thumbnails: Thumbnails = field(default=no_thumbnails, compare=False)
    stopped: str = field(default="", compare=False)

    @property
    def last_line(self) -> str:
        """The verdict, why, and the exit code; of a shard that has ended, which has no verdict, only why."""
        open_shard = self.facts is not None and self.facts.shard and self.verdict is Verdict.INCONCLUSIVE
        word = "" if open_shard else f"{self.verdict.value}: "
        return f"{word}{self.reason} (exit {self.exit_code})"

    def as_json(self) -> dict[str, object]:
        """The document of `run --json`."""
        return {
            "schema": SCHEMA,
            "run_id": self.run_id,
            "verdict": self.verdict.value,
            "exit_code": self.exit_code,
            "reason": self.reason,
            "results": [result_json(result) for result in self.results],
        }


def from_json(
    raw: Mapping[str, Any], rows: Callable[[], Iterator[Row]], facts: RunFacts | None = None
) -> RunView:
    """The view behind `as_json`."""
    return RunView(
        run_id=raw["run_id"],
        verdict=Verdict(raw["verdict"]),
        exit_code=raw["exit_code"],
        reason=raw["reason"],
        results=tuple(result_from(result) for result in raw["results"]),
        rows=rows,
        facts=facts,
    )
