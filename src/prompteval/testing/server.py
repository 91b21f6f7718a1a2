"""A fake OpenAI-compatible server on 127.0.0.1: real sockets, chosen replies, faults on demand.

    with FakeServer([Reply(when="refund", output={"intent": "billing"})]) as server:
        ...  # point OPENAI_BASE_URL at server.url

It runs an event loop in a thread of its own, so that the code under test may be synchronous.
`python -m prompteval.testing.serve` runs it as a process, to be measured against.
"""

import asyncio
import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from prompteval.core.strict_json import JsonObject
from prompteval.testing.fake.answers import Reply, answer_of, completion, embeddings, error_body, spoilt
from prompteval.testing.fake.batches import Batches, BatchPlan
from prompteval.testing.fake.decisions import decision
from prompteval.testing.fake.faults import RATE_LIMITED, Fault, FaultRates
from prompteval.testing.fake.http import Connection
from prompteval.testing.fake.responses import as_chat, response, response_events, wants_thoughts
from prompteval.testing.fake.streams import chunks, event_lines

__all__ = ["RATE_LIMITED", "BatchPlan", "FakeServer", "Fault", "FaultRates", "Reply"]

MINUTE = 60.0
_BROKEN = frozenset({"reset", "cut", "drip", "html", "bad_json"})
Made = Callable[[JsonObject], JsonObject]


