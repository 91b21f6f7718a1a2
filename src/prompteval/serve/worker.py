"""One worker: an event loop, the connections of its clients, and the prompts it answers for."""

import asyncio
import contextlib
import os
import resource
import signal
import socket
import time
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Final

import uvicorn

from prompteval.core.exit_codes import INTERRUPTED, PASS
from prompteval.engine.prediction_log import PredictionLog, open_log
from prompteval.serve.access import Access
from prompteval.serve.app import build_app
from prompteval.serve.body import HEADER_BYTES, Bodies
from prompteval.serve.connection import connection_class
from prompteval.serve.filters import Filters
from prompteval.serve.metrics import Metrics
from prompteval.serve.openapi import openapi
from prompteval.serve.options import ServeOptions
from prompteval.serve.served import Catalogue, Names
from prompteval.serve.server_log import log_as_events
from prompteval.serve.state import EventLog, WorkerState
from prompteval.serve.warming import warm
from prompteval.store.predictions import SHARED
from prompteval.workspace.settings import Workspace

RELOAD_SECONDS: Final = 30.0
COUNT_SECONDS: Final = 1.0
PARENT_SECONDS: Final = 1.0
# A signal that comes so soon after another was sent with it: to a group of processes, and by their parent.
SAME_SIGNAL_S: Final = 1.0
# Idle connections are kept for a client's next request as long as usual proxies keep theirs, and longer.
KEEP_ALIVE_SECONDS: Final = 75
_DRAIN_S: Final = 5


@dataclass(frozen=True, slots=True)
class WorkerPlace:
    """Which worker it is, from 1, of how many, and the process that supervises it, if one does.

    With `warm_first` it accepts nothing before it is ready.
    """

    number: int = 1
    of: int = 1
    supervisor: int | None = None
    warm_first: bool = False


def run_worker(
    workspace: Workspace, options: ServeOptions, listener: socket.socket, place: WorkerPlace, event: EventLog
) -> int:
    """Serve until SIGTERM or SIGINT, then drain; the exit code. Raises PromptevalError at the start."""
    _allow_many_connections()
    return asyncio.run(_Worker(workspace, options, place, event).run(listener))


class _Server(uvicorn.Server):
    """uvicorn's server, whose signals are the worker's own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Unused: the worker stops the server."""


