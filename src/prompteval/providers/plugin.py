"""Providers of plug-ins: what they raise or give against their protocol is a ProviderError of its case."""

from collections.abc import Sequence

from prompteval.core.errors import ProviderError
from prompteval.core.protocols import BatchProvider, FileProvider, Provider
from prompteval.core.request import Request, Response


class PluginProvider:
    """A Provider from outside, under the name that it is registered by."""

    def __init__(self, name: str, found: Provider) -> None:
        self._name = name
        self._found = found

    @property
    def identity(self) -> str:
        return str(self._found.identity)

    @property
    def file_types(self) -> frozenset[str]:
        """The media types of files that it takes; none for one that says nothing of them."""
        return frozenset(self._found.file_types) if isinstance(self._found, FileProvider) else frozenset()

    async def complete(self, request: Request) -> Response:
        """The reply. Raises ProviderError, and nothing else."""
        try:
            return _reply(self._name, await self._found.complete(request))
        except ProviderError:
            raise
        except Exception as error:
            raise _broken(self._name, error) from error

    async def aclose(self) -> None:
        await self._found.aclose()


class PluginBatchProvider(PluginProvider):
    """One that likes batches."""

    def __init__(self, name: str, found: BatchProvider) -> None:
        super().__init__(name, found)
        self._batches = found

    @property
    def max_batch(self) -> int:
        return int(self._batches.max_batch)

    def complete_many(self, requests: Sequence[Request]) -> list[Response | ProviderError]:
        """One result a request, in order; where the batch fails as a whole, its error for each."""
        try:
            found = list(self._batches.complete_many(requests))
            if len(found) != len(requests):
                raise TypeError(f"{len(found)} results for {len(requests)} requests")
            return [one if isinstance(one, ProviderError) else _reply(self._name, one) for one in found]
        except Exception as error:
            return [error if isinstance(error, ProviderError) else _broken(self._name, error)] * len(requests)


def guarded(name: str, found: Provider) -> Provider:
    """The provider of a plug-in, held to its protocol."""
    if isinstance(found, BatchProvider):
        return PluginBatchProvider(name, found)
    return PluginProvider(name, found)


def _reply(name: str, found: object) -> Response:
    if not isinstance(found, Response):
        raise ProviderError(
            "bad_response", f"provider {name!r} gave a {type(found).__name__}, not a Response"
        )
    return found


def _broken(name: str, error: Exception) -> ProviderError:
    return ProviderError("bad_response", f"provider {name!r}: {type(error).__name__}: {error}")
