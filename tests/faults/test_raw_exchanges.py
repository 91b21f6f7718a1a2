"""What was sent and what came back, in the page of a run: from the cache, as it was."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from typing import Any

from prompteval.report.page.schema import page_schema
from prompteval.view.access import Access
from prompteval.view.app import View
from prompteval.workspace.settings import find_workspace
from tests.faults.conftest import KEY, Live
from tests.report.reading_page import ReadPage, read_page
from tests.view.test_server import answer

Open = Callable[..., AbstractContextManager[Live]]


def page_of(workspace: Live, *arguments: str, code: int = 0) -> ReadPage:
    workspace.run("report", "last", "-o", "r.html", *arguments, code=code)
    return read_page((workspace.root / "r.html").read_text("utf-8"))


def test_the_page_has_each_request_and_reply(live: Open) -> None:
    """Messages and parameters, the reply with its tokens, and no key; `run -o` and `report` write the same."""
    with live(2) as workspace:
        workspace.run("run", "-q", "-o", "first.html", code=0)
        page = page_of(workspace)
        assert page == read_page((workspace.root / "first.html").read_text("utf-8"))
    import jsonschema

    (one,), (other,) = page.exchanges
    request, reply = json.loads(one["request"]), json.loads(one["response"])
    assert request["messages"] == [["system", "Route."], ["user", "help 0"]]
    assert request["params"] == {"max_output_tokens": 100} and json.loads(reply["text"]) == {
        "team": "support"
    }
    assert one["served_by"] == "live" and "pay 1" in other["request"] and page.cases[0]["calls"] == 1
    assert KEY not in page.texts
    schema = page_schema()
    jsonschema.validate(page.exchanges[0], {**schema["$defs"]["exchanges"], "$defs": schema["$defs"]})


def test_without_a_cache_the_calls_are_counted_and_the_rest_is_there(live: Open) -> None:
    """Nor is a reply shown that was changed after it was stored."""
    with live(1) as workspace:
        workspace.run("run", "-q", "--no-cache", code=0)
        page = page_of(workspace)
        assert page.exchanges == [[]] and page.cases[0]["calls"] == 1
        workspace.run("run", "-q", code=0)
        with closing(sqlite3.connect(workspace.root / ".prompteval/cache.sqlite")) as cache, cache:
            cache.execute("UPDATE replies SET response = replace(response, 'support', 'payments')")
        assert page_of(workspace).exchanges == [[]]


def test_a_cache_that_is_none_is_named_and_the_page_is_written(live: Open) -> None:
    """Its calls are there without their texts."""
    with live(1) as workspace:
        workspace.run("run", "-q", code=0)
        for name in ("cache.sqlite", "cache.sqlite-wal", "cache.sqlite-shm"):
            (workspace.root / ".prompteval" / name).unlink(missing_ok=True)
        (workspace.root / ".prompteval/cache.sqlite").write_bytes(b"x" * 5_000)
        _, told = workspace.run("report", "last", "-o", "r.html", code=0)
        assert "requests and replies are left out" in told and "cache.sqlite" in told
        assert page_of(workspace).exchanges == [[]]


def test_view_reads_them_when_it_is_asked(live: Open) -> None:
    """By case and repeat; the case itself is sent without them."""
    with live(1) as workspace:
        run_id = workspace.result()["run_id"]
        view = View(find_workspace(workspace.root), Access(1, "t"), read_only=True)
        place = f"/api/runs/{run_id}/{{}}?column=0&id=c0000&replicate=0"
        status, text = answer(view, place.format("exchanges"))
        found: Any = json.loads(text)
        assert status == 200 and json.loads(found[0]["request"])["messages"][1] == ["user", "help 0"]
        assert "max_output_tokens" not in answer(view, place.format("case"))[1]
        assert answer(view, place.format("exchanges").replace("c0000", "none"))[1] == "[]"
