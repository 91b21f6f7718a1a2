"""The service as an ASGI application: what each path does, and what is the same for every request."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from prompteval.core.problem import nearest
from prompteval.engine.bound_prompt import new_request_id
from prompteval.serve.asgi import JSON, PROBLEM, Receive, Scope, Send, respond
from prompteval.serve.body import ClientLeft, refuse_malformed
from prompteval.serve.call import Call
from prompteval.serve.feedback import take_feedback
from prompteval.serve.predict import predict
from prompteval.serve.problems import Refusal
from prompteval.serve.state import WorkerState

if TYPE_CHECKING:
    from fastapi import FastAPI

PREDICT = "/v1/prompts/{reference}"
FEEDBACK = "/v1/feedback"
PROBES = ("/healthz", "/readyz")
# Set by the connection when its client leaves; the running task, which is cancelled then.
LEFT, TASK = "prompteval.left", "prompteval.task"
_TEXT = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
Handler = Callable[["Request"], Awaitable[None]]


@dataclass(slots=True)
class Request:
    """One request as a handler sees it; `sent` is the status of its answer, 0 before there is one."""

    id: str
    scope: Scope
    receive: Receive
    send: Send
    started: float
    sent: int = 0

    async def count_status(self, message: Any) -> None:  # noqa: ANN401 - a message of ASGI
        """Send, and note the status."""
        if message["type"] == "http.response.start":
            self.sent = message["status"]
        await self.send(message)

    @property
    def method(self) -> str:
        """The method, and `OTHER` for one that no path of the service takes."""
        found = self.scope["method"]
        return found if found in ("GET", "POST") else "OTHER"


def build_app(state: WorkerState) -> "FastAPI":
    """The application of one worker: no CORS, no pages, no document but the schema."""
    from fastapi import FastAPI
    from starlette.routing import Route

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    service = _Service(state)
    routes: list[tuple[str, str, Handler, bool]] = [
        (PREDICT, "POST", service.predict, True),
        (FEEDBACK, "POST", service.feedback, True),
        (PROBES[0], "GET", service.health, False),
        (PROBES[1], "GET", service.readiness, False),
        ("/metrics", "GET", service.metrics, True),
        ("/openapi.json", "GET", service.schema, True),
    ]
    app.router.routes[:] = [
        Route(path, _Endpoint(service, path, method, handler, guarded))
        for path, method, handler, guarded in routes
    ]
    app.router.default = _Endpoint(service, "", "", service.unknown, True)
    app.router.redirect_slashes = False
    return app


class _Endpoint:
    """One path: checks who asks, calls its handler, and answers for what that raises."""

    def __init__(self, service: "_Service", path: str, method: str, handler: Handler, guarded: bool) -> None:
        self._service = service
        self._path = path
        # A checker that asks by HEAD gets what GET would say, without its body: the connection leaves it out.
        self._methods = ("GET", "HEAD") if method == "GET" else (method,) if method else ()
        self._handler = handler
        self._guarded = guarded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(new_request_id(), scope, receive, send, perf_counter())
        scope[TASK] = asyncio.current_task()
        try:
            refuse_malformed(scope)
            self._check(scope)
            await self._handler(request)
        except Refusal as refusal:
            await self._refuse(request, refusal)
        except ClientLeft:
            request.sent = 499
        except asyncio.CancelledError:
            request.sent = request.sent or 499
            if LEFT not in scope:
                raise
        except Exception as error:
            self._service.state.event("internal_error", {"request_id": request.id, "type": _place(error)})
            await self._refuse(request, Refusal(500, "internal", "the service failed"))
        finally:
            self._service.count(request, self._path)

    def _check(self, scope: Scope) -> None:
        if self._guarded:
            access = self._service.state.access
            access.check_host(scope["headers"])
            access.check_token(scope["headers"])
        if self._methods and scope["method"] not in self._methods:
            allow = ((b"allow", ", ".join(self._methods).encode("ascii")),)
            detail = f"{' or '.join(self._methods)} is what this path takes"
            raise Refusal(405, "method", detail, headers=allow)

    async def _refuse(self, request: Request, refusal: Refusal) -> None:
        if self._path not in PROBES:
            self._service.state.metrics.refused.labels(refusal.kind).inc()
        if request.sent:
            return
        headers = [PROBLEM, (b"x-request-id", request.id.encode("ascii")), *refusal.headers]
        served = request.scope.get("prompteval.served")
        if served is not None:
            headers += served.headers
        if refusal.retry_after_s is not None:
            headers.append((b"retry-after", str(refusal.retry_after_s).encode("ascii")))
        await respond(request.count_status, refusal.status, refusal.body(request.id), headers)


class _Service:
    """What the paths do."""

    def __init__(self, state: WorkerState) -> None:
        self.state = state

    async def predict(self, request: Request) -> None:
        state, scope = self.state, request.scope
        if state.draining or not state.ready:
            kind = "ending" if state.draining else "warming_up"
            raise Refusal(503, kind, "the service is not ready", retry_after_s=1)
        asked = scope["path_params"]["reference"]
        served = state.names.get(asked)
        if served is None:
            like = nearest(asked, state.names)
            raise Refusal(
                404, "prompt", f"no such prompt (did you mean {like!r}?)" if like else "no such prompt"
            )
        scope["prompteval.served"] = served
        call = Call(state, request.id, served, scope["headers"], request.started, {})
        await predict(call, request.receive, request.count_status)

    async def feedback(self, request: Request) -> None:
        headers = request.scope["headers"]
        await take_feedback(self.state, request.id, headers, request.receive, request.count_status)

    async def health(self, request: Request) -> None:
        await respond(request.count_status, 200, b'{"status": "ok"}', (JSON,))

    async def readiness(self, request: Request) -> None:
        if self.state.draining or not self.state.ready:
            raise Refusal(503, "warming_up", "the service is not ready", retry_after_s=1)
        await respond(request.count_status, 200, b'{"status": "ready"}', (JSON,))

    async def metrics(self, request: Request) -> None:
        if self.state.log is not None:
            self.state.metrics.count_log(self.state.log)
        await respond(request.count_status, 200, self.state.metrics.text(), (_TEXT,))

    async def schema(self, request: Request) -> None:
        if not self.state.ready:
            raise Refusal(503, "warming_up", "the service is not ready", retry_after_s=1)
        await respond(request.count_status, 200, self.state.openapi, (JSON,))

    async def unknown(self, request: Request) -> None:
        raise Refusal(404, "path", "no such path; /openapi.json has those there are")

    def count(self, request: Request, path: str) -> None:
        """One request has ended."""
        elapsed = perf_counter() - request.started
        self.state.metrics.requests.labels(request.method, path, str(request.sent)).observe(elapsed)
        if path in PROBES:
            return
        if self.state.options.access_log or request.sent >= 500:
            fields = {"request_id": request.id, "path": path, "status": request.sent}
            self.state.event("request", {**fields, "latency_ms": round(elapsed * 1000, 3)})


def _place(error: Exception) -> str:
    """The type of an exception and where it was raised; its message may quote a request."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return f"{type(error).__name__}{where}"
