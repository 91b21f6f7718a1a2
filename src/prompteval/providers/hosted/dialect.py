"""What the dialects of native APIs have in common."""

from typing import ClassVar

from prompteval.core.address import without_credentials
from prompteval.providers.openai.server import Server


class NativeDialect:
    """A dialect of one model behind one server; `kind` is the provider's name."""

    kind: ClassVar[str]
    file_types: ClassVar[frozenset[str]]

    def __init__(self, model: str, server: Server) -> None:
        self.model = model
        self.server = server

    @property
    def identity(self) -> str:
        address = without_credentials(self.server.base_url)
        return f"{self.kind}:{address}:{self.model}{self.server.shape.identity}"
