"""What earlier runs stored, edited by somebody, and the commands that read it."""

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import Any

import yaml

from tests.fuzz.attempt import Attempt
from tests.fuzz.file_kinds import RUN
from tests.fuzz.mutate import hostile, is_raw, lines_mutated, mutated, spoilt, utf8, written
from tests.fuzz.oracle import CHECK_CODES, RUN_CODES
from tests.fuzz.replies import http
from tests.fuzz.server_kinds import completion, serve_profile


def baselines(on: Attempt) -> None:
    """Baselines: shown, compared with, gated by."""
    on.state()
    name = "route" if on.given else on.rng.choice(("route", "desk", "recorded", "wavering"))
    path = f"evals/baselines/{name}.json"
    text = on.text(path)
    data = on.from_corpus(".json")
    if data is None and on.rng.random() < 0.7:
        data = utf8(written(mutated(json.loads(text), on.rng, on.rng.choice((1, 2, 4)))))
    on.write(path, data or spoilt(text.encode(), on.rng))
    on.inputs += 1
    every = run_ids(on)[1]
    on.run("baseline", "show", codes=CHECK_CODES)
    on.run("compare", "baseline", every, "--min-effect=0.05", "-ox.md", codes=RUN_CODES)
    on.run("gate", every, "-q", codes=RUN_CODES)


def run_ids(on: Attempt) -> tuple[str, str]:
    """The ids of the first run and of that of every suite."""
    state = on.state() / "results.sqlite"
    with closing(sqlite3.connect(state)) as connection:
        found = connection.execute("SELECT run_id FROM runs ORDER BY run_id LIMIT 2").fetchall()
    return found[0][0], found[1][0]


def _edit(on: Attempt, path: Path) -> None:
    """A row, a schema or bytes of a database are not what they were."""
    rng = on.rng
    if rng.random() < 0.2:
        data = path.read_bytes()
        path.write_bytes(spoilt(data, rng, rng.choice((1, 3))) if rng.random() < 0.5 else _flipped(data, rng))
        return
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        table = rng.choice([name for (name,) in connection.execute(names)])
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        if rng.random() < 0.1:
            connection.execute(rng.choice(_SCHEMA).format(table=table, column=rng.choice(columns)))
            return
        rows = connection.execute(f"SELECT {','.join(columns)} FROM {table}").fetchall()
        if not rows:
            return
        row, column = rng.choice(rows), rng.randrange(len(columns))
        connection.execute("PRAGMA ignore_check_constraints = 1")
        where = " AND ".join(f"{name} IS ?" for name in columns)
        sql = f"UPDATE OR IGNORE {table} SET {columns[column]} = ? WHERE {where}"
        connection.execute(sql, (_cell(on, row[column]), *row))


_SCHEMA = (
    "DROP TABLE {table}", "ALTER TABLE {table} RENAME COLUMN {column} TO other", "PRAGMA user_version = 99",
    "PRAGMA user_version = -1", "PRAGMA application_id = 7", "CREATE TRIGGER t AFTER INSERT ON {table} BEGIN SELECT 1; END",
    "CREATE VIEW v AS SELECT * FROM {table}", "ALTER TABLE {table} ADD COLUMN more TEXT", "DELETE FROM {table}",
)  # fmt: skip


def _cell(on: Attempt, value: Any) -> Any:
    """What a column holds instead: JSON mutated where there was JSON, else anything that SQLite takes."""
    if isinstance(value, str) and value[:1] in ("{", "[") and on.rng.random() < 0.8:
        with suppress(ValueError):
            return _sql_text(written(mutated(json.loads(value), on.rng, on.rng.choice((1, 2)))))
    made = hostile(on.rng)
    whole = isinstance(made, int) and abs(made) < 2**63
    if made is None or whole or (isinstance(made, float) and not is_raw(made)):
        return made
    text = _sql_text(written(made) if is_raw(made) or not isinstance(made, str) else made)
    return text if on.rng.random() < 0.8 else text.encode()


