"""A server for the tests of a module, and an empty schema for each test."""

from collections.abc import Iterator
from itertools import count

import pytest

from prompteval.workspace.store_place import ADDRESS_VARIABLE
from tests.postgres_server import postgres_server

_NUMBERS = count()


def address_of(server: str) -> str:
    """The address of a new, empty schema on a server."""
    import psycopg

    schema = f"test_{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    return f"{server}&options=-csearch_path%3D{schema}"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server."""
    with postgres_server() as address:
        yield address


@pytest.fixture
def address(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty schema of its own, which PROMPTEVAL_STORE_URL names too."""
    found = address_of(server)
    monkeypatch.setenv(ADDRESS_VARIABLE, found)
    return found
