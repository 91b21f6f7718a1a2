"""A coroutine run to its end by code that is not asynchronous."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def run_to_end(work: Coroutine[object, object, T]) -> T:
    """What a coroutine gives, on an event loop of its own.

    Where this thread runs a loop already, that one waits while another thread does the work.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1, thread_name_prefix="prompteval-loop") as pool:
        return pool.submit(asyncio.run, work).result()
