"""The routes of the page."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from prompteval.core.errors import PromptevalError
from prompteval.engine.stored import thumbnails
from prompteval.report.page.remote import shell
from prompteval.store.protocol import Checked
from prompteval.view import documents, labels
from prompteval.view.access import Access
from prompteval.view.comparisons import Comparisons
from prompteval.workspace.settings import Workspace

# A run's id, which never becomes part of a path.
RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4,16}")
BODY_BYTES = 100_000
LOOK_SECONDS = 1.0
HEADERS = {
    "cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "x-frame-options": "DENY", "cross-origin-resource-policy": "same-origin",
}  # fmt: skip
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class View:
    """The page over one workspace. With `read_only` nothing is written, else labels alone."""

    def __init__(self, workspace: Workspace, access: Access, *, read_only: bool) -> None:
        self._workspace = workspace
        self._images = thumbnails(workspace).data_url
        self._access = access
        self._read_only = read_only
        self._checked: Checked = {}
        self._comparisons = Comparisons(workspace)
        run, both = "/api/runs/{run}", "/api/compare/{run}/{other}"
        self._routes = Starlette(
            routes=[
                Route("/", self._page),
                Route("/runs/{run}", self._page),
                Route("/runs/{run}/label", self._page),
                Route("/compare/{run}/{other}", self._page),
                Route("/api/history", self._history),
                Route(run, self._run),
                Route(f"{run}/rows", self._rows),
                Route(f"{run}/case", self._case),
                Route(f"{run}/exchanges", self._exchanges),
                Route(f"{run}/progress", self._progress),
                Route(f"{run}/sheet", self._sheet),
                Route(f"{run}/label", self._label, methods=["POST"]),
                Route(both, self._comparison),
                Route(f"{both}/rows", self._rows),
                Route(f"{both}/case", self._case),
                Route(f"{both}/exchanges", self._exchanges),
            ]
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Refuse what is not from the page itself, and answer the rest."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        response: Callable[[Message, Receive, Send], Awaitable[None]] = self._routes
        refusal = self._access.refusal(request.method, request.url.path, dict(request.headers))
        if refusal is not None:
            response = _message(refusal.status, refusal.message)
        elif not all(RUN_ID.fullmatch(part) for part in _named(request.url.path)):
            response = _message(404, "no such page")
        await response(scope, receive, _with_headers(send))

    async def _page(self, request: Request) -> Response:
        kind, text = await run_in_threadpool(shell, request.url.path)
        return Response(text, media_type="text/html", headers={"content-security-policy": kind})

    async def _history(self, request: Request) -> Response:
        return await _json(documents.history_document, self._workspace)

    async def _run(self, request: Request) -> Response:
        return await _json(documents.run_document, self._workspace, request.path_params["run"], self._checked)

    async def _comparison(self, request: Request) -> Response:
        a, b = request.path_params["run"], request.path_params["other"]
        return await _json(self._comparisons.document, a, b)

    def _columns(self, request: Request) -> list[documents.Column]:
        run, other = request.path_params["run"], request.path_params.get("other")
        if other is None:
            return documents.run_columns(self._workspace, run, self._checked)
        return self._comparisons.columns(run, other)

    async def _rows(self, request: Request) -> Response:
        try:
            columns = await run_in_threadpool(self._columns, request)
        except PromptevalError as error:
            return _message(404, str(error))
        blocks = documents.listed_blocks(self._workspace, columns, self._checked)
        return StreamingResponse(map(_line, blocks), media_type="application/x-ndjson")

    async def _case(self, request: Request) -> Response:
        return await self._of_row(request, documents.case_in_full)

    async def _exchanges(self, request: Request) -> Response:
        return await self._of_row(request, documents.exchanges_in_full)

    async def _of_row(self, request: Request, read: Callable[..., object]) -> Response:
        """What is read of the row that a request names."""

        def found() -> object:
            asked = request.query_params
            column = self._columns(request)[int(asked.get("column", "0"))]
            place = int(asked.get("replicate", "0"))
            return read(self._workspace, column, asked.get("id", ""), place, self._checked)

        try:
            row = await run_in_threadpool(found)
        except (PromptevalError, ValueError, IndexError):
            row = None
        return _message(404, "no such case") if row is None else Response(_text(row), media_type=_JSON)

    async def _progress(self, request: Request) -> Response:
        """A line a second, until the run has ended."""
        run = request.path_params["run"]
        try:
            first = await run_in_threadpool(documents.progress_of, self._workspace, run)
        except PromptevalError as error:
            return _message(404, str(error))

        async def lines() -> AsyncIterator[bytes]:
            now = first
            yield _line(now)
            while not now["ended"] and not await request.is_disconnected():
                await asyncio.sleep(LOOK_SECONDS)
                now = await run_in_threadpool(documents.progress_of, self._workspace, run)
                yield _line(now)

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    async def _sheet(self, request: Request) -> Response:
        if self._read_only:
            return _message(409, "the page was started with --read-only")
        run = request.path_params["run"]
        return await _json(
            lambda: labels.sheet_json(labels.sheet_of(self._workspace, run, self._checked), self._images),
            status=409,
        )

    async def _label(self, request: Request) -> Response:
        if self._read_only:
            return _message(403, "the page was started with --read-only")
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_BYTES:
                return _message(400, f"a label has at most {BODY_BYTES:,} bytes")
        try:
            said = json.loads(body)
            place, text, note = said["place"], said["label"], said.get("note")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return _message(400, "a label is {place, label, note}")
        run = request.path_params["run"]
        return await _json(
            lambda: labels.add_label(
                labels.sheet_of(self._workspace, run, self._checked), place, text, note, self._images
            ),
            status=400,
        )


_JSON = "application/json"


def _named(path: str) -> Iterator[str]:
    """The parts of a path that name a run; none for a path of any other form."""
    match path.removeprefix("/api").split("/")[1:]:
        case ["runs", *named]:
            yield from named[:1]
        case ["compare", *named]:
            yield from named[:2]


async def _json(make: Callable[..., documents.Json], *arguments: object, status: int = 404) -> Response:
    """What is made, in a thread, as JSON; `status` where the user asked for what is not there."""
    try:
        return Response(_text(await run_in_threadpool(make, *arguments)), media_type=_JSON)
    except PromptevalError as error:
        return _message(status, str(error))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False)


def _line(value: object) -> bytes:
    return f"{_text(value)}\n".encode("ascii")


def _message(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status)


def _with_headers(send: Send) -> Send:
    """Every answer with what keeps it on this page."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            more = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message["headers"] = [*message["headers"], *more]
        await send(message)

    return sending
