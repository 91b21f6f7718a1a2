"""F38, F39: each field of each kind of reply with each wrong value, over real sockets: an error of that case."""

import asyncio
import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.case import Case
from prompteval.core.errors import ProviderError, RetrievalError
from prompteval.core.request import Message, Request, Response
from prompteval.core.response_json import response_as_json, response_from_json
from prompteval.core.secret import hide
from prompteval.core.strict_json import loads
from prompteval.engine.targets.endpoint import EndpointTarget
from prompteval.plan.targets.endpoint import EndpointPlan
from prompteval.providers.openai import create
from prompteval.providers.openai.batch import BatchClient
from prompteval.providers.openai.batch_lines import read_result
from prompteval.providers.openai.embeddings import OpenAIEmbedder
from prompteval.providers.openai.errors import server_limits
from prompteval.providers.openai.reply import read_reply
from prompteval.providers.openai.server import Server
from prompteval.rag.index.outside import EndpointRetriever
from prompteval.store.observation_form import observation_json
from prompteval.workspace.settings import ModelProfile
from tests.hostile import Hostile, Made, completion, says, whole

KEY = "corpkey-7Qz1XwV9rT5yU3iO8pA2sD4fG6"
# As raw JSON, since some of them no writer of ours would write.
VALUES = [
    "null", "[]", "{}", "true", "-1", "1.5", "1e999", "NaN", "9" * 400, "9" * 5000, '"x"', '"\\ud800\\u0000"', '"' + "y" * 100_000 + '"',
    "[" * 99 + "]" * 99, "[" * 900 + "]" * 900, '{"a":' * 330 + "1" + "}" * 330, "[null, 1]", '{"a": [1]}', "]", "",
]  # fmt: skip
REQUEST = Request("openai/m", (Message("user", "hi"),))
FULL = completion(
    "hello",
    system_fingerprint="fp",
    service_tier="x",
    usage={"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}},
)
FULL["choices"][0]["logprobs"] = {"content": [{"token": "a", "logprob": -0.5}]}
FULL["choices"][0]["message"]["refusal"] = None


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, the whole of it first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in items:
        yield from places(child, (*path, name))


def spoilt(body: Any) -> list[bytes]:
    """The body with each value in each place."""
    found = []
    for path in places(body):
        marked = copy.deepcopy(body)
        inner, last = marked, None
        for last in path[:-1]:
            inner = inner[last]
        if path:
            inner[path[-1]] = "@@"
        else:
            marked = "@@"
        text = json.dumps(marked)
        found += [text.replace('"@@"', value).encode() for value in VALUES]
    return found


class InTurn:
    """Answers with one body after the other."""

    def __init__(self, bodies: list[bytes], status: str = "200 OK") -> None:
        self._bodies = iter(bodies)
        self._status = status

    def __call__(self, asked: Any) -> list[bytes]:
        return whole(next(self._bodies), status=self._status)


def ask(url: str, times: int) -> list[Response | ProviderError]:
    async def one(provider: Any) -> Response | ProviderError:
        try:
            return await provider.complete(REQUEST)  # type: ignore[no-any-return]
        except ProviderError as error:
            return error

    async def all_of_them() -> list[Response | ProviderError]:
        provider = create(
            "m", ModelProfile("m", base_url=url, api_key_env="OPENAI_API_KEY", timeout_s=10), Path()
        )
        try:
            return [await one(provider) for _ in range(times)]
        finally:
            await provider.aclose()

    return asyncio.run(all_of_them())


def storable(found: Response | ProviderError) -> None:
    """A reply can be stored and read back; an error has a kind and a short message."""
    if isinstance(found, Response):
        assert response_from_json(loads(json.dumps(response_as_json(found))), "live") == found
        assert len(str(found.model_reported)) <= 300
    else:
        assert found.kind in (
            "bad_response",
            "empty",
            "server",
            "bad_request",
            "rate_limit",
            "quota",
            "expired",
            "tool_calls_only",
        )
        assert len(str(found)) < 1000 and len(found.excerpt) <= 500


@pytest.mark.parametrize("status", ["200 OK", "500 X", "429 T", "400 B"])
def test_f38_a_chat_reply_with_any_value_anywhere(status: str) -> None:
    """A reply, or an error of its kind: never another exception, and always such as can be stored."""
    body = FULL if status == "200 OK" else {"error": {"message": "m", "code": "c", "type": "t"}}
    bodies = spoilt(body)
    with Hostile(InTurn(bodies, status)) as server:
        found = ask(server.url, len(bodies))
    for one in found:
        storable(one)
    assert any(isinstance(one, ProviderError) for one in found)
    assert (status == "200 OK") == any(isinstance(one, Response) for one in found)


def test_f38_a_message_of_parts_with_any_value_anywhere() -> None:
    """Parts of text and of refusals, and parts that are texts themselves."""
    parts = [{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "b"}, "c"]
    texts = set()
    for body in spoilt({"choices": [{"index": 0, "message": {"content": parts}}]}):
        with suppress(ValueError):
            raw = loads(body.decode())
            try:
                found: Response | ProviderError = read_reply(raw, lambda: "", None, 1.0)
            except ProviderError as error:
                found = error
            storable(found)
            texts.add(found.text if isinstance(found, Response) else "")
    assert {"", "a", "c", "ac", "xc", "ax"} <= texts


MARK = f"sha256:{'0' * 64}"


def test_f38_a_batch_line_with_any_value_anywhere() -> None:
    """A result, or a line that names no request: never another exception."""
    line = {
        "custom_id": MARK,
        "response": {"status_code": 200, "request_id": "r", "body": FULL},
        "error": None,
    }
    failed = {"custom_id": MARK, "response": None, "error": {"code": "batch_expired", "message": "m"}}
    refused = 0
    lines = [*spoilt(line), *spoilt(failed), b"\xff", b""]
    for raw in lines:
        try:
            _, found = read_result(raw)
        except ValueError:
            refused += 1
            continue
        storable(found)
    assert 2 <= refused < len(lines)


def test_f38_a_file_of_results_with_lines_twice_and_lines_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every reply is taken all the same; lines that are none are counted."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    answered = {"status_code": 200, "request_id": "r", "body": FULL}
    marks = [f"sha256:{name * 64}" for name in "abab"]
    lines = [
        json.dumps({"custom_id": name, "response": answered, "error": None}) for name in [*marks, "\ud800"]
    ]
    body = "\n".join(["{", "[]", *lines, "null"]).encode()
    taken: list[str] = []

    async def read(url: str) -> int:
        client = BatchClient(
            create("m", ModelProfile("m", base_url=url, api_key_env="OPENAI_API_KEY"), Path())
        )
        try:
            return await client.results("o", 2, lambda key, _: taken.append(key))
        finally:
            await client.aclose()

    with Hostile(lambda asked: whole(body)) as server:
        assert asyncio.run(read(server.url)) == 4
    assert taken == marks


def test_f38_an_embedding_reply_with_any_value_anywhere() -> None:
    """Vectors of finite numbers, or a ProviderError."""
    import numpy as np

    body = {
        "data": [{"index": 0, "embedding": [1.0, 0.5]}, {"index": 1, "embedding": [0.5, 1.0]}],
        "model": "m",
    }
    bodies = spoilt(body)
    good = 0
    with Hostile(InTurn(bodies)) as server:
        for _ in bodies:
            embedder = OpenAIEmbedder("m", Server(server.url, "OPENAI_API_KEY"), max_attempts=1)
            try:
                vectors, _ = embedder.embed(["a", "b"])
            except ProviderError:
                continue
            good += 1
            assert np.isfinite(vectors).all() and vectors.shape[0] == 2
    assert good


ENDPOINT: list[Made] = [
    *[lambda asked, value=value: whole(f'{{"reply": {value}}}'.encode()) for value in VALUES],
    *[
        lambda asked, name=name: whole(b'{"reply": "x"}', f"Content-Type: application/json; charset={name}")
        for name in ("hex", "rot13", "idna", "utf-7", "unknown", "utf-16", "\udcff", "")
    ],
    lambda asked: whole('{"reply": "ü"}'.encode("latin-1"), "Content-Type: text/plain; charset=iso-8859-1"),
    lambda asked: whole("\ufeff{}".encode()), lambda asked: whole(b"\xff\xfe"), lambda asked: whole(b""),
]  # fmt: skip


@pytest.mark.parametrize("made", ENDPOINT, ids=range(len(ENDPOINT)))
def test_f38_an_endpoint_answer_of_any_kind(made: Callable[..., Any]) -> None:
    """NaN, depth, charsets that are none, bytes that are no text: an output, or that case's error."""

    async def once(url: str) -> Any:
        target = EndpointTarget(EndpointPlan(url, output="reply", timeout_s=10))
        try:
            return await target(Case("c", {"a": 1}), 0)
        finally:
            await target.aclose()

    with Hostile(made) as server:
        seen = asyncio.run(once(server.url))
        assert seen.outcome in ("ok", "error") and observation_json(seen)
        retriever = EndpointRetriever(server.url, timeout_s=10)
        with pytest.raises(RetrievalError):
            retriever.search("q", 3)


@pytest.mark.parametrize(
    "value", ["nan", "inf", "-1", "9" * 5000, "9" * 400 + "h", "1e999", "\udcff", "١٢", ""]
)
def test_f3_limits_in_headers_are_numbers_or_nothing(value: str) -> None:
    """Whatever a server writes there, waits are finite and counts are counts."""
    names = ("remaining-requests", "remaining-tokens", "reset-requests", "reset-tokens")
    found = server_limits({f"x-ratelimit-{name}": value for name in names})
    assert found is None or all(
        part is None or 0 <= part < 1e9 for part in (found.reset_requests_s, found.remaining_tokens)
    )


@pytest.mark.parametrize("cut", range(250, 330, 5))
def test_s36_a_key_is_hidden_before_a_message_is_cut(cut: int) -> None:
    """Wherever the cut falls, no beginning of the key longer than what is shown of it is left."""
    bodies = [
        {"error": {"message": "x" * cut + KEY, "code": "c"}}, {"error": "y" * cut + KEY}, {"a": "z" * (cut + 190) + KEY},
        {"error": {"message": "m", "code": "c" * (cut - 200) + KEY}}, {"error": {"message": {"deep": ["v" * cut, KEY]}}},
    ]  # fmt: skip
    for status in ("200 OK", "400 B", "500 X"):
        with Hostile(InTurn([json.dumps(body).encode() for body in bodies], status)) as server:
            for error in ask(server.url, len(bodies)):
                assert isinstance(error, ProviderError)
                assert KEY[:9] not in f"{error} {error.excerpt}", error


def test_s36_a_key_in_a_reply_is_hidden_in_every_part_of_it() -> None:
    """Text, model, fingerprint, request id, refusal."""
    body = completion(f"your key is {KEY}", model=f"m-{KEY}", system_fingerprint=f"fp-{KEY}")
    body["choices"][0]["message"]["refusal"] = {"why": KEY}
    with Hostile(says(body, f"x-request-id: req-{KEY}")) as server:
        (found,) = ask(server.url, 1)
    assert isinstance(found, Response) and found.text == hide(f"your key is {KEY}")
    assert KEY not in repr(found) and "req-corpke" in repr(found)
