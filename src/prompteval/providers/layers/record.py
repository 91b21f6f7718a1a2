"""The outermost layer: what was answered, kept for a replay."""

from prompteval.core.protocols import Provider
from prompteval.core.request import Request, Response
from prompteval.providers.layers.base import Layer
from prompteval.providers.recording import Recorder


class RecordLayer(Layer):
    """Hands every reply to a recorder."""

    def __init__(self, inner: Provider, recorder: Recorder) -> None:
        super().__init__(inner)
        self._recorder = recorder

    async def complete(self, request: Request) -> Response:
        response = await self._inner.complete(request)
        self._recorder.add(request, response)
        return response