class _Worker:
    def __init__(
        self, workspace: Workspace, options: ServeOptions, place: WorkerPlace, event: EventLog
    ) -> None:
        self._options = options
        self._place = place
        self._event = event
        self._catalogue = Catalogue(workspace, options.references, options.model, options.unpublished)
        self._state = WorkerState(
            options,
            Access.of(options),
            Bodies(options.max_body),
            Filters.load(workspace, options.filters),
            Metrics(place.number),
            self._open_log(),
            event,
        )
        self._reloading = asyncio.Lock()
        self._reloads = set[asyncio.Future[None]]()
        self._failure: Exception | None = None
        self._interrupted = False
        self._stopped = 0.0

    async def run(self, listener: socket.socket) -> int:
        state = self._state
        server = self._server()
        self._take_signals(server)
        warming = asyncio.create_task(self._warm(server))
        looking = asyncio.create_task(self._look_again())
        parent = asyncio.create_task(self._end_with_parent(server))
        counting = asyncio.create_task(self._count_log_lines())
        try:
            if self._place.warm_first:
                await warming
            if not server.should_exit:
                await server.serve(sockets=[listener])
        finally:
            tasks = (warming, looking, parent, counting)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._close(state)
        if self._failure is not None:
            raise self._failure
        return INTERRUPTED if self._interrupted else PASS

    def _server(self) -> _Server:
        log_as_events(self._event)
        config = uvicorn.Config(
            build_app(self._state).router, http=connection_class(self._state), ws="none", lifespan="off",
            log_config=None, access_log=False, server_header=False, proxy_headers=False, backlog=4096,
            timeout_keep_alive=KEEP_ALIVE_SECONDS, h11_max_incomplete_event_size=HEADER_BYTES,
            timeout_graceful_shutdown=int(self._options.timeout_s) + _DRAIN_S,
        )  # fmt: skip
        return _Server(config)

    def _take_signals(self, server: _Server) -> None:
        """Those of a supervised worker are its supervisor's: a terminal sends Ctrl-C to every process."""
        loop = asyncio.get_running_loop()
        if self._place.of > 1:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        else:
            loop.add_signal_handler(signal.SIGINT, partial(self._stop, server, signal.SIGINT))
        loop.add_signal_handler(signal.SIGTERM, partial(self._stop, server, signal.SIGTERM))
        loop.add_signal_handler(signal.SIGHUP, self._on_hangup)

    def _stop(self, server: _Server, number: signal.Signals) -> None:
        """Accept no more, let what runs end, then end; a second signal of one that is alone does not wait."""
        if server.should_exit and (self._place.of > 1 or time.monotonic() - self._stopped < SAME_SIGNAL_S):
            return
        self._stopped = time.monotonic()
        self._interrupted = number == signal.SIGINT
        server.force_exit = server.should_exit
        server.should_exit = self._state.draining = True
        self._state.metrics.ready.set(0)
        self._event(
            "stopping", {"signal": number.name, "worker": self._place.number, "running": self._state.running}
        )

    def _on_hangup(self) -> None:
        task = asyncio.ensure_future(self._reload(forced=True))
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _warm(self, server: _Server) -> None:
        """The first look; what is wrong with it ends the worker."""
        state = self._state
        try:
            names = self._catalogue.look()
            await warm(names, {}, self._event)
        except Exception as error:  # raised again once the server has ended
            self._failure, server.should_exit = error, True
            return
        self._switch(names)
        state.ready = True
        state.metrics.ready.set(1)
        found = {"worker": self._place.number, "prompts": sorted(names)}
        self._event("ready", found)

    def _switch(self, names: Names) -> None:
        """From the next request on these are served; requests that run keep what they began with."""
        self._state.openapi = openapi(names, self._options.token_env is not None)
        self._state.names = names

    async def _end_with_parent(self, server: _Server) -> None:
        """A worker whose supervisor was killed ends too, also where that was before this ran."""
        while self._place.supervisor is not None:
            if os.getppid() != self._place.supervisor:
                self._stop(server, signal.SIGTERM)
                return
            await asyncio.sleep(PARENT_SECONDS)

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(RELOAD_SECONDS)
            await self._reload(forced=False)

    async def _count_log_lines(self) -> None:
        """Whoever is asked for metrics sums what all workers have counted."""
        while self._state.log is not None:
            await asyncio.sleep(COUNT_SECONDS)
            self._state.metrics.count_log(self._state.log)

    async def _reload(self, *, forced: bool) -> None:
        """Look at prompts.lock again: loaded, warmed, then switched; as it was where something is wrong."""
        async with self._reloading:
            state = self._state
            if not state.ready or not (forced or self._catalogue.changed()):
                return
            try:
                names = self._catalogue.look()
                await warm(names, state.names, self._event)
            except Exception as error:  # a module of the team's may raise anything
                state.metrics.reloads.labels("failed").inc()
                self._event("reload_failed", {"worker": self._place.number, "error": str(error)})
                return
            moved = sorted(name for name, served in names.items() if state.names.get(name) is not served)
            gone = sorted(state.names.keys() - names.keys())
            self._switch(names)
            state.metrics.reloads.labels("done").inc()
            self._event("reloaded", {"worker": self._place.number, "changed": moved, "removed": gone})

    async def _close(self, state: WorkerState) -> None:
        state.filters.close()
        for model in self._catalogue.models():
            with contextlib.suppress(Exception):
                await model.aclose()
        if state.log is not None:
            await state.log.aclose()
            state.metrics.count_log(state.log)
        self._event("stopped", {"worker": self._place.number})

    def _open_log(self) -> PredictionLog | None:
        options, target = self._options, self._options.log
        if target is None:
            return None
        if self._place.of > 1:
            target = worker_log(target, self._place.number)
        return open_log(target, options.log_inputs, keep_s=options.keep_s, on_failure=self._on_log_failure)

    def _on_log_failure(self, error: Exception) -> None:
        self._event("log_failed", {"worker": self._place.number, "error": f"{type(error).__name__}: {error}"})


def worker_log(target: str, number: int) -> str:
    """Where one of several workers writes: FILE.1, FILE.2; other logs are shared."""
    return target if target in SHARED else f"{target}.{number}"


def _allow_many_connections() -> None:
    """As many open files as the system allows this process: a connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
