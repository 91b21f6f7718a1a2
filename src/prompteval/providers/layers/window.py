"""Requests that cannot fit the window that a model's profile names are not sent."""

from prompteval.core.errors import ProviderError
from prompteval.core.protocols import Provider
from prompteval.core.request import Request, Response
from prompteval.providers.layers.base import Layer
from prompteval.providers.size import Sizes


class WindowLayer(Layer):
    """Refuses a request whose tokens, with those of its longest reply, are over `window`."""

    def __init__(self, inner: Provider, window: int, sizes: Sizes) -> None:
        super().__init__(inner)
        self._window = window
        self._sizes = sizes

    async def complete(self, request: Request) -> Response:
        """Raises ProviderError(context_overflow) before any call."""
        tokens, most = self._sizes.least(request), request.params.get("max_output_tokens")
        output = most if isinstance(most, int) else 0
        if tokens + output > self._window:
            about = "about " if self._sizes.estimated_for(request) else ""
            kept = f", and {output:,} are kept for the reply" if output else ""
            message = (
                f"the request has {about}{tokens:,} tokens{kept}: over context_window = {self._window:,}"
            )
            raise ProviderError("context_overflow", message)
        return await self._inner.complete(request)
