"""The page that is served: its data, what it refuses, labels, a run that is running."""

import asyncio
import hashlib
import json
import shutil
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from prompteval.cli.label import label
from prompteval.core.errors import UsageError
from prompteval.core.verdict import Verdict
from prompteval.engine.stored import stored_view
from prompteval.report.page.document import run_json
from prompteval.report.page.schema import page_schema
from prompteval.store.hashes import RunContents, check_run
from prompteval.view.access import Access
from prompteval.view.app import View
from prompteval.view.documents import comparison_document, progress_of, run_columns, run_document
from prompteval.workspace.settings import Workspace
from tests.forks import shared
from tests.judging.judged_workspace import SUITE, judges
from tests.small_workspace import Place
from tests.view.conftest import Served

__all__ = ["judges"]


def answer(view: View, path: str, method: str = "GET", body: bytes = b"", **other: str) -> tuple[int, str]:
    """(status, text) of a request to a page in this process."""
    address, _, query = path.partition("?")
    headers = {"host": "127.0.0.1:1", "x-prompteval-token": "t", "content-type": "application/json"}
    headers = {**headers, **{name.replace("_", "-"): value for name, value in other.items()}}
    scope = {
        "type": "http", "method": method, "path": address, "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    sent: list[Any] = []

    first = iter([True])

    async def receive() -> dict[str, Any]:
        if not next(first, False):
            await asyncio.Event().wait()  # nobody hangs up
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(view(scope, receive, send))
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent).decode()


def test_the_data_are_those_of_the_report(served: Served, place: Place) -> None:
    """The document, its rows, one case in full, the history; the shell has none of it."""
    document = served.api(f"/runs/{served.run_id}")
    links = document.pop("links")
    jsonschema.validate(document, page_schema())
    assert document == json.loads(json.dumps(run_json(stored_view(place.workspace, served.run_id))))
    assert ["label", f"/runs/{served.run_id}/label"] in links
    (rows,) = [
        json.loads(line)
        for line in served.ask(f"/api/runs/{served.run_id}/rows", X_Prompteval_Token=served.token)[
            1
        ].splitlines()
    ]
    assert [row["id"] for row in rows] == ["c1", "c2"]
    whole = served.api(f"/runs/{served.run_id}/case?column=0&id=c2&replicate=0")
    assert {part["name"] for part in whole["parts"]} >= {"inputs", "scores", "output"}
    history = served.api("/history")
    jsonschema.validate(history, page_schema())
    assert history["sections"][0]["tables"][0]["links"] == [f"/runs/{served.run_id}"]
    code, shell = served.ask("/")
    assert code == 200 and served.run_id not in shell and served.token not in shell


def test_two_runs_are_compared(served: Served, place: Place) -> None:
    """As `compare -o x.html` does, with the rows of both sides."""
    other = place.run().run_id
    document = served.api(f"/compare/{served.run_id}/{other}")
    assert [one["side"] for one in document["columns"]] == ["a", "b"]
    lines = served.ask(f"/api/compare/{served.run_id}/{other}/rows", X_Prompteval_Token=served.token)[
        1
    ].splitlines()
    assert [(row["column"], row["id"]) for row in json.loads(lines[0])] == [
        (0, "c1"),
        (0, "c2"),
        (1, "c1"),
        (1, "c2"),
    ]
    assert (
        served.ask(f"/api/compare/{served.run_id}/20200101-000000-abcdef", X_Prompteval_Token=served.token)[0]
        == 404
    )


@pytest.mark.parametrize(
    "path", ["/runs/../../etc/passwd", "/runs/%2e%2e/%2e%2e/etc/passwd", "/runs/..%2f..%2fetc%2fpasswd", "/api/runs/%00", "/api/runs/%2e%2e/rows",
             "/runs/20260101-000000-abcdef%00", "/api/compare/x/y", "/api/nothing", "/favicon.ico", "//etc/passwd", "/api/runs/20200101-000000-abcdef"],
)  # fmt: skip
def test_s16_a_path_names_a_run_or_nothing(served: Served, path: str) -> None:
    """404, and nothing of a file."""
    code, text = served.ask(path, X_Prompteval_Token=served.token)
    assert code == 404 and "root:" not in text


