"""`openai/<model>`: any server that speaks the OpenAI chat completions, through the openai package."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from prompteval.core.errors import ProviderError
from prompteval.core.request import Request, Response
from prompteval.providers.openai_reply import read_reply
from prompteval.workspace.settings import ModelProfile

DEFAULT_URL = "https://api.openai.com/v1"
# Neutral name → the server's name.
PARAMS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_completion_tokens",
    "stop": "stop",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "reasoning_effort": "reasoning_effort",
    "service_tier": "service_tier",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "verbosity": "verbosity",
}


class OpenAIProvider:
    """Chat completions with strict JSON-schema output where the prompt's output is a model.

    The SDK's own retries are off; each attempt ends after `timeout_s` seconds in all, however
    slowly the server drips. Redirects are not followed.
    """

    def __init__(self, model: str, *, base_url: str, api_key_env: str, timeout_s: float) -> None:
        self._model = model
        self._base_url = base_url
        self._key_env = api_key_env
        self._timeout_s = timeout_s
        self._client: Any = None

    def __repr__(self) -> str:
        return f"OpenAIProvider({self._model!r}, base_url={self._base_url!r})"

    @property
    def identity(self) -> str:
        return f"openai-chat:{_without_credentials(self._base_url)}:{self._model}"

    def check_ready(self) -> None:
        """Raise ProviderError(no_credentials) when the key's variable is not set."""
        if not os.environ.get(self._key_env):
            message = f"{self._key_env} is not set; openai/{self._model} needs a key"
            raise ProviderError("no_credentials", message)

    async def complete(self, request: Request) -> Response:
        client = self._open()
        body = request_body(self._model, request)
        started = perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                raw = await client.chat.completions.with_raw_response.create(**body)
                text, headers = raw.text, raw.headers
        except TimeoutError:
            message = f"no complete answer within {self._timeout_s:g} s"
            raise ProviderError("timeout", message, retryable=True) from None
        except Exception as error:
            raise _translated(error, self._timeout_s) from None
        return read_reply(text, headers.get("x-request-id"), (perf_counter() - started) * 1000)

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _open(self) -> Any:
        if self._client is None:
            self.check_ready()
            import openai

            self._client = openai.AsyncOpenAI(
                api_key=os.environ[self._key_env],
                base_url=self._base_url,
                max_retries=0,
                timeout=self._timeout_s,
                http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),
            )
        return self._client


def request_body(model: str, request: Request) -> dict[str, Any]:
    """The JSON body of a chat completion. Raises ProviderError(unsupported) for an unknown parameter."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
    }
    for name, value in request.params.items():
        if name not in PARAMS:
            raise ProviderError(
                "unsupported", f"parameter {name!r} is not known; known: {', '.join(sorted(PARAMS))}"
            )
        body[PARAMS[name]] = value
    if request.seed is not None:
        body["seed"] = request.seed
    if request.schema is not None:
        schema = {"name": request.schema_name, "strict": True, "schema": dict(request.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def create(model: str, profile: ModelProfile | None, root: Path) -> OpenAIProvider:
    """The provider for `openai/<model>` or a profile; no key is needed until the first call."""
    base_url = (profile and profile.base_url) or os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL
    key_env = (profile and profile.api_key_env) or "OPENAI_API_KEY"
    timeout_s = profile.timeout_s if profile else 60.0
    return OpenAIProvider(model, base_url=base_url, api_key_env=key_env, timeout_s=timeout_s)


def _without_credentials(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"


def _translated(error: Exception, timeout_s: float) -> ProviderError:
    """Any error of the SDK as a ProviderError; the key never appears, since headers are not quoted."""
    import openai

    if isinstance(error, ProviderError):
        return error
    if isinstance(error, openai.APITimeoutError):
        return ProviderError("timeout", f"no answer within {timeout_s:g} s", retryable=True)
    if isinstance(error, openai.APIStatusError):
        return _status_error(error)
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__ or error
        return ProviderError("connection", f"no connection: {type(cause).__name__}: {cause}", retryable=True)
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return ProviderError("bad_response", f"the reply is not JSON: {error}", retryable=True)
    return ProviderError("bad_response", f"{type(error).__name__}: {error}", retryable=True)


def _status_error(error: Any) -> ProviderError:
    status = int(error.status_code)
    body = error.body if isinstance(error.body, Mapping) else {}
    code = str(body.get("code") or body.get("type") or "")
    said = str(body.get("message") or error.message)[:300]
    message = f"HTTP {status} {code}: {said}" if code else f"HTTP {status}: {said}"
    details = {"status": status, "excerpt": error.response.text[:500]}
    if status == 429 and "quota" in code:
        return ProviderError("quota", message, **details)
    if status == 429:
        wait = _retry_after(error.response.headers)
        return ProviderError("rate_limit", message, retryable=True, retry_after_s=wait, **details)
    if status in (401, 403):
        return ProviderError("auth", message, **details)
    if status == 404:
        return ProviderError("not_found", message, **details)
    if status in (408, 409) or status >= 500:
        wait = _retry_after(error.response.headers)
        return ProviderError("server", message, retryable=True, retry_after_s=wait, **details)
    if 300 <= status < 400:
        return ProviderError("bad_response", f"HTTP {status}: redirects are not followed", **details)
    return ProviderError("bad_request", message, **details)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            value = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0 <= value < 86_400:
            return value
    return None
