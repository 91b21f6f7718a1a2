"""Candidates from elsewhere: a TREC run, the team's own function, an HTTP endpoint."""

import asyncio
import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prompteval.core.errors import RetrievalError
from prompteval.core.retrieval import Ranking

LARGEST_ANSWER = 10_000_000


class RunRetriever:
    """A TREC run: the query is the case's id, and only the first `depth` documents are candidates."""

    reads_ids = True
    cacheable = False

    def __init__(self, rankings: Mapping[str, Ranking], identity: str, depth: int | None = None) -> None:
        self._rankings = rankings
        self._depth = depth
        self.identity = f"run({identity},depth={depth})"

    def search(self, query: str, k: int) -> Ranking:
        """The run's documents for a query id; none for a query the run does not have."""
        found = self._rankings.get(query)
        return Ranking(()) if found is None else found.top(k if self._depth is None else min(k, self._depth))


class FunctionRetriever:
    """The team's own `function(query, k)`; gives back ids with scores, best first.

    Each hit is (id, score) or an object with `id` and `score`. What the function raises, and an
    answer that is no such list, is a RetrievalError. It is not `cacheable`: the same question may find
    something else another time.
    """

    cacheable = False

    def __init__(self, function: Callable[[str, int], Any], entry: str, fingerprint: str = "") -> None:
        self._function = function
        self._entry = entry
        self.identity = f"python({entry},{fingerprint})"

    def search(self, query: str, k: int) -> Ranking:
        try:
            found = self._function(query, k)
        except (Exception, SystemExit) as error:
            raise RetrievalError(f"{self._entry}: {type(error).__name__}: {error}") from error
        return ranking_of(found, self._entry).top(k)


class EndpointRetriever:
    """An HTTP endpoint: POST of {"query", "k"}, answered by {"hits": [{"id", "score"}, ...]}.

    Redirects are not followed; an answer other than 200, none within `timeout_s` seconds in all, or
    one that is no such object is a RetrievalError. `asearch` is for the event loop. Nor is it `cacheable`.
    """

    cacheable = False

    def __init__(self, url: str, headers: Mapping[str, str] | None = None, timeout_s: float = 60.0) -> None:
        self._url = url
        self._headers = dict(headers or {})
        self._timeout_s = timeout_s
        self._session: Any = None
        self.identity = f"endpoint({url})"

    def search(self, query: str, k: int) -> Ranking:
        """As `asearch`, for code that runs no event loop."""

        async def once() -> Ranking:
            try:
                return await self.asearch(query, k)
            finally:
                await self.aclose()

        return asyncio.run(once())

    async def asearch(self, query: str, k: int) -> Ranking:
        try:
            async with asyncio.timeout(self._timeout_s):
                status, body = await self._post({"query": query, "k": k})
        except TimeoutError:
            message = f"{self._url}: no complete answer within {self._timeout_s:g} s"
            raise RetrievalError(message) from None
        except OSError as error:
            raise RetrievalError(f"{self._url}: no connection: {error}") from None
        if status != 200:
            raise RetrievalError(f"{self._url}: HTTP {status}: {body[:200]!r}")
        try:
            answer = json.loads(body)
        except ValueError:
            raise RetrievalError(f"{self._url}: the answer is not JSON: {body[:200]!r}") from None
        hits = answer.get("hits") if isinstance(answer, dict) else None
        return ranking_of(hits, self._url).top(k)

    async def aclose(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _post(self, body: Mapping[str, Any]) -> tuple[int, bytes]:
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=True, timeout=aiohttp.ClientTimeout(total=None))
        try:
            sent = self._session.post(self._url, json=body, headers=self._headers, allow_redirects=False)
            async with sent as reply:
                data: bytes = await reply.content.read(LARGEST_ANSWER + 1)
                while not reply.content.at_eof() and len(data) <= LARGEST_ANSWER:
                    data += await reply.content.read(LARGEST_ANSWER + 1 - len(data))
        except aiohttp.ClientError as error:
            raise OSError(f"{type(error).__name__}: {error}") from None
        if len(data) > LARGEST_ANSWER:
            raise RetrievalError(f"{self._url}: the answer is over {LARGEST_ANSWER:,} bytes")
        return reply.status, data


def ranking_of(hits: Any, source: str) -> Ranking:
    """A ranking from a list of (id, score) or {"id", "score"}. Raises RetrievalError for anything else."""
    if isinstance(hits, Ranking):
        return hits
    if not isinstance(hits, Iterable) or isinstance(hits, str | bytes | Mapping):
        raise RetrievalError(f"{source}: gave no list of hits")
    return Ranking.of(_hit(item, source) for item in hits)


def _hit(item: Any, source: str) -> tuple[str, float]:
    if isinstance(item, Mapping):
        item = (item.get("id"), item.get("score"))
    if isinstance(item, list | tuple) and len(item) == 2:
        name, score = item
        named = (isinstance(name, str) and name) or (isinstance(name, int) and not isinstance(name, bool))
        if named and isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score):
            return str(name), float(score)
    raise RetrievalError(f"{source}: {str(item)[:80]!r} is no (id, finite score)")
