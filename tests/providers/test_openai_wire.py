"""Our chat client against the openai package as its oracle: what goes over the wire is the same."""

import asyncio
import json
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request, Response
from prompteval.providers.openai.body import request_body
from prompteval.providers.openai.errors import ServerLimits, server_limits
from prompteval.providers.openai.provider import OpenAIProvider
from prompteval.providers.openai.server import Server
from prompteval.providers.openai.writer import BodyWriter

ANSWER = json.dumps({"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}).encode()
MATTERING = (
    "authorization",
    "content-type",
    "accept",
    "host",
    "openai-organization",
    "openai-project",
    "x-team",
)
SCHEMA = {"type": "object", "properties": {"a": {"enum": ["x", "ü"]}}, "additionalProperties": False}
REQUESTS = [
    Request("openai/m", (Message("user", "plain"),)),
    Request("openai/m", (Message("system", "Größe 日本 🤷"), Message("user", 'a "quoted"\n\x00 text'))),
    Request("openai/m", (Message("user", "u"), Message("assistant", "a"), Message("user", "v")), seed=7),
    Request(
        "openai/m",
        (Message("user", "u"),),
        params={"temperature": 0.5, "max_output_tokens": 9, "stop": ["\n"], "reasoning_effort": "low"},
        schema=SCHEMA,
        schema_name="pick",
    ),
]


@dataclass
class Seen:
    """Every request as it arrived."""

    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def wire(self, index: int) -> tuple[str, dict[str, str], Any]:
        """(request line, headers that matter, JSON body)."""
        line, *rest = self.heads[index].split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
        return line, {n: v for n, v in headers.items() if n in MATTERING}, json.loads(self.bodies[index])


@asynccontextmanager
async def listening(context: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, Seen]]:
    """A server on loopback that answers every request the same and keeps what it saw."""
    seen = Seen()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip()
                length = next(
                    int(line[15:])
                    for line in head.lower().split("\r\n")
                    if line.startswith("content-length:")
                )
                seen.bodies.append(await reader.readexactly(length))
                seen.heads.append(head)
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
                    % (len(ANSWER), ANSWER)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], seen
    finally:
        server.close()


async def ours(url: str, request: Request) -> Response:
    provider = OpenAIProvider("m", Server(url, "OPENAI_API_KEY", openai_variables=True), timeout_s=5)
    try:
        return await provider.complete(request)
    finally:
        await provider.aclose()


async def theirs(url: str, request: Request) -> None:
    import openai

    async with openai.AsyncOpenAI(base_url=url, max_retries=0) as client:
        await client.chat.completions.create(**request_body("m", request))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("tenant", [False, True])
def test_our_request_is_that_of_the_sdk(
    request_: Request, tenant: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Method, path, the headers that matter and the JSON body are equal, request for request."""
    if tenant:
        monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
        monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-2")
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: search\nX-Other: 1")

    async def both() -> Seen:
        async with listening() as (port, seen):
            await theirs(f"http://127.0.0.1:{port}/v1", request_)
            await ours(f"http://127.0.0.1:{port}/v1", request_)
        return seen

    seen = asyncio.run(both())
    assert seen.wire(0) == seen.wire(1)
    assert seen.wire(1)[0] == "POST /v1/chat/completions HTTP/1.1"
    assert len(seen.wire(1)[1]) == (7 if tenant else 4)


@pytest.mark.parametrize("request_", REQUESTS)
def test_the_spliced_body_is_the_whole_body(request_: Request) -> None:
    """Serialising the shared part once changes nothing, at the first call and at later ones."""
    writer = BodyWriter("m")
    for _ in range(2):
        assert json.loads(writer.write(request_)) == request_body("m", request_)


def test_f17_a_lone_surrogate_in_a_case_is_sent_as_its_escape() -> None:
    """What is no valid Unicode still reaches the server, losslessly."""
    body = BodyWriter("m").write(Request("m", (Message("user", "a\ud800b"),)))
    assert json.loads(body)["messages"][0]["content"] == "a\ud800b"


@pytest.mark.parametrize("who", [ours, theirs])
def test_a_proxy_is_honoured(
    who: Callable[[str, Request], Awaitable[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY receives the absolute address; NO_PROXY goes past it. Both clients alike."""

    async def through() -> tuple[Seen, Seen]:
        async with listening() as (proxy_port, proxy), listening() as (port, server):
            monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy_port}")
            await who(f"http://localhost:{port}/v1", REQUESTS[0])
            monkeypatch.setenv("NO_PROXY", "localhost")
            await who(f"http://localhost:{port}/v1", REQUESTS[0])
        return proxy, server

    proxy, server = asyncio.run(through())
    assert (len(proxy.heads), len(server.heads)) == (1, 1)
    assert proxy.heads[0].startswith("POST http://localhost:")


def test_a_socks_proxy_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be honoured is said, never skipped."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(ProviderError, match="socks5 proxy is not supported"):
        asyncio.run(ours("http://example.invalid/v1", REQUESTS[0]))


@pytest.mark.parametrize("who", [ours, theirs])
def test_certificates_of_the_environment_count(
    who: Callable[[str, Request], Awaitable[object]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A server with a certificate of its own is refused, and trusted once SSL_CERT_FILE names it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run(
        [*made.split(), "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    async def both() -> int:
        async with listening(context) as (port, seen):
            with pytest.raises(Exception, match=r"(?i)certificate|connection"):
                await who(f"https://localhost:{port}/v1", REQUESTS[0])
            assert not seen.heads
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
            await who(f"https://localhost:{port}/v1", REQUESTS[0])
            return len(seen.heads)

    assert asyncio.run(both()) == 1


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        ({}, None),
        ({"x-ratelimit-remaining-requests": "nonsense"}, None),
        (
            {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m30.5s"},
            ServerLimits(0, None, 90.5, None),
        ),
        (
            {"x-ratelimit-remaining-tokens": "149984", "x-ratelimit-reset-tokens": "6ms"},
            ServerLimits(None, 149984, None, 0.006),
        ),
    ],
)
def test_limit_headers_are_read(headers: dict[str, str], limits: ServerLimits | None) -> None:
    """Counts and spans as servers write them; nonsense is nothing."""
    assert server_limits(headers) == limits
