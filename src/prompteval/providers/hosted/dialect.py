"""The dialect of an API: how its requests are written and its replies read."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Protocol

from prompteval.core.address import without_credentials
from prompteval.core.errors import ProviderError
from prompteval.core.request import Request, Response
from prompteval.providers.openai.errors import ServerLimits
from prompteval.providers.openai.server import Server
from prompteval.providers.openai.stream import Assembly
from prompteval.wire import HttpAnswer


class Dialect(Protocol):
    """How an API of a server is written and read, for one model."""

    @property
    def request_id(self) -> str:
        """The header of an answer that holds the id of its request."""
        ...

    @property
    def file_types(self) -> frozenset[str]:
        """The media types of files that the model is sent."""
        ...

    @property
    def identity(self) -> str:
        """What of it changes answers, and where they are asked for."""
        ...

    def path(self, *, stream: bool) -> str:
        """Where requests go, below the base URL."""
        ...

    def write(self, request: Request, *, stream: bool) -> bytes:
        """The body of a request. Raises ProviderError(unsupported) for what the API does not have."""
        ...

    def read(
        self, request: Request, raw: object, excerpt: Callable[[], str], named: str | None, latency_ms: float
    ) -> Response:
        """The reply in the JSON values of a body. Raises ProviderError, with the body's `excerpt`."""
        ...

    def assemble(self, request: Request) -> Assembly:
        """Begins to put the events of a stream together."""
        ...

    def error_of(self, answer: HttpAnswer) -> ProviderError:
        """The error of an answer other than 200; its kind is FILTERED where a filter stopped the prompt."""
        ...

    def limits(self, headers: Mapping[str, str]) -> ServerLimits | None:
        """What an answer says of the server's limits."""
        ...


class NativeDialect:
    """What the dialects of native APIs share: one model behind one server. `kind` is the provider's name."""

    kind: ClassVar[str]
    file_types: ClassVar[frozenset[str]]

    def __init__(self, model: str, server: Server) -> None:
        self.model = model
        self.server = server

    @property
    def identity(self) -> str:
        address = without_credentials(self.server.base_url)
        return f"{self.kind}:{address}:{self.model}{self.server.shape.identity}"
