"""A function over pieces of work, in several worker processes at once."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from prompteval.isolate.worker import Worker


def over_pieces(
    function: str, pieces: Sequence[Sequence[object]], *, workers: int, timeout_s: float
) -> Iterator[Any]:
    """The results of `module:function` over the arguments of each piece, in the order of the pieces.

    Each of `workers` processes runs one piece at a time; arguments and results are JSON values. Raises what
    `Worker.call` raises; every process has ended when the iteration has.
    """
    started = [Worker() for _ in range(min(workers, len(pieces)))]
    free = list(started)

    def run(arguments: Sequence[object]) -> object:
        worker = free.pop()  # as many threads as workers: one is always there
        try:
            return worker.call(function, *arguments, timeout_s=timeout_s)
        finally:
            free.append(worker)

    if not started:
        return
    with ThreadPoolExecutor(len(started)) as threads:
        try:
            yield from threads.map(run, pieces)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for worker in started:
                worker.close()
