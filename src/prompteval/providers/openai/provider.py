"""A model behind one of OpenAI's APIs."""

from collections.abc import Callable, Mapping
from typing import Final

from prompteval.core.address import without_credentials
from prompteval.core.errors import ProviderError
from prompteval.core.request import Request, Response
from prompteval.providers.hosted.provider import HostedProvider
from prompteval.providers.openai.api import api_of
from prompteval.providers.openai.errors import ServerLimits, server_limits
from prompteval.providers.openai.files import file_types
from prompteval.providers.openai.server import Server
from prompteval.providers.openai.stream import Assembly
from prompteval.providers.openai.writer import BodyWriter
from prompteval.wire import HttpAnswer


class OpenAIDialect:
    """Chat completions or responses, by the server's shape."""

    request_id: Final = "x-request-id"

    def __init__(self, model: str, server: Server) -> None:
        self._model = model
        self._server = server
        self._api = api_of(server.shape)
        self._bodies = BodyWriter(model, server.shape)

    @property
    def file_types(self) -> frozenset[str]:
        return file_types(self._model, self._server.base_url, self._server.shape)

    @property
    def identity(self) -> str:
        address = without_credentials(self._server.base_url)
        return f"openai-{self._api.name}:{address}:{self._model}{self._server.shape.identity}"

    def path(self, *, stream: bool) -> str:
        return self._api.path

    def write(self, request: Request, *, stream: bool) -> bytes:
        return self._bodies.write_stream(request) if stream else self._bodies.write(request)

    def read(
        self, request: Request, raw: object, excerpt: Callable[[], str], named: str | None, latency_ms: float
    ) -> Response:
        return self._api.read(raw, excerpt, named, latency_ms, by_tool=self._answers_by_tool(request))

    def assemble(self, request: Request) -> Assembly:
        return self._api.assemble(by_tool=self._answers_by_tool(request))

    def error_of(self, answer: HttpAnswer) -> ProviderError:
        return self._server.error_of(answer)

    def limits(self, headers: Mapping[str, str]) -> ServerLimits | None:
        return server_limits(headers)

    def _answers_by_tool(self, request: Request) -> bool:
        return request.schema is not None and self._server.shape.structured == "tool"


class OpenAIProvider(HostedProvider):
    """Chat completions or responses, with strict JSON-schema output where the prompt's output is a model."""

    def __init__(self, model: str, server: Server, *, timeout_s: float) -> None:
        super().__init__(model, server, OpenAIDialect(model, server), timeout_s=timeout_s)