class FakeServer:
    """Serves completions, responses, decisions, models, embeddings, files and batches until the block ends.

    `faults` are used up one a request, in order; then `rates` are drawn. `latency_s` delays every
    answer, `pause_s` each event of a stream after the first, and `headers` go with each answer that is no
    stream. Over `max_concurrent` calls at a time, or over `rpm` in a minute, the answer is 429. `requests`
    holds the requests received, and `bodies` their bytes, unless `keep` is False; `stats` counts what
    happened, `peak` the most calls at a time, `steps` the replies with calls of tools and `tool_calls` those
    calls. No header is kept.
    """

    def __init__(  # noqa: PLR0913 - the faults of a server
        self,
        replies: Sequence[Reply] = (),
        *,
        faults: Sequence[Fault | None] = (),
        rates: FaultRates | None = None,
        latency_s: float = 0.0,
        headers: Mapping[str, str] | None = None,
        max_concurrent: int | None = None,
        rpm: int | None = None,
        batch: BatchPlan | None = None,
        pause_s: float = 0.0,
        keep: bool = True,
        port: int = 0,
    ) -> None:
        self._replies = tuple(replies)
        self._faults = list(faults)
        self._draws = rates.draws() if rates is not None else None
        self._latency_s = latency_s
        self._headers = dict(headers or {})
        self._max_concurrent = max_concurrent
        self._rpm = rpm
        self._pause_s = pause_s
        self._keep = keep
        self._port = port
        self._recent: deque[float] = deque()
        self._batches = Batches(batch or BatchPlan(), self._line)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="fake-openai", daemon=True)
        self._stop: asyncio.Event | None = None
        self._connections: set[Connection] = set()
        self._hanging: set[Connection] = set()
        self._drips: set[asyncio.Task[None]] = set()
        self._in_flight = 0
        self.requests: list[JsonObject] = []
        self.bodies: list[bytes] = []
        self.stats: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self._port}/v1"

    def __enter__(self) -> "FakeServer":
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *exception: object) -> None:
        stop = self._stop
        if stop is not None:
            self._loop.call_soon_threadsafe(stop.set)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        finally:
            self._loop.close()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        make = self._loop.create_server(
            lambda: Connection(self._handle, self._opened, self._lost), "127.0.0.1", self._port, backlog=4096
        )
        server = await make
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._drips:
            task.cancel()
        for connection in list(self._connections):
            connection.transport.abort()
        await asyncio.sleep(0)

    def _opened(self, connection: Connection) -> None:
        self._connections.add(connection)
        self.stats["connections"] += 1

    def _lost(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self.stats["closed"] += 1
        if connection in self._hanging:
            self._hanging.discard(connection)
            self._in_flight -= 1

    def _handle(self, connection: Connection, method: str, path: str, raw: bytes) -> None:
        if path.endswith("/models"):
            return connection.send({"object": "list", "data": [{"id": "fake", "object": "model"}]})
        if path == "/stats":
            return connection.send(dict(self.stats))
        below = path.removeprefix("/v1/")
        if below.startswith(("files", "batches")):
            self.stats[below.partition("/")[0]] += 1
            status, body = self._batches.handle(method, below, connection.content_type, raw)
            return (
                connection.send_raw(body, status)
                if isinstance(body, bytes)
                else connection.send(body, status)
            )
        try:
            body = json.loads(raw)
        except ValueError:
            return connection.send(error_body("not JSON", "invalid_request"), 400)
        self._count(body, raw)
        made = embeddings if path.endswith("/embeddings") else self._completion
        made = self._decision if path.endswith("/decisions") else made
        return self._complete(connection, body, self._response if path.endswith("/responses") else made)

    def _count(self, body: JsonObject, raw: bytes) -> None:
        self.stats["requests"] += 1
        self._in_flight += 1
        self.stats["peak"] = max(self.stats["peak"], self._in_flight)
        if self._keep:
            self.requests.append(body)
            self.bodies.append(raw)

    def _end(self, connection: Connection, body: Any, status: int = 200, headers: Any = None) -> None:
        self._in_flight -= 1
        if not connection.transport.is_closing():
            connection.send(body, status, {**self._headers, **(headers or {})})

    def _complete(self, connection: Connection, body: JsonObject, made: Made) -> None:
        fault = self._turned_away() or (self._faults.pop(0) if self._faults else None)
        if fault is None and self._draws is not None:
            fault = self._draws.next()
        self.stats[fault.kind if fault else "answer"] += 1
        if fault is not None and fault.kind == "hang":
            self._hanging.add(connection)
            return
        wait = self._latency_s + (fault.seconds if fault else 0.0)
        if wait > 0:
            self._loop.call_later(wait, self._answer, connection, body, made, fault)
        else:
            self._answer(connection, body, made, fault)

    def _turned_away(self) -> Fault | None:
        """A 429 when there is more to do than may be."""
        if self._max_concurrent is not None and self._in_flight > self._max_concurrent:
            return RATE_LIMITED
        if self._rpm is None:
            return None
        now = self._loop.time()
        while self._recent and self._recent[0] <= now - MINUTE:
            self._recent.popleft()
        if len(self._recent) >= self._rpm:
            wait = self._recent[0] + MINUTE - now
            return Fault("status", 429, "rate_limit_exceeded", {"retry-after-ms": str(int(wait * 1000) + 1)})
        self._recent.append(now)
        return None

    def _answer(self, connection: Connection, body: JsonObject, made: Made, fault: Fault | None) -> None:
        kind = fault.kind if fault else "answer"
        if fault is not None and kind == "status":
            return self._end(
                connection, error_body("a chosen fault", fault.code), fault.status, fault.headers
            )
        if fault is not None and kind == "redirect":
            return self._end(connection, {}, 307, {"location": fault.location})
        answer = made(body)
        if body.get("stream") and kind not in _BROKEN:
            return self._stream(connection, spoilt(answer, kind) if fault else answer, body)
        if made == self._response:
            answer = response(spoilt(answer, kind) if fault else answer, encrypted=wants_thoughts(body))
        if kind in _BROKEN:
            return self._break(connection, kind, json.dumps(answer).encode())
        return self._end(connection, spoilt(answer, kind) if fault and "choices" in answer else answer)

    def _stream(self, connection: Connection, answer: JsonObject, body: JsonObject) -> None:
        """The answer in events, of the API that was asked."""
        self._in_flight -= 1
        if "input" in body:
            lines = event_lines(response_events(response(answer, encrypted=wants_thoughts(body))), named=True)
        else:
            usage = bool(body.get("stream_options", {}).get("include_usage"))
            lines = event_lines(chunks(answer, usage=usage), named=False)
        self._later(connection.events(lines, self._pause_s))

    def _break(self, connection: Connection, kind: str, data: bytes) -> None:
        self._in_flight -= 1
        if kind == "reset":
            connection.transport.abort()
        elif kind == "cut":
            connection.cut(data)
        elif kind == "html":
            connection.send_raw(b"<html><body>Gateway</body></html>", content="text/html")
        elif kind == "bad_json":
            connection.send_raw(b'{"choices": [{"mess')
        else:
            self._later(connection.drip(data))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Write in the background, until the server ends."""
        task = self._loop.create_task(work)
        self._drips.add(task)
        task.add_done_callback(self._drips.discard)

    def _line(self, body: JsonObject) -> JsonObject:
        """The answer to one line of a batch."""
        self.stats["batch_lines"] += 1
        return response(self._response(body)) if "input" in body else self._completion(body)

    def _response(self, body: JsonObject) -> JsonObject:
        """The completion behind a request of the Responses API."""
        return self._completion(as_chat(body))

    def _decision(self, body: JsonObject) -> JsonObject:
        return decision(body, answer_of(self._replies, {"messages": body["input"]}))

    def _completion(self, body: JsonObject) -> JsonObject:
        said = answer_of(self._replies, body)
        self.stats["steps"] += bool(said.calls)
        self.stats["tool_calls"] += len(said.calls)
        return completion(body, said)
