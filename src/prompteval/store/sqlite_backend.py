"""Results and cached replies in files of SQLite."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from prompteval.store.cache import SqliteCache
from prompteval.store.exchanges import ReadExchange, stored_exchanges
from prompteval.store.journal import unheld_journal
from prompteval.store.protocol import Checked, StoreSizes
from prompteval.store.pruning import database_bytes, delete_replies, delete_runs
from prompteval.store.results import SqliteStore
from prompteval.store.run_files import may_have_files


class SqliteBackend:
    """See `Backend`: a file of results, and the directory of the workspace's cache and journals."""

    def __init__(self, results: Path, directory: Path) -> None:
        self._results = results
        self._directory = directory

    @property
    def place(self) -> str:
        return str(self._results)

    def open(self, *, readonly: bool = False, checked: Checked | None = None) -> SqliteStore:
        return SqliteStore.open(self._results, readonly=readonly, checked=checked)

    def open_cache(self) -> SqliteCache:
        return SqliteCache.open(self._cache)

    def has_cache(self) -> bool:
        return self._cache.exists()

    def exchanges(self) -> AbstractContextManager[ReadExchange]:
        return stored_exchanges(self._cache)

    def sizes(self) -> StoreSizes:
        return StoreSizes(database_bytes(self._results), database_bytes(self._cache))

    def delete_runs(self, run_ids: Sequence[str]) -> set[str]:
        if not run_ids:
            return set()
        with ExitStack() as held:  # all of them before any goes
            journals = [
                held.enter_context(unheld_journal(self._directory, run_id))
                for run_id in filter(may_have_files, run_ids)
            ]
            found = delete_runs(self._results, run_ids)
            for path in journals:
                path.unlink(missing_ok=True)
        return found

    def delete_replies(self, before_day: int | None) -> int:
        return delete_replies(self._cache, before_day) if self._cache.exists() else 0

    @property
    def _cache(self) -> Path:
        return self._directory / "cache.sqlite"