def test_s15_the_server_refuses_what_is_not_its_page(served: Served) -> None:
    """Over the wire: another Host, another Origin, no token, other methods, text/plain, a WebSocket."""
    data = f"/api/runs/{served.run_id}"
    assert served.ask(data)[0] == 403
    for method in ("GET", "POST", "DELETE", "PUT", "OPTIONS"):
        assert served.ask(data, method, Host="evil.com", X_Prompteval_Token=served.token)[0] == 403
        assert served.ask(data, method, Origin="http://evil.com", X_Prompteval_Token=served.token)[0] == 403
    assert served.ask(data, "DELETE", X_Prompteval_Token=served.token)[0] == 403
    label = f"{data}/label"
    assert (
        served.ask(label, "POST", b"{}", Content_Type="text/plain", X_Prompteval_Token=served.token)[0] == 400
    )
    assert (
        served.ask(
            "/", Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Key="x", Sec_WebSocket_Version="13"
        )[0]
        == 403
    )


@pytest.mark.parametrize("path", ["/api", "/api/", "/apiary", "*", "/runs", "/api/compare"])
def test_s15_any_path_is_refused_before_it_is_read(place: Place, path: str) -> None:
    """403 for another Host, and without the token where it asks for data; 404 from the page itself."""
    view = View(place.workspace, Access(1, "t"), read_only=False)
    assert answer(view, path, host="evil.com")[0] == 403
    assert answer(view, path, origin="http://evil.com")[0] == 403
    data = path == "/api" or path.startswith("/api/")
    assert answer(view, path, x_prompteval_token="wrong")[0] == (403 if data else 404)
    assert answer(view, path)[0] == 404


def test_s17_looking_changes_nothing_in_the_store(served: Served) -> None:
    """The database is opened for reading: its bytes and its mode stay."""
    file = served.root / ".prompteval/results.sqlite"
    before = hashlib.sha256(file.read_bytes()).digest()
    for path in (
        f"/runs/{served.run_id}",
        "/history",
        f"/runs/{served.run_id}/case?column=0&id=c1&replicate=0",
    ):
        served.api(path)
    assert hashlib.sha256(file.read_bytes()).digest() == before
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_run_that_did_not_end_is_shown_as_far_as_it_is(place: Place, monkeypatch: Any) -> None:
    """Its columns from the manifest, its rows as they are; live until it ends."""
    from prompteval.store.results import SqliteStore

    finish = SqliteStore.finish_run
    seen: list[Any] = []

    def look(self: SqliteStore, run_id: str, *arguments: Any) -> None:
        self.flush()
        seen.append(
            (
                run_document(place.workspace, run_id),
                run_columns(place.workspace, run_id),
                progress_of(place.workspace, run_id),
            )
        )
        finish(self, run_id, *arguments)

    monkeypatch.setattr(SqliteStore, "finish_run", look)
    view = place.run()
    ((document, columns, progress),) = seen
    assert view.verdict is not Verdict.INCOMPLETE
    assert document["live"] and document["head"]["word"] == "running" and len(columns) == 1
    assert progress == {"ended": False, "sentence": "2 rows so far"}
    assert progress_of(place.workspace, view.run_id)["ended"]


def test_a_suite_without_a_judge_has_nothing_to_label(served: Served) -> None:
    """One sentence, no crash."""
    code, text = served.ask(f"/api/runs/{served.run_id}/sheet", X_Prompteval_Token=served.token)
    assert code == 409 and "Traceback" not in text and json.loads(text)["message"]


