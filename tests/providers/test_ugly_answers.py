"""Answers that no API gives: other forms of a stream, pages, redirects, refused keys, and lines that break."""

import asyncio
import json
from pathlib import Path

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.registry import resolve
from prompteval.core.request import Message, Request, Response
from prompteval.providers.openai.errors import retry_after
from prompteval.workspace.settings import ModelProfile
from tests.hostile import Hostile

ASK = Request("m", (Message("user", "hi"),))
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
TEXT = "héllo 😀 wörld"


def ask(answer: list[bytes], kind: str = "openai", **keys: object) -> Response:
    """The reply of a model of a server that answers so."""

    async def run(url: str) -> Response:
        profile = ModelProfile("m", kind, "m", base_url=url, timeout_s=20.0, **keys)  # type: ignore[arg-type]
        model = resolve("prompteval.providers", kind)("m", profile, Path())
        try:
            reply: Response = await model.complete(ASK)
            return reply
        finally:
            await model.aclose()

    with Hostile(lambda asked: answer) as server:
        return asyncio.run(run(server.url))


def events(kind: str) -> list[str]:
    """A stream of an answer whose parts are both in its first and its last event."""
    if kind == "gemini":
        made = [
            {"candidates": [{"content": {"parts": [{"text": part}]}, "index": 0, **end}]}
            for part, end in ((TEXT[:3], {}), (TEXT[3:], {"finishReason": "STOP"}))
        ]
    else:
        made = [
            {"choices": [{"index": 0, "delta": {"content": part}, "finish_reason": end}]}
            for part, end in ((TEXT[:3], None), (TEXT[3:], "stop"))
        ]
    return [json.dumps(event, ensure_ascii=False) for event in made]


@pytest.mark.parametrize("kind", ["openai", "gemini"])
@pytest.mark.parametrize(
    ("mark", "between", "before"),
    [("", "\n\n", "data: "), ("", "\r\n\r\n", "data:"), ("", "\r\r", "data: "), ("\ufeff", "\n\n", "data: "),
     ("", "\n\n: still here\n\nretry: 3\nid: 4\n\n", "data: "), ("", "\n\n", "data:\ndata: ")],
)  # fmt: skip
def test_every_form_of_events_is_read(kind: str, mark: str, between: str, before: str) -> None:
    """Line ends of each kind, comments, a mark at the beginning, no space, data on several lines; byte by byte."""
    whole = mark + "".join(before + event + between for event in events(kind))
    pieces = [STREAM, *(bytes([byte]) for byte in whole.encode())]
    assert ask(pieces, kind, stream=True, api_key_env=None).text == TEXT


def test_an_event_may_have_its_data_on_several_lines() -> None:
    """As a server writes that indents its JSON."""
    lines = [
        "data: " + json.dumps(json.loads(one), indent=1).replace("\n", "\ndata: ") for one in events("openai")
    ]
    assert ask([STREAM, "\n\n".join(lines).encode()], stream=True).text == TEXT


def test_an_error_without_a_type_in_a_stream_of_anthropic_is_one() -> None:
    """As a gateway writes it between the events."""
    error = b'data: {"error": {"message": "upstream is gone", "code": 502}}\n\n'
    with pytest.raises(ProviderError, match=r"the stream holds an error: .*upstream is gone") as raised:
        ask([STREAM, error], "anthropic", stream=True)
    assert (raised.value.kind, raised.value.retryable) == ("server", True)


@pytest.mark.parametrize(
    ("head", "body", "kind", "told"),
    [
        ("200 OK", "<html>Sign in</html>", "bad_response", "the reply is a page of HTML, not JSON"),
        ("200 OK", "", "bad_response", "the reply is empty"),
        ("204 No Content", "", "bad_response", "HTTP 204, where an answer has 200"),
        ("401 Unauthorized", "{}", "auth", "(the key is that of UGLY_KEY)"),
        ("404 Not Found", "404 page not found", "not_found", "404 page not found (base_url is http://127.0.0.1:"),
        ("404 Not Found", '{"error": {"code": "model_not_found", "message": "no m"}}', "not_found", "HTTP 404 model_not_found: no m"),
        ("308 Permanent Redirect\r\nLocation: https://u:pw@other/v1?key=abcdefgh", "", "bad_response", "(it leads to https://other/v1?key=ab"),
        ("302 Found\r\nLocation: http://[bad", "", "bad_response", "HTTP 302"),
        ("407 Proxy Authentication Required", "", "bad_request", "a proxy asks who it is"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
def test_what_may_help_is_said(
    head: str, body: str, kind: str, told: str, stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside what the server says, with no credential in it."""
    monkeypatch.setenv("UGLY_KEY", "ugly-key-0123456789")
    answer = f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
    with pytest.raises(ProviderError) as raised:
        ask([answer], stream=stream, api_key_env="UGLY_KEY")
    assert raised.value.kind == kind and told in str(raised.value)
    assert not {"pw", "abcdefgh", "ugly-key-0"} & set(str(raised.value).replace("=", "/").split("/"))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"SSH-2.0-OpenSSH_9.0\r\n", "the answer is not in the form of HTTP: Bad status line; is it another port"),
        (b"", "the server closed the connection before it answered"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", "the connection was cut in the middle of the answer"),
    ],
)  # fmt: skip
def test_a_connection_that_breaks_says_where(answer: bytes, told: str) -> None:
    """In one line, and it may be tried again."""
    with pytest.raises(ProviderError) as raised:
        ask([answer])
    assert str(raised.value).startswith(told) and "\n" not in str(raised.value) and raised.value.retryable


def test_a_server_may_name_the_time_to_come_back() -> None:
    """As a date of HTTP, by its own clock; one without its clock, or nonsense, is no wish."""
    now, then = "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:30 GMT"
    assert retry_after({"date": now, "retry-after": then}) == 30.0
    assert retry_after({"date": then, "retry-after": now}) == 0.0
    assert retry_after({"retry-after": then}) is None
    assert retry_after({"date": now, "retry-after": "soon"}) is None
