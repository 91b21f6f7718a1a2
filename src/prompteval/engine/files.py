"""What a run holds open: the store, the cache, a recording, the journal of attempts."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prompteval.core.errors import PromptevalError, StoreError, UsageError
from prompteval.core.exit_codes import INCOMPLETE
from prompteval.core.observation import Row
from prompteval.engine.batch_mode import BatchDirectory
from prompteval.engine.stored import backend
from prompteval.plan.run_options import RunOptions
from prompteval.providers.recording import Recorder
from prompteval.store.blob_cache import SqliteBlobCache
from prompteval.store.protocol import ReplyCache, ResultsStore, RunJournal
from prompteval.store.run_files import run_path
from prompteval.workspace.committed import warn_of_committed
from prompteval.workspace.safe_paths import STATE_DIR, bounds_of
from prompteval.workspace.settings import STORE_VARIABLE, Workspace
from prompteval.workspace.store_place import RESULTS


class RunBroken(PromptevalError):
    """The store could not be written during a run; what was finished before is kept."""

    exit_code = INCOMPLETE

    def __init__(self, run_id: str, error: StoreError, hint: str) -> None:
        super().__init__(f"{error}; run {run_id} stopped, and {hint}")
        self.run_id = run_id


class NetworkForbidden(PromptevalError):
    """A connection was tried under --offline."""


class Files:
    """The open files of a run."""

    def __init__(
        self, directory: Path, store: ResultsStore, cache: ReplyCache | None, recorder: Recorder | None
    ) -> None:
        self._directory = directory
        self._journal: RunJournal | None = None
        self._vectors: SqliteBlobCache | None = None
        self.batches: BatchDirectory | None = None
        self.store = store
        self.cache = cache
        self.recorder = recorder

    def drop_cache(self) -> None:
        """Neither read nor write it from now on: the run that continues was begun so."""
        if self.cache is not None:
            self.cache.close()
            self.cache = None

    def vectors(self) -> SqliteBlobCache | None:
        """The cache of embeddings and rankings, opened when first wanted; None under --no-cache."""
        if self._vectors is None and self.cache is not None:
            self._vectors = SqliteBlobCache.open(self._directory / "vectors.sqlite")
        return self._vectors

    def open_journal(self, run_id: str) -> RunJournal:
        """The journal of a run; what a killed process left in it is stored first.

        Raises UsageError when another process runs it.
        """
        self._journal = self.store.open_journal(run_id, self._directory)
        return self._journal

    def finish_journal(self) -> None:
        """Return when what the journal holds is in the store."""
        if self._journal is not None:
            self._journal.finish()

    def open_batches(self, run_id: str) -> BatchDirectory:
        """What the run has sent by batch, and what came back."""
        sent = self.store.sent_batches(run_id, self._directory)
        self.batches = BatchDirectory(self._directory, run_id, sent)
        return self.batches

    def close_batches(self, *, remove: bool) -> None:
        """Close it; `remove` it when the run is complete."""
        if self.batches is not None:
            self.batches.close(remove=remove)
            self.batches = None

    def record_again(self, row: Row) -> int:
        """Record the replies of an earlier part of the run; returns how many replies are not known."""
        if self.recorder is None:
            return 0
        unknown = 0
        for call in row.observation.calls:
            if call.key in self.recorder:
                continue
            found = self.cache.exchange(call.key) if self.cache is not None else None
            if found is None:
                unknown += 1
            else:
                self.recorder.add_stored(call.key, *found)
        return unknown

    def close(self) -> None:
        """Commit and close everything, the rest too when one fails."""
        if self._journal is not None:
            self._journal.release()
        self.close_batches(remove=False)
        for file in (self.cache, self._vectors, self.store, self.recorder):
            if file is not None:
                file.close()


@contextmanager
def opened(workspace: Workspace, options: RunOptions) -> Iterator[Files]:
    """The files of a run, closed at its end. An error of the run counts before one of the closing."""
    warn_of_committed(workspace)
    recorder = _recorder(workspace, options)
    state = workspace.state_dir()
    place = backend(workspace)
    store = place.open()
    cache = place.open_cache() if options.cache else None
    files = Files(state, store, cache, recorder)
    try:
        yield files
    except BaseException:
        with suppress(StoreError):
            files.close()
        raise
    files.close()


def _recorder(workspace: Workspace, options: RunOptions) -> Recorder | None:
    path = options.record
    if path is None:
        return None
    return Recorder(path, within=bounds_of(workspace.root, path), continued=options.resume is not None)


def run_directory(state: Path, run_id: str) -> Path:
    """Where the shards of a run on a cluster lie until they are merged. Raises StoreError as `run_path`."""
    return run_path(state / "cluster", run_id)


def forbid_network(workspace: Workspace) -> None:
    """Refuse every connection of this process, for good: an audit hook cannot be taken back.

    Raises UsageError where the results are in Postgres, which libpq would connect to unseen by the hook.
    """
    if workspace.store_place().is_shared:
        fix = f"{STORE_VARIABLE}={STATE_DIR}/{RESULTS} keeps the results of this run in a file"
        raise UsageError("--offline refuses connections, and the store is Postgres", fix)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            raise NetworkForbidden(f"--offline: a connection to {arguments[-1]!r} was refused")

    sys.addaudithook(hook)