def test_a_run_is_checked_once_and_rows_are_counted_without(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a page looks; a record that has changed since is seen."""
    looked: list[str] = []

    def check(contents: RunContents) -> bool:
        found = contents.record()
        looked.append("" if found is None else found[0])
        return check_run(contents)

    run, view = place.run().run_id, View(place.workspace, Access(1, "t"), read_only=False)
    monkeypatch.setattr("prompteval.store.stored_runs.check_run", check)
    assert answer(view, f"/api/runs/{run}/progress")[0] == 200 and looked == []
    for path in ("", "/rows", "/case?column=0&id=c1&replicate=0", "/rows", ""):
        assert answer(view, f"/api/runs/{run}{path}")[0] == 200
    assert looked == [run]
    file = place.root / ".prompteval/results.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE runs SET verdict = 'fail' WHERE run_id = ?", (run,))
    assert answer(view, f"/api/runs/{run}")[0] == 404


def test_a_comparison_is_made_once_for_all_its_cases(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where columns and repeats are asked for in parallel; a run that was removed is gone here too."""
    made: list[str] = []

    def make(workspace: Workspace, a: str, b: str) -> Any:
        made.append(a)
        return comparison_document(workspace, a, b)

    monkeypatch.setattr("prompteval.view.comparisons.comparison_document", make)
    (a, b), view = (
        (place.run().run_id for _ in range(2)),
        View(place.workspace, Access(1, "t"), read_only=True),
    )
    paths = [f"/api/compare/{a}/{b}/case?column={n % 2}&id=c1&replicate=0" for n in range(6)]
    with ThreadPoolExecutor(6) as threads:
        codes = [
            code for code, _ in threads.map(partial(answer, view), [*paths, f"/api/compare/{a}/{b}/rows"])
        ]
    assert codes == [200] * 7 and made == [a]
    assert answer(view, f"/api/compare/{a}/{b}")[0] == 200
    with closing(sqlite3.connect(place.root / ".prompteval/results.sqlite")) as connection, connection:
        connection.execute("DELETE FROM runs WHERE run_id = ?", (b,))
    assert answer(view, paths[0])[0] == answer(view, f"/api/compare/{a}/{b}")[0] == 404


def test_a_user_without_a_name_is_told_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose user id has no entry: the sheet answers 409, a label 400, `label` as every mistake."""

    def unknown(_: int) -> None:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("pwd.getpwuid", unknown)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    run, view = place.run().run_id, View(place.workspace, Access(1, "t"), read_only=False)
    told = '{"message":"no user name; set USER or name --annotator"}'
    assert answer(view, f"/api/runs/{run}/sheet") == (409, told)
    assert answer(view, f"/api/runs/{run}/label", "POST", b'{"place": 0, "label": "yes"}') == (400, told)
    monkeypatch.chdir(place.root)
    with pytest.raises(UsageError, match="no user name"):
        label([run])


def test_a_label_that_cannot_be_written_says_where_and_why(
    judges: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file where a directory must be, or a device that is full: 409 and 400, and the fix on the command line."""
    judges.write(
        "evals/judged.yaml",
        f"{SUITE}judges:\n  judge_correct: {{labels: judges/c.labels.jsonl, calibration: judges/c.json}}\n",
    )
    run = judges.run(suites=("judged",)).run_id
    view = View(judges.workspace, Access(1, "t"), read_only=False)
    with monkeypatch.context() as patch:
        patch.setattr("prompteval.engine.labelling.file_to_write", lambda *_: Path("/dev/full"))
        code, text = answer(view, f"/api/runs/{run}/label", "POST", b'{"place": 0, "label": "1"}')
        assert code == 400 and "labels.jsonl: No space left" in text
    shutil.rmtree(judges.root / "evals/judges")
    judges.write("evals/judges", "")
    code, text = answer(view, f"/api/runs/{run}/sheet")
    assert code == 409 and f"{judges.root}/evals/judges: File exists" in text
    assert answer(view, f"/api/runs/{run}/label", "POST", b'{"place": 0, "label": "1"}')[0] == 400
    done = shared().run(judges.root, "label", "last")
    assert done.code == 2 and "File exists (`prompteval label -o FILE` keeps them elsewhere)" in done.stderr


@pytest.mark.parametrize("served", [("--read-only",)], indirect=True)
def test_read_only_takes_no_label(served: Served) -> None:
    """Neither the sheet nor a label, with the token."""
    headers = {"Content_Type": "application/json", "X_Prompteval_Token": served.token}
    code, text = served.ask(
        f"/api/runs/{served.run_id}/label", "POST", b'{"place": 0, "label": "yes"}', **headers
    )
    assert code == 403 and "--read-only" in text
