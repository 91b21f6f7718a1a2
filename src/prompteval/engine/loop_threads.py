"""The executor of a run's event loop, for `asyncio.to_thread`; scorers have `Threads`, with deadlines."""

from concurrent.futures import ThreadPoolExecutor

from prompteval.engine.interruption import Stop


class LoopThreads(ThreadPoolExecutor):
    """The threads of a run's event loop: retrieval, embedding, functions of the workspace.

    A thread cannot be ended from outside. After Ctrl-C the loop ends without it, and so does the
    process (see `prompteval.__main__`).
    """

    def __init__(self, stop: Stop) -> None:
        super().__init__(thread_name_prefix="prompteval")
        self._stop = stop

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        left = self._stop.interrupted
        super().shutdown(wait=wait and not left, cancel_futures=cancel_futures or left)
