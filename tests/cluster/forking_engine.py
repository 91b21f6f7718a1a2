"""Workers that are forks of the tests: the desk answers them over sockets, and they may be killed at any moment."""

import os
import random
import selectors
import signal
import socket
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from prompteval.cluster.engine import DeskSettings
from prompteval.cluster.kept_desk import KeptDesk
from prompteval.cluster.messages import pack, unpack
from prompteval.cluster.task import ShardResult, ShardTask
from prompteval.cluster.worker import run_shard
from prompteval.core.notice import Notice


def send(link: socket.socket, data: bytes) -> None:
    link.sendall(len(data).to_bytes(4, "big") + data)


def receive(link: socket.socket) -> bytes:
    """The next message; empty at the end."""
    head = link.recv(4, socket.MSG_WAITALL)
    return link.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL) if len(head) == 4 else b""


def work(link: socket.socket, task: bytes) -> None:
    warnings.simplefilter("ignore", Notice)  # a worker takes over from one that died

    async def exchange(message: bytes) -> bytes:
        send(link, message)
        return receive(link)

    result = run_shard(task, exchange, "here")
    send(link, pack({"kind": "result", "result": unpack(result)}))


@dataclass
class ForkingEngine:
    """`kills` workers die at random moments, and the shard of each is begun again, up to `retries` times.
    `on_message` sees every message before the desk does; `twice` begins two of the shards twice.
    """

    workers: int = 2
    kills: int = 0
    retries: int = 3
    rng: random.Random = field(default_factory=lambda: random.Random(0))
    on_message: Callable[[dict[str, object]], None] = lambda body: None
    twice: bool = False
    machine: str = "here"
    messages: int = 0
    killed: int = 0
    stopped: bool = False

    def __post_init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def results(self, run_id: str, desk: DeskSettings, tasks: Sequence[ShardTask]) -> Iterator[ShardResult]:
        self._desk = KeptDesk(desk)
        self._todo = deque((task, 0) for task in tasks)
        if self.twice:
            self._todo.extend((task, 0) for task in tasks[:2])
        return iter(self._next, None)

    def _next(self) -> ShardResult | None:
        """The next result; None where no shard is left."""
        while True:
            self._begin()
            if not self._running:
                return None
            for key, _ in self._selector.select(0.01):
                result = self._read(key)
                if result is not None:
                    return result
            if self.killed < self.kills and self.rng.random() < 0.25 and self._running:
                place = self.rng.randrange(self._running)
                self.killed += 1
                os.kill(list(self._selector.get_map().values())[place].data[0], signal.SIGKILL)

    @property
    def _running(self) -> int:
        return len(self._selector.get_map())

    def _begin(self) -> None:
        while self._todo and self._running < self.workers and not self.stopped:
            task, tries = self._todo.popleft()
            pid, link = self._fork(task)
            self._selector.register(link, selectors.EVENT_READ, (pid, link, task, tries))

    def _read(self, key: selectors.SelectorKey) -> ShardResult | None:
        """Answer a worker; the result of its shard where it ended."""
        pid, link, task, tries = key.data
        result = self._answer(link)
        if result is None and self.alive(pid):
            return None
        self._selector.unregister(link)
        link.close()
        if result is not None:
            os.waitpid(pid, 0)
        elif tries < self.retries:
            self._todo.appendleft((task, tries + 1))
        else:
            result = ShardResult(task.shard, error="its worker died", exit_code=3)
        return result

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        """End what still runs, as a cluster does whose driver is gone."""
        for key in list(self._selector.get_map().values()):
            pid, link, *_ = key.data
            self._selector.unregister(link)
            link.close()
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self._selector.close()

    def _fork(self, task: ShardTask) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                ours.close()
                work(theirs, task.pack())
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        theirs.close()
        return pid, ours

    def _answer(self, link: socket.socket) -> ShardResult | None:
        """Answer one message; the result where it was one."""
        try:
            data = receive(link)
        except ConnectionError:  # it was killed with an answer unread
            return None
        if not data:
            return None
        body = unpack(data)
        if body["kind"] == "result":
            return ShardResult.unpack(pack(body["result"]))
        self.messages += 1
        self.on_message(body)
        with suppress(ConnectionError):
            send(link, self._desk.answer(data))
        return None

    def alive(self, pid: int) -> bool:
        """Whether a worker is there still; one that died is waited for."""
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
