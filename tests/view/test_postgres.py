"""The page over a store in Postgres: history, runs, rows, cases, comparisons, and a server that is away."""

import json

import pytest

from prompteval.view.access import Access
from prompteval.view.app import View
from prompteval.workspace.store_place import ADDRESS_VARIABLE
from tests.small_workspace import Place
from tests.store.postgres_place import address as address
from tests.store.postgres_place import server as server
from tests.view.test_server import answer

pytestmark = pytest.mark.slow


def test_the_page_of_runs_in_postgres(place: Place, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every document is there; without its server the page says so in one sentence, without the password."""
    place.write("prompteval.toml", 'store = "postgres"\n')
    first, second = place.run().run_id, place.run().run_id
    view = View(place.workspace, Access(1, "t"), read_only=False)
    case = "case?column=0&id=c1&replicate=0"
    for path in ("history", *(f"runs/{first}{more}" for more in ("", "/rows", "/progress", f"/{case}"))):
        assert answer(view, f"/api/{path}")[0] == 200, path
    code, text = answer(view, f"/api/compare/{first}/{second}")
    assert code == 200 and json.loads(text)["kind"] == "comparison"
    monkeypatch.setenv(ADDRESS_VARIABLE, "postgresql://me:sEcretPassw0rd99@127.0.0.1:1/x")
    code, text = answer(view, "/api/history")
    assert code == 404 and "cannot be reached" in text and "sEcret" not in text
