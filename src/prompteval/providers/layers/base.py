"""What every layer shares."""

from prompteval.core.protocols import Provider


class Layer:
    """A provider around another one, with its identity; closing it closes the inner one."""

    def __init__(self, inner: Provider) -> None:
        self._inner = inner

    @property
    def identity(self) -> str:
        return self._inner.identity

    async def aclose(self) -> None:
        await self._inner.aclose()