def _sql_text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _flipped(data: bytes, rng: Random) -> bytes:
    """One bit somewhere."""
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def stores(on: Attempt) -> None:
    """Databases of results that something edited."""
    first, every = run_ids(on)
    with suppress(sqlite3.Error):  # an edit that the edit before it made impossible
        for _ in range(on.rng.choice((1, 1, 3))):
            _edit(on, on.state() / "results.sqlite")
    on.inputs += 1
    run = on.rng.choice((first, every, "last"))
    on.run("runs", codes=CHECK_CODES)
    on.run("show", run, codes=CHECK_CODES)
    on.run("show", run, "--worst=3", codes=CHECK_CODES)
    on.run("show", every, "--case=m03", codes=CHECK_CODES)
    on.run(
        "report", run, "-ox.json", "-ox.csv", "-ox.xml", "-ox.md", "-ox.html", "-ox.jsonl", codes=CHECK_CODES
    )
    on.run("gate", every, "-q", codes=RUN_CODES)
    on.run("compare", first, every, "--suite=route", "-q", codes=RUN_CODES)
    on.complete("prompteval show ", 2)


def states(on: Attempt) -> None:
    """What else lies beside the results: journals, batches, sweeps, rankings, cached replies."""
    files = sorted(path for path in on.state().rglob("*") if path.is_file() and path.name != "results.sqlite")
    path = on.rng.choice([path for path in files if path.stat().st_size])
    if path.suffix == ".sqlite":
        with suppress(sqlite3.Error):
            _edit(on, path)
    elif path.suffix == ".jsonl":
        path.write_bytes(lines_mutated(path.read_text(), on.rng))
    else:
        data = path.read_bytes()
        value = utf8(written(mutated(json.loads(data), on.rng, 2)))
        path.write_bytes(value if on.rng.random() < 0.6 else spoilt(data, on.rng))
    on.inputs += 1
    ended = {"id": "b", "object": "batch", "status": "completed", "output_file_id": "o", "metadata": {}}
    on.server.give([http(json.dumps({**completion("{}"), **ended}).encode())])
    serve_profile(on)
    for arguments in _readers(path):
        on.run(*arguments, codes=RUN_CODES)


def _readers(path: Path) -> list[tuple[str, ...]]:
    """The command lines that read a file."""
    if "sweeps" in path.parts:
        return [("rag", "sweep", "--suite=desk", "--retriever=bm25", "--size=16", "--chunker=sentence")]
    if path.name.startswith(("attempts-", "batch-")):
        return [(*RUN, "--resume-run", "-".join(path.stem.split("-")[1:]))]
    if path.name == "cache.sqlite":
        return [(*RUN, "paid", "--offline", "-ox.jsonl"), ("runs", "prune", "--keep=1", "--cache")]
    return [(*RUN, "desk")]


def indexes(on: Attempt) -> None:
    """A dense index that is kept in a directory, edited after it was written."""
    rows = [{"object": "embedding", "index": i, "embedding": [0.1 * i, 0.2, 0.3]} for i in range(3)]
    body = {"object": "list", "data": rows, "model": "e", "usage": {"prompt_tokens": 4, "total_tokens": 4}}
    on.server.give([http(json.dumps(body).encode()), http(json.dumps({**body, "data": rows[:1]}).encode())])
    serve_profile(on)
    raw = yaml.safe_load(on.text("evals/desk.yaml"))
    part = {"kind": "dense", "model": "priced", "folder": "../index"}
    raw["rag"] |= {"retriever": part, "chunker": "none", "modes": ["retrieval"]}
    raw["metrics"] = ["retrieval.recall@5"]
    del raw["prompt"], raw["gate"]
    on.write("evals/m.yaml", json.dumps(raw))
    on.run("run", "-q", "-j1", "m", codes=RUN_CODES)
    files = sorted((on.root / "index").glob("*"))
    on.inputs += 1
    if not files:
        return
    path = on.rng.choice(files)
    data = path.read_bytes()
    if path.suffix == ".json" and on.rng.random() < 0.7:
        data = utf8(written(mutated(json.loads(data), on.rng, on.rng.choice((1, 2)))))
    path.write_bytes(data if data != path.read_bytes() else spoilt(data, on.rng))
    on.run("check", "evals/m.yaml", codes=CHECK_CODES)
    on.run("run", "-q", "-j1", "m", "--no-cache", codes=RUN_CODES)
