"""Bytes that wait for the next step, counted, with a bound on them.

A count of items bounds nothing where one item may be a reply of several megabytes.
"""

import sys
import threading

from prompteval.core.observation import Observation


def text_bytes(observation: Observation) -> int:
    """The memory in bytes of the texts of an observation: the reply, and the chunks of its context."""
    size = sys.getsizeof(observation.text)
    if observation.context is not None:
        chunks = (*observation.context.kept, *(chunk for chunk, _ in observation.context.dropped))
        size += sum(sys.getsizeof(chunk.text) for chunk in chunks)
    return size


class Held:
    """How many bytes wait, of which there should be no more than `most`. Any thread may call it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = 0
        self._less = threading.Condition()

    @property
    def is_full(self) -> bool:
        """Whether nothing more should be added."""
        return self._bytes >= self._most

    def add(self, size: int) -> None:
        """So many bytes wait from now on."""
        with self._less:
            self._bytes += size

    def add_when_free(self, size: int) -> None:
        """The same, once they fit; what would never fit is added when nothing else waits."""
        with self._less:
            while self._bytes and self._bytes + size > self._most:
                self._less.wait()
            self._bytes += size

    def remove(self, size: int) -> None:
        """So many bytes wait no more."""
        with self._less:
            self._bytes -= size
            self._less.notify_all()
