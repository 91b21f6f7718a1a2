"""A fake OpenAI-compatible server on 127.0.0.1: real sockets, chosen replies, faults on demand.

    with FakeServer([Reply(when="refund", output={"intent": "billing"})]) as server:
        ...  # point OPENAI_BASE_URL at server.url

It runs an event loop in a thread of its own, so that the code under test may be synchronous.
"""

import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "answer", "status", "hang", "reset", "cut", "html", "bad_json", "error_body", "null_choices",
    "no_choices", "null_content", "tool_calls", "refusal", "length", "filter", "no_usage", "silly_usage",
    "other_model", "drip", "redirect",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with one answer. `status`, `code` and `headers` belong to kind `status`."""

    kind: Kind
    status: int = 500
    code: str = "server_error"
    headers: dict[str, str] = field(default_factory=dict)
    location: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to every request whose last user message `when` finds: a text, or an object as JSON."""

    when: str = ""
    text: str = ""
    output: Any = None


class FakeServer:
    """Serves chat completions, models and embeddings until the `with` block ends.

    `faults` are used up one a request, in order; `latency_s` delays every answer. `requests`
    holds the bodies received, `stats` counts what happened. No header is kept.
    """

    def __init__(
        self, replies: Sequence[Reply] = (), *, faults: Sequence[Fault | None] = (), latency_s: float = 0.0
    ) -> None:
        self._replies = tuple(replies)
        self._faults = list(faults)
        self._latency_s = latency_s
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="fake-openai", daemon=True)
        self._stop: asyncio.Event | None = None
        self._port = 0
        self._open: set[asyncio.Task[Any]] = set()
        self.requests: list[dict[str, Any]] = []
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
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.stats["connections"] += 1
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            self.stats["closed"] += 1
        finally:
            self._open.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection ends."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split(" ", 2)[1]
        length = re.search(r"(?im)^content-length:\s*(\d+)", head)
        raw = await reader.readexactly(int(length[1])) if length else b""
        body = json.loads(raw) if raw else {}
        self.stats["requests"] += 1
        self.requests.append(body)
        if path.endswith("/models"):
            return await _send(writer, {"object": "list", "data": [{"id": "fake", "object": "model"}]})
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        if path.endswith("/embeddings"):
            return await _send(writer, _embeddings(body))
        fault = self._faults.pop(0) if self._faults else None
        self.stats[fault.kind if fault else "answer"] += 1
        return await self._answer(writer, body, fault)

    async def _answer(self, writer: asyncio.StreamWriter, body: dict[str, Any], fault: Fault | None) -> bool:
        kind = fault.kind if fault else "answer"
        answer = _completion(body, self._text(body))
        message = answer["choices"][0]["message"]
        if fault is not None and kind == "status":
            error = {"error": {"message": "a chosen fault", "type": fault.code, "code": fault.code}}
            return await _send(writer, error, fault.status, fault.headers)
        if fault is not None and kind == "redirect":
            return await _send(writer, {}, 307, {"location": fault.location})
        if kind == "hang":
            await asyncio.sleep(3600)
        elif kind in ("reset", "cut", "drip"):
            return await _broken(writer, kind, json.dumps(answer).encode())
        elif kind == "html":
            return await _send_raw(writer, b"<html><body>Gateway</body></html>", content="text/html")
        elif kind == "bad_json":
            return await _send_raw(writer, b'{"choices": [{"mess')
        elif kind == "error_body":
            answer = {"error": {"message": "a chosen fault"}}
        elif kind in ("null_choices", "no_choices"):
            answer["choices"] = None if kind == "null_choices" else []
        elif kind in ("null_content", "tool_calls", "refusal", "filter"):
            message["content"] = None
            _ending(answer, kind)
        elif kind == "length":
            message["content"] = message["content"][: max(len(message["content"]) // 2, 1)]
            answer["choices"][0]["finish_reason"] = "length"
        elif kind == "no_usage":
            del answer["usage"]
        elif kind == "silly_usage":
            answer["usage"] = {"prompt_tokens": -5, "completion_tokens": "many", "total_tokens": 10**18}
        elif kind == "other_model":
            answer["model"] = "another-model"
        return await _send(writer, answer)

    def _text(self, body: dict[str, Any]) -> str:
        asked = [m["content"] for m in body.get("messages", []) if m.get("role") == "user"]
        last = asked[-1] if asked else ""
        for reply in self._replies:
            if re.search(reply.when, last):
                return reply.text if reply.output is None else json.dumps(reply.output)
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
        return json.dumps(_filled(schema)) if schema else last


def _ending(answer: dict[str, Any], kind: str) -> None:
    choice = answer["choices"][0]
    if kind == "tool_calls":
        choice["message"]["tool_calls"] = [{"id": "t", "type": "function", "function": {"name": "f"}}]
        choice["finish_reason"] = "tool_calls"
    elif kind == "refusal":
        choice["message"]["refusal"] = "I cannot help with that."
    elif kind == "filter":
        choice["finish_reason"] = "content_filter"


def _filled(schema: dict[str, Any]) -> Any:
    """A value that meets a simple schema: the first label of each enum, an empty text, 1, true, []."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: _filled(node) for name, node in schema.get("properties", {}).items()}
    return {"string": "", "integer": 1, "number": 1.0, "boolean": True, "array": []}.get(
        schema.get("type", "")
    )


def _completion(body: dict[str, Any], text: str) -> dict[str, Any]:
    details = {
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 1,
        "model": body.get("model"),
        "system_fingerprint": "fp_fake",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text, "refusal": None},
                "logprobs": {"content": [{"token": "x", "logprob": -0.5}]} if body.get("logprobs") else None,
            }
        ],
        "usage": {"prompt_tokens": 40, "completion_tokens": 3, "total_tokens": 43, **details},
    }


def _embeddings(body: dict[str, Any]) -> dict[str, Any]:
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    rows = [
        {"object": "embedding", "index": i, "embedding": [float(len(text)), 1.0]}
        for i, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return {"object": "list", "model": body.get("model"), "data": rows, "usage": usage}


async def _broken(writer: asyncio.StreamWriter, kind: str, data: bytes) -> bool:
    """A connection that resets, ends in the middle, or drips a byte at a time."""
    if kind == "reset":
        writer.transport.abort()
        return False
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    writer.write(head.encode())
    if kind == "cut":
        writer.write(data[: len(data) // 2])
        await writer.drain()
        return False
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)
    return True


async def _send(
    writer: asyncio.StreamWriter, body: Any, status: int = 200, headers: dict[str, str] | None = None
) -> bool:
    return await _send_raw(writer, json.dumps(body).encode(), status, headers)


async def _send_raw(
    writer: asyncio.StreamWriter,
    data: bytes,
    status: int = 200,
    headers: dict[str, str] | None = None,
    content: str = "application/json",
) -> bool:
    lines = [f"HTTP/1.1 {status} Fake", f"content-type: {content}", f"content-length: {len(data)}"]
    lines += ["x-request-id: req_fake", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
    await writer.drain()
    return True
