"""`openai/<model>` embeddings from any compatible server, through the openai package."""

import os
import time
from collections.abc import Sequence
from typing import Any

from prompteval.core.errors import ProviderError
from prompteval.providers.openai.errors import retry_after, status_error, without_secrets

TEXTS_A_CALL = 256
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0


class OpenAIEmbedder:
    """An Embedder over an embeddings endpoint. It never truncates: a text that is too long is its error."""

    def __init__(
        self, model: str, *, base_url: str, api_key_env: str, timeout_s: float = 60.0, max_attempts: int = 5
    ) -> None:
        self._model = model
        self._base_url = base_url
        self._key_env = api_key_env
        self._timeout_s = timeout_s
        self._max_attempts = max_attempts
        self._client: Any = None

    @property
    def identity(self) -> str:
        return f"openai-embeddings:{self._base_url}:{self._model}"

    def embed(self, texts: Sequence[str]) -> tuple[Any, int]:
        """(float32 array of shape (len(texts), dimension) of unit vectors, 0).

        An empty list has the shape (0, 0). Raises ProviderError when there is no answer after
        `max_attempts`, and for an answer without a vector for each text.
        """
        import numpy as np

        if not texts:
            return np.zeros((0, 0), dtype=np.float32), 0
        rows: list[Any] = []
        for start in range(0, len(texts), TEXTS_A_CALL):
            # The endpoint refuses an empty text; a space stands for it.
            rows += self._call([text or " " for text in texts[start : start + TEXTS_A_CALL]])
        if len({len(row) for row in rows}) != 1:
            raise ProviderError("bad_response", f"{self._model}: vectors of different lengths")
        vectors = np.asarray(rows, dtype=np.float32)
        if not np.isfinite(vectors).all():
            raise ProviderError("bad_response", f"{self._model}: a vector holds no numbers")
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(norms, 1e-12), 0

    def _call(self, texts: Sequence[str]) -> list[Any]:
        import openai

        if self._client is None:
            self._client = self._open()
        for attempt in range(1, self._max_attempts + 1):
            try:
                answer = self._client.embeddings.create(
                    model=self._model, input=list(texts), encoding_format="float"
                )
            except openai.APIStatusError as error:
                failure = status_error(error.status_code, error.response.headers, error.response.content)
                wait = retry_after(error.response.headers)
            except openai.APIError as error:
                failure = ProviderError("connection", f"{type(error).__name__}: {error}", retryable=True)
                wait = None
            else:
                return _vectors(answer, len(texts), self._model)
            without_secrets(failure, os.environ.get(self._key_env, ""))
            if not failure.retryable or attempt == self._max_attempts:
                raise failure
            time.sleep(min(wait if wait is not None else FIRST_WAIT_S * 2 ** (attempt - 1), LONGEST_WAIT_S))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _open(self) -> Any:
        import openai

        key = os.environ.get(self._key_env)
        if not key:
            message = f"{self._key_env} is not set; {self._model} needs it for embeddings"
            raise ProviderError("no_credentials", message)
        return openai.OpenAI(api_key=key, base_url=self._base_url, timeout=self._timeout_s, max_retries=0)


def _vectors(answer: Any, expected: int, model: str) -> list[Any]:
    """The vectors in the order of the texts, whatever the order of the answer."""
    data = getattr(answer, "data", None) or []
    found = {getattr(item, "index", None): getattr(item, "embedding", None) for item in data}
    rows = [found.get(index) for index in range(expected)]
    if any(not isinstance(row, list) or not row for row in rows):
        raise ProviderError("bad_response", f"{model}: {len(data)} vectors for {expected} texts")
    return rows
