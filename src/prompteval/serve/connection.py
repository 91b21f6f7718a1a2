"""One client connection: uvicorn's, with limits on slow and broken clients of our own."""

import asyncio
import json
from typing import ClassVar, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from prompteval.engine.bound_prompt import new_request_id
from prompteval.serve.app import LEFT, TASK
from prompteval.serve.asgi import Scope
from prompteval.serve.body import SLOWEST_SECONDS
from prompteval.serve.gathered import Gathered
from prompteval.serve.problems import Refusal
from prompteval.serve.state import WorkerState


class LimitedConnection(H11Protocol):
    """Closes a connection whose headers do not come within SLOWEST_SECONDS, says 400 to what is not HTTP, and
    cancels the request of a client that leaves.
    """

    worker: ClassVar[WorkerState]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._slow: asyncio.TimerHandle | None = None
        super().connection_made(Gathered(transport, self.loop))
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._await_headers()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            scope = cast(Scope, self.scope)
            scope[LEFT] = True
            task = scope.get(TASK)
            if isinstance(task, asyncio.Task):
                task.cancel()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, or has headers beyond their limit, and close."""
        self._end(
            "malformed", Refusal(400, "http", "the request is not HTTP/1.1, or its headers are too long")
        )

    def _await_headers(self) -> None:
        if self._slow is None:
            self._slow = self.loop.call_later(SLOWEST_SECONDS, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _too_slow(self) -> None:
        self._slow = None
        if self.transport.is_closing():
            return
        if not self.conn.trailing_data[0]:  # nothing was begun
            self.worker.metrics.connections_closed.labels("idle").inc()
            self.transport.close()
            return
        detail = f"the headers were not there within {SLOWEST_SECONDS:g} s"
        self._end("slow_headers", Refusal(408, "slow_headers", detail))

    def _end(self, reason: str, refusal: Refusal) -> None:
        self._stop_waiting()
        self.worker.metrics.connections_closed.labels(reason).inc()
        request_id = new_request_id()
        body = refusal.body(request_id)
        title = json.loads(body)["title"].title()
        head = (
            f"HTTP/1.1 {refusal.status} {title}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\nx-request-id: {request_id}\r\nconnection: close\r\n\r\n"
        )
        if not self.transport.is_closing():
            self.transport.write(head.encode("ascii") + body)
            self.transport.close()


def connection_class(state: WorkerState) -> type[LimitedConnection]:
    """The class for the connections of one worker."""
    return type("WorkerConnection", (LimitedConnection,), {"worker": state})
