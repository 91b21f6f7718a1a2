"""`openai/<model>` embeddings from any compatible server."""

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from prompteval.core.address import without_credentials
from prompteval.core.errors import ProviderError
from prompteval.isolate.loop import run_to_end
from prompteval.providers.openai.server import Server
from prompteval.wire import HttpAnswer, post_json

if TYPE_CHECKING:
    import numpy as np
    from aiohttp import ClientSession
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

TEXTS_A_CALL = 256
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
# Four thousand dimensions of 23 characters, for each text, and at most as much as is read into little memory.
BYTES_A_TEXT = 200_000
MOST_BYTES = 24_000_000
# Beyond it the length of a vector is infinite as a 32-bit float.
LARGEST = 1e15
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


class OpenAIEmbedder:
    """An Embedder over an embeddings endpoint. It never truncates: a text that is too long is its error."""

    def __init__(self, model: str, server: Server, *, timeout_s: float = 60.0, max_attempts: int = 5) -> None:
        self._model = model
        self._server = server
        self._timeout_s = timeout_s
        self._max_attempts = max_attempts

    @property
    def identity(self) -> str:
        address = without_credentials(self._server.base_url)
        return f"openai-embeddings:{address}:{self._model}{self._server.shape.address}"

    def check_ready(self) -> None:
        """Raise ProviderError where the key is not set, or its place is wrong."""
        self._server.check_ready(self._model)

    def embed(self, texts: Sequence[str]) -> "tuple[Floats, int]":
        """(float32 array of shape (len(texts), dimension) of unit vectors, 0).

        An empty list has the shape (0, 0). Raises ProviderError when there is no answer after
        `max_attempts`, and for an answer without a vector for each text.
        """
        import numpy as np

        if not texts:
            return np.zeros((0, 0), dtype=np.float32), 0
        rows = run_to_end(self._rows(texts))
        if len({len(row) for row in rows}) != 1:
            raise ProviderError("bad_response", f"{self._model}: vectors of different lengths")
        vectors = np.stack(rows)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(norms, 1e-12), 0

    async def _rows(self, texts: Sequence[str]) -> "list[Floats]":
        self.check_ready()
        rows: list[Floats] = []
        async with self._server.open_session() as session:
            for start in range(0, len(texts), TEXTS_A_CALL):
                # The endpoint refuses an empty text; a space stands for it.
                some = [text or " " for text in texts[start : start + TEXTS_A_CALL]]
                rows += await self._patiently(session, some)
        return rows

    async def _patiently(self, session: "ClientSession", texts: Sequence[str]) -> "list[Floats]":
        for attempt in range(1, self._max_attempts + 1):
            try:
                return await self._call(session, texts)
            except ProviderError as error:
                if not error.retryable or attempt == self._max_attempts:
                    raise
                wish = error.retry_after_s
            wait = FIRST_WAIT_S * 2 ** (attempt - 1) if wish is None else wish
            await asyncio.sleep(min(wait, LONGEST_WAIT_S))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _call(self, session: "ClientSession", texts: Sequence[str]) -> "list[Floats]":
        body = _encode({"model": self._model, "input": texts, "encoding_format": "float"}).encode("ascii")
        answer = await post_json(
            session,
            self._server.url("embeddings"),
            body,
            timeout_s=self._timeout_s,
            most_bytes=min(BYTES_A_TEXT * (len(texts) + 1), MOST_BYTES),
        )
        if answer.status != 200:
            raise self._server.error_of(answer)
        return _vectors(answer, len(texts), self._model)


def _vectors(answer: HttpAnswer, expected: int, model: str) -> "list[Floats]":
    """The vectors in the order of the texts, regardless of the order of the answer."""
    import numpy as np

    try:
        raw = answer.json()
    except ValueError as error:
        raise _bad(f"{model}: the answer is not JSON: {error}", answer, retryable=True) from None
    data = raw.get("data") if isinstance(raw, dict) else None
    items = data if isinstance(data, list) else []
    found = {_index(item): item.get("embedding") for item in items if isinstance(item, dict)}
    rows = []
    for index in range(expected):
        row = found.get(index)
        if not isinstance(row, list) or not row:
            raise _bad(f"{model}: {len(found)} vectors for {expected} texts", answer)
        if set(map(type, row)) - {float, int} or max(map(abs, row)) > LARGEST:
            raise _bad(f"{model}: a vector holds what is not a number", answer)
        rows.append(np.asarray(row, dtype=np.float32))
    return rows


def _index(item: dict[str, object]) -> int | None:
    index = item.get("index")
    return index if type(index) is int else None


def _bad(message: str, answer: HttpAnswer, *, retryable: bool = False) -> ProviderError:
    return ProviderError("bad_response", message, retryable=retryable, excerpt=answer.excerpt())
