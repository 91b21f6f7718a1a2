"""`show` of a run that did not end."""

import sqlite3
from contextlib import closing
from typing import Any

from prompteval.store.hashes import RECORD, record_hash


def test_what_is_stored_of_a_run_that_did_not_end_is_shown(workspace: Any) -> None:
    """Its rows are counted, and the lines say what shows them and what continues it; JSON is refused."""
    run_id = workspace.run_json()["run_id"]
    with closing(sqlite3.connect(workspace.root / ".prompteval/results.sqlite")) as database, database:
        database.execute("UPDATE runs SET finished = NULL, verdict = NULL, exit_code = NULL, summary = NULL")
        (record,) = database.execute(f"SELECT {RECORD} FROM runs")
        database.execute("UPDATE runs SET hash = ?", (record_hash(record),))
    assert workspace.run("show", "last", code=0).stdout.splitlines() == [
        "s  route@v1  scripted/model.jsonl: 4 rows stored: 3 pass, 1 fail",
        f"show them: prompteval show {run_id} --worst 4",
        "",
        f"run {run_id}",
        f"did not end, so it has no metrics and no verdict: `prompteval run --resume-run {run_id}` continues it"
        " (exit 0)",
    ]
    assert "c4  fail" in workspace.run("show", run_id, "--worst", "4", code=0).stdout
    assert f"run {run_id} did not end" in workspace.run("show", "last", "--json", code=2).stderr
    assert "did not end" in workspace.run("gate", "last", code=2).stderr
