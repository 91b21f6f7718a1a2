"""Candidates from elsewhere: a TREC run, the team's own function, an HTTP endpoint."""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from prompteval.core.address import without_credentials
from prompteval.core.errors import ProviderError, RetrievalError
from prompteval.core.response_json import is_number
from prompteval.core.retrieval import Ranking
from prompteval.core.secret import hide, hide_all, holds_secret
from prompteval.core.strict_json import loads
from prompteval.isolate.loop import run_to_end
from prompteval.wire import open_session, post_json

if TYPE_CHECKING:
    from aiohttp import ClientSession


class RunRetriever:
    """A TREC run: the query is the case's id, and only the first `depth` documents are candidates."""

    reads_ids = True
    cacheable = False

    def __init__(self, rankings: Mapping[str, Ranking], identity: str, depth: int | None = None) -> None:
        self._rankings = rankings
        self._depth = depth
        self.identity = f"run({identity},depth={depth})"

    @property
    def queries(self) -> Mapping[str, Ranking]:
        """The rankings by query id."""
        return self._rankings

    def documents(self, most: int) -> list[str]:
        """The ids of the first documents of the run."""
        return [name for ranking in islice(self._rankings.values(), most) for name in ranking.top(most).ids][
            :most
        ]

    def search(self, query: str, k: int) -> Ranking:
        """The run's documents for a query id; none for a query the run does not have."""
        found = self._rankings.get(query)
        return Ranking(()) if found is None else found.top(k if self._depth is None else min(k, self._depth))


class FunctionRetriever:
    """The team's own `function(query, k)`; gives back ids with scores, best first.

    Each hit is (id, score) or an object with `id` and `score`. What the function raises, and an
    answer that is not such a list, is a RetrievalError. It is not `cacheable`: the same question may find
    something else another time.
    """

    cacheable = False

    def __init__(self, function: Callable[[str, int], object], entry: str, fingerprint: str = "") -> None:
        self._function = function
        self._entry = entry
        self.identity = f"python({entry},{fingerprint})"

    def search(self, query: str, k: int) -> Ranking:
        try:
            return ranking_of(self._function(query, k), self._entry).top(k)
        except RetrievalError:
            raise
        except (Exception, SystemExit) as error:
            message = hide(f"{self._entry}: {type(error).__name__}: {error}")
            raise RetrievalError(message) from error


class EndpointRetriever:
    """An HTTP endpoint: POST of {"query", "k"}, answered by {"hits": [{"id", "score"}, ...]}.

    Redirects are not followed; an answer other than 200, none within `timeout_s` seconds in all, or
    one that is not such an object is a RetrievalError. `asearch` is for the event loop. Not `cacheable`.
    """

    cacheable = False

    def __init__(self, url: str, headers: Mapping[str, str] | None = None, timeout_s: float = 60.0) -> None:
        self._url = url
        self._headers = dict(headers or {})
        self._timeout_s = timeout_s
        self._session: ClientSession | None = None
        self._shown = without_credentials(url)
        self.identity = f"endpoint({self._shown})"

    def search(self, query: str, k: int) -> Ranking:
        """As `asearch`, for code that is not asynchronous."""

        async def once() -> Ranking:
            try:
                return await self.asearch(query, k)
            finally:
                await self.aclose()

        return run_to_end(once())

    async def asearch(self, query: str, k: int) -> Ranking:
        body = json.dumps({"query": query, "k": k}).encode("ascii")
        if self._session is None:
            self._session = open_session(self._url, self._headers)
        try:
            answer = await post_json(self._session, self._url, body, timeout_s=self._timeout_s)
        except ProviderError as error:
            raise RetrievalError(f"{self._shown}: {error}") from None
        if answer.status != 200:
            message = f"{self._shown}: HTTP {answer.status}: {answer.excerpt()[:200]!r}"
            raise RetrievalError(message, "refused" if answer.refuses_all else "RetrievalError")
        try:
            text = answer.text()
            found = loads(text, nan_is_null=True)
        except ValueError as error:
            message = f"the answer is not JSON: {error}: {answer.excerpt()[:200]!r}"
            raise RetrievalError(f"{self._shown}: {message}") from None
        found = hide_all(found) if holds_secret(text) else found
        hits = found.get("hits") if isinstance(found, dict) else None
        return ranking_of(hits, self._shown).top(k)

    async def aclose(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def ranking_of(hits: object, source: str) -> Ranking:
    """A ranking from a list of (id, score) or {"id", "score"}. Raises RetrievalError for anything else."""
    if isinstance(hits, Ranking):
        return hits
    if not isinstance(hits, Iterable) or isinstance(hits, str | bytes | Mapping):
        raise RetrievalError(f"{source}: did not return a list of hits")
    return Ranking.of(_hit(item, source) for item in hits)


def _hit(item: object, source: str) -> tuple[str, float]:
    if isinstance(item, Mapping):
        item = (item.get("id"), item.get("score"))
    if isinstance(item, list | tuple) and len(item) == 2:
        name, score = item
        named = (isinstance(name, str) and name) or (isinstance(name, int) and not isinstance(name, bool))
        if named and is_number(score):
            return str(name), float(score)
    raise RetrievalError(f"{source}: {hide(repr(item)[:2000])[:80]} is not (id, finite score)")
