"""The kind of store that a place has."""

from pathlib import Path

from prompteval.store.protocol import Backend
from prompteval.store.sqlite_backend import SqliteBackend
from prompteval.workspace.store_place import StorePlace


def open_backend(place: StorePlace, directory: Path) -> Backend:
    """The results and replies at a place; `directory` is the workspace's own, for what is kept in files.

    Nothing is opened yet, and no package of a store is needed before.
    """
    if place.file is None:
        from prompteval.store.postgres.backend import PostgresBackend

        return PostgresBackend()
    return SqliteBackend(place.file, directory)
