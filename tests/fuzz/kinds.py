"""Every kind of input from outside, mutated and given to the commands that read it."""

import csv
import io
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml

from tests.fuzz.arguments import command_line
from tests.fuzz.attempt import Attempt, Kind
from tests.fuzz.mutate import hostile, lines_mutated, mutated, spoilt, written
from tests.fuzz.oracle import CHECK_CODES, RUN_CODES
from tests.fuzz.replies import http

CORPUS = Path(__file__).parent / "corpus"
# So many inputs go into one workspace where one command line reads them all.
TOGETHER = 10
CALLS = 40
SUITES = ("route", "paid", "wavering", "recorded", "desk", "failing")
QUIET = ("run", "-q", "-j4")


def _few_cases(on: Attempt) -> None:
    """A run of few cases is over soon."""
    on.write("datasets/route.jsonl", "\n".join(on.text("datasets/route.jsonl").split("\n")[:6]) + "\n")


def _suite(on: Attempt, name: str) -> dict[str, Any]:
    """A suite as values, most often without the metrics that resample."""
    raw: dict[str, Any] = yaml.safe_load(on.text(f"evals/{name}.yaml"))
    if on.rng.random() < 0.8 and name == "route":
        raw |= {"metrics": ["accuracy", "per_class"], "references": ["majority"], "models": raw["models"][:1]}
        raw["gate"] = raw["gate"][:1]
    return raw


def suites(on: Attempt) -> None:
    """Suite files, some of values and some of bytes; what `check` lets pass is run."""
    _few_cases(on)
    names = []
    for i in range(TOGETHER):
        name = on.rng.choice(SUITES)
        if on.rng.random() < 0.7:
            value = mutated(_suite(on, name), on.rng, on.rng.choice((1, 1, 2, 3)))
            data = written(value).encode("utf-8", "surrogatepass")
        else:
            data = spoilt(on.text(f"evals/{name}.yaml").encode(), on.rng)
        on.write(f"evals/m{i}.yaml", data)
        names.append(f"m{i}")
    on.server.give([http(b"{}")])
    on.inputs += len(names)
    sound = on.sound_suites(names)
    if sound:
        on.run(*QUIET, *sound, "-ox.csv", "-ox.xml", "-ox.md", "-ox.html", codes=RUN_CODES)


def _case_suites(on: Attempt, *files: tuple[str, str]) -> None:
    """A suite for each (suite, file): checked, then run."""
    names = []
    for i, (suite, path) in enumerate(files):
        raw = _suite(on, suite)
        raw["cases"] = f"../{path}"
        raw.pop("gate", None)
        on.write(f"evals/m{i}.yaml", written(raw))
        names.append(f"m{i}")
    on.inputs += len(names)
    sound = on.sound_suites(names)
    if sound:
        on.run(*QUIET, *sound, "-ox.jsonl", "-ox.xml", "-ox.html", codes=RUN_CODES)


def cases(on: Attempt) -> None:
    """JSON lines and YAML of cases: for a prompt, for retrieval, for recorded outputs."""
    sources = (("route", "route.jsonl"), ("desk", "desk.jsonl"), ("recorded", "free.yaml"))
    _few_cases(on)
    files = []
    for i in range(TOGETHER):
        suite, name = on.rng.choice(sources)
        text = on.text(f"datasets/{name}")
        if name.endswith("yaml"):
            data = written(mutated(yaml.safe_load(text), on.rng, 2)).encode("utf-8", "surrogatepass")
            data = data if on.rng.random() < 0.6 else spoilt(text.encode(), on.rng)
        else:
            data = lines_mutated(text, on.rng)
        path = f"datasets/m{i}.{name.rpartition('.')[2]}"
        on.write(path, data)
        files.append((suite, path))
    _case_suites(on, *files)


def tables(on: Attempt) -> None:
    """CSV files of cases."""
    files = []
    for i in range(TOGETHER):
        rows = list(csv.reader(io.StringIO(on.text("datasets/minutes.csv"))))
        for _ in range(on.rng.choice((1, 2, 4))):
            row = on.rng.choice(rows)
            value = hostile(on.rng)
            row[on.rng.randrange(len(row))] = value if isinstance(value, str) and "@raw@" not in value else json.dumps(value)[:400]
        made = io.StringIO()
        csv.writer(made, delimiter=on.rng.choice(",,,;\t")).writerows(rows)
        data = made.getvalue().encode("utf-8", "surrogatepass")
        on.write(f"datasets/m{i}.csv", data if on.rng.random() < 0.6 else spoilt(data, on.rng))
        files.append(("wavering", f"datasets/m{i}.csv"))
    _case_suites(on, *files)


def outputs(on: Attempt) -> None:
    """Recorded outputs."""
    names = []
    for i in range(TOGETHER):
        on.write(f"datasets/m{i}.jsonl", lines_mutated(on.text("datasets/recorded.jsonl"), on.rng))
        raw = yaml.safe_load(on.text("evals/recorded.yaml"))
        raw["outputs"] = f"../datasets/m{i}.jsonl"
        on.write(f"evals/m{i}.yaml", written(raw))
        names.append(f"m{i}")
    on.inputs += len(names)
    sound = on.sound_suites(names)
    if sound:
        on.run(*QUIET, *sound, "-ox.jsonl", "-ox.csv", "-ox.xml", "-ox.md", "-ox.html", codes=RUN_CODES)


def recordings(on: Attempt) -> None:
    """Recordings that are replayed, and that a run goes on with."""
    on.write("recordings/m.jsonl", lines_mutated(on.text("recordings/paid.jsonl"), on.rng))
    on.inputs += 1
    on.run(*QUIET, "paid", "--replay", "recordings/m.jsonl", "-ox.jsonl", "-ox.html", codes=RUN_CODES)


def scripts(on: Attempt) -> None:
    """Rules of a scripted model."""
    on.write("models/good.jsonl", lines_mutated(on.text("models/good.jsonl"), on.rng))
    on.inputs += 1
    on.run(*QUIET, "route", "--model", "scripted/models/good.jsonl", "--no-cache", codes=RUN_CODES)


def baselines(on: Attempt) -> None:
    """Baselines: shown, compared with, gated by."""
    on.state()
    name = on.rng.choice(("route", "desk", "recorded", "wavering"))
    path = f"evals/baselines/{name}.json"
    text = on.text(path)
    if on.rng.random() < 0.7:
        on.write(path, written(mutated(json.loads(text), on.rng, on.rng.choice((1, 2, 4)))))
    else:
        on.write(path, spoilt(text.encode(), on.rng))
    on.inputs += 1
    every = _runs(on)[1]
    on.run("baseline", "show", codes=CHECK_CODES)
    on.run("compare", "baseline", every, "--min-effect=0.05", "-ox.md", codes=RUN_CODES)
    on.run("gate", every, "-q", codes=RUN_CODES)


def locks(on: Attempt) -> None:
    """The lock of published prompts."""
    text = on.text("prompts/prompts.lock")
    data = written(mutated(json.loads(text), on.rng, 2)) if on.rng.random() < 0.6 else spoilt(text.encode(), on.rng)
    on.write("prompts/prompts.lock", data)
    on.inputs += 1
    on.run("lock", "--check", codes=CHECK_CODES)
    on.run("check", "prompts", codes=CHECK_CODES)
    on.run("lock", codes=CHECK_CODES)


def _runs(on: Attempt) -> tuple[str, str]:
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
    rng = on.rng
    if isinstance(value, str) and value[:1] in "{[" and rng.random() < 0.8:
        try:
            return written(mutated(json.loads(value), rng, rng.choice((1, 2)))).encode("utf-8", "backslashreplace").decode()
        except ValueError:
            pass
    made = hostile(rng)
    fits = made is None or isinstance(made, float | str) or (isinstance(made, int) and abs(made) < 2**63)
    if not fits:
        made = written(made)
    made = made.encode("utf-8", "backslashreplace") if isinstance(made, str) else made
    return made.decode() if isinstance(made, bytes) and rng.random() < 0.8 else made


def _flipped(data: bytes, rng: Any) -> bytes:
    """One bit somewhere."""
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def stores(on: Attempt) -> None:
    """Databases of results that something edited."""
    first, every = _runs(on)
    for _ in range(on.rng.choice((1, 1, 3))):
        try:
            _edit(on, on.state() / "results.sqlite")
        except sqlite3.Error:
            break
    on.inputs += 1
    run = on.rng.choice((first, every, "last"))
    on.run("runs", codes=CHECK_CODES)
    on.run("show", run, codes=CHECK_CODES)
    on.run("show", run, "--worst=3", codes=CHECK_CODES)
    on.run("show", every, "--case=m03", codes=CHECK_CODES)
    on.run("report", run, "-ox.json", "-ox.csv", "-ox.xml", "-ox.md", "-ox.html", "-ox.jsonl", codes=CHECK_CODES)
    on.run("gate", every, "-q", codes=RUN_CODES)
    on.run("compare", first, every, "--suite=route", "-q", codes=RUN_CODES)


def states(on: Attempt) -> None:
    """What else lies beside the results: journals, batches, sweeps, rankings, cached replies."""
    state = on.state()
    files = sorted(path for path in state.rglob("*") if path.is_file() and path.name != "results.sqlite")
    path = on.rng.choice(files)
    if path.suffix == ".sqlite":
        try:
            _edit(on, path)
        except sqlite3.Error:
            return
    elif path.suffix == ".jsonl":
        path.write_bytes(lines_mutated(path.read_text(), on.rng))
    else:
        data = path.read_bytes()
        new = spoilt(data, on.rng)
        path.write_bytes(new if on.rng.random() < 0.4 else written(mutated(json.loads(data), on.rng, 2)).encode())
    on.inputs += 1
    ended = {"id": "b", "object": "batch", "status": "completed", "output_file_id": "o", "metadata": {}}
    on.server.give([http(json.dumps({**_completion("{}"), **ended}).encode())])
    _serve_profile(on)
    if path.suffix == ".json" and "sweeps" in path.parts:
        sweep = ("--suite=desk", "--retriever=bm25", "--size=16", "--chunker=sentence")
        on.run("rag", "sweep", *sweep, codes=RUN_CODES)
    elif path.name.startswith(("attempts-", "batch-")):
        on.run(*QUIET, "--resume-run", "-".join(path.stem.split("-")[1:]), codes=RUN_CODES)
    elif path.name == "cache.sqlite":
        on.run(*QUIET, "paid", "--offline", "-ox.jsonl", codes=RUN_CODES)
        on.run("runs", "prune", "--keep=1", "--cache", codes=CHECK_CODES)
    else:
        on.run(*QUIET, "desk", codes=RUN_CODES)


def _serve_profile(on: Attempt, **more: Any) -> None:
    """The profile `priced` asks the hostile server, once and not long."""
    values = {"model": "fake-large", "base_url": on.server.url, "api_key_env": "FIXTURE_KEY", "max_attempts": 1}
    values |= {"timeout_s": 5, **more}
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    default = 'default_model = "scripted/models/good.jsonl"'
    on.write("prompteval.toml", "\n".join([default, "[models.priced]", *lines]) + "\n")


def _completion(text: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text, "refusal": None},
              "logprobs": {"content": [{"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": []}]}}  # fmt: skip
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12, "prompt_tokens_details": {"cached_tokens": 1}}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "fake-large", "choices": [choice], "usage": usage,
            "system_fingerprint": "fp"}  # fmt: skip


_ERROR = {"error": {"message": "slow down", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
_STATUSES = ("200 OK", "200 OK", "200 OK", "201 X", "204 No Content", "400 Bad", "401 No", "403 No", "404 No", "429 Slow",
             "500 Oops", "503 Busy", "307 Elsewhere", "999 What", "101 Switching")  # fmt: skip
_HEADERS = ("Retry-After: 9e999", "Retry-After: -1", "retry-after-ms: NaN", "Content-Encoding: gzip", "Content-Encoding: br",
            "Transfer-Encoding: chunked", "Location: http://127.0.0.1:9/", "X-Request-Id: \x1b[31m", "Content-Length: 3",
            "x-ratelimit-remaining-tokens: x", "Content-Type: text/html; charset=klingon", "Set-Cookie: a=b")  # fmt: skip


def _answer(on: Attempt, whole: Mapping[str, Any]) -> bytes:
    """An HTTP answer, mutated in its values, its head or its bytes."""
    rng = on.rng
    text = rng.choice(('{"team": "payments"}', written(mutated({"team": "payments"}, rng)), str(hostile(rng))))
    body = written(mutated({**whole, **(_completion(text) if "choices" in whole else {})}, rng, rng.choice((0, 1, 2))))
    data = body.encode("utf-8", "surrogatepass")
    data = spoilt(data, rng) if rng.random() < 0.15 else data
    status = rng.choice(_STATUSES) if rng.random() < 0.3 else "200 OK"
    if not status.startswith("2") and rng.random() < 0.7:
        data = written(mutated(_ERROR, rng, rng.choice((0, 1, 2)))).encode("utf-8", "surrogatepass")
    answer = http(data, status, *rng.sample(_HEADERS, rng.choice((0, 0, 0, 1))))
    return spoilt(answer, rng) if rng.random() < 0.05 else answer


def _many_cases(on: Attempt) -> None:
    """A case for each answer."""
    case = {"inputs": {"message": "x"}, "expected": {"team": "payments"}}
    lines = [json.dumps({"id": f"c{i}", **case}) for i in range(CALLS)]
    on.write("datasets/route.jsonl", "\n".join(lines) + "\n")


def replies(on: Attempt) -> None:
    """Answers of a chat server: cases end in errors, the run goes on."""
    answers = [_answer(on, _completion("")) for _ in range(CALLS)]
    on.server.give(answers)
    _serve_profile(on)
    _many_cases(on)
    on.inputs += len(answers)
    on.run("run", "-q", "-j1", "paid", "--max-wait=0", "-ox.jsonl", "-ox.xml", "-ox.md", "-ox.html", codes=RUN_CODES)
    on.run("show", "last", "--worst=5", codes=CHECK_CODES)


def endpoints(on: Attempt) -> None:
    """Answers of an application behind a URL."""
    answers = [_answer(on, {"reply": {"team": "payments"}, "usage": {}}) for _ in range(CALLS)]
    on.server.give(answers)
    _many_cases(on)
    suite = {"endpoint": {"url": on.server.url, "output": on.rng.choice(("", "reply", "reply.team"))},
             "cases": "../datasets/route.jsonl", "scorers": ["normalised"]}  # fmt: skip
    on.write("evals/m.yaml", json.dumps(suite))
    on.inputs += len(answers)
    on.run("run", "-q", "-j1", "m", "-ox.jsonl", "-ox.csv", "-ox.md", codes=RUN_CODES)


def retrievers(on: Attempt) -> None:
    """Answers of a retriever, and of a server of embeddings."""
    if on.rng.random() < 0.5:
        whole: dict[str, Any] = {"hits": [{"id": "apples.md", "score": 1.5}, {"id": "pears.md", "score": 0.5}]}
        part: Any = {"endpoint": on.server.url, "timeout_s": 5}
    else:
        rows = [{"object": "embedding", "index": i, "embedding": [0.1 * i, 0.2, 0.3]} for i in range(on.rng.choice((1, 3)))]
        whole = {"object": "list", "data": rows, "model": "e", "usage": {"prompt_tokens": 4, "total_tokens": 4}}
        part = {"kind": "dense", "model": "priced"}
    answers = [_answer(on, whole) for _ in range(8)]
    on.server.give(answers)
    _serve_profile(on)
    raw = yaml.safe_load(on.text("evals/desk.yaml"))
    raw["rag"] |= {"retriever": part, "chunker": "none", "modes": ["retrieval"]}
    raw |= {"metrics": ["retrieval.recall@5"], "gate": []}
    del raw["prompt"]
    on.write("evals/m.yaml", json.dumps(raw))
    on.inputs += len(answers)
    on.run("run", "-q", "-j1", "m", "-ox.md", codes=RUN_CODES)


def batches(on: Attempt) -> None:
    """Answers of a Batch API."""
    batch = {"id": "b", "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": "f", "status": "completed",
             "completion_window": "24h", "created_at": 1, "output_file_id": "o", "error_file_id": None,
             "request_counts": {"total": 18, "completed": 18, "failed": 0}, "metadata": {}}  # fmt: skip
    file = {"id": "f", "object": "file", "bytes": 1, "created_at": 1, "filename": "x", "purpose": "batch", "status": "processed"}
    line = {"id": "r", "custom_id": "0", "response": {"status_code": 200, "request_id": "q", "body": _completion("{}")}, "error": None}
    listed = {"object": "list", "data": [], "has_more": False}
    lines = "\n".join(json.dumps({**line, "custom_id": str(i)}) for i in range(18))
    rng = on.rng
    wholes: list[bytes] = [json.dumps(whole).encode() for whole in (listed, file, batch, batch)]
    wholes.append(lines_mutated(lines, rng))
    spoils = rng.randrange(5)
    if spoils < 4:
        value = mutated((listed, file, batch, batch)[spoils], rng, rng.choice((1, 2)))
        wholes[spoils] = written(value).encode("utf-8", "surrogatepass")
    on.server.give([http(whole) for whole in wholes])
    _serve_profile(on)
    on.inputs += 1
    on.run("run", "-q", "paid", "--batch", "--no-cache", codes=RUN_CODES)


def documents(on: Attempt) -> None:
    """Documents of a corpus: Markdown, text, HTML, PDF, JSON lines."""
    seeds = sorted((CORPUS / "documents").iterdir())
    for i in range(TOGETHER):
        seed = on.rng.choice(seeds)
        data = spoilt(seed.read_bytes(), on.rng, on.rng.choice((0, 1, 2, 5)))
        on.write(f"datasets/docs/m{i}{seed.suffix}", data)
    on.inputs += TOGETHER
    on.run("check", "evals/desk.yaml", codes=CHECK_CODES)
    on.run("rag", "search", "How many apples are in a crate?", "--suite=desk", codes=RUN_CODES)


def settings(on: Attempt) -> None:
    """The settings file."""
    text = on.text("prompteval.toml")
    rng = on.rng
    if rng.random() < 0.4:
        data = spoilt(text.encode(), rng, rng.choice((1, 2)))
    else:
        lines = [line for line in text.splitlines() if line]
        i = rng.randrange(len(lines))
        name = lines[i].partition("=")[0] if "=" in lines[i] else rng.choice(("store", "default_model", "x", "models"))
        lines[i] = f"{name} = {_toml(hostile(rng))}"
        data = "\n".join(lines).encode("utf-8", "surrogatepass")
    on.write("prompteval.toml", data)
    on.inputs += 1
    on.server.give([http(b"{}")])
    on.run("check", codes=CHECK_CODES)
    on.run("list", codes=CHECK_CODES | {5})
    if b"47113" not in data or rng.random() < 0.3:
        on.run(*QUIET, "paid", "--max-wait=0", "--limit=1", codes=RUN_CODES)


def _toml(value: Any) -> str:
    text = written(value)
    return text.replace(": ", " = ") if text.startswith("{") else text


def trec(on: Attempt) -> None:
    """Judgments and runs of TREC."""
    qrels = "".join(f"q{i} 0 d{j} {(i + j) % 3}\n" for i in range(3) for j in range(3))
    run = "".join(f"q{i} Q0 d{j} {j + 1} {1.5 - j} tag\n" for i in range(3) for j in range(3))
    texts = [qrels.encode(), run.encode()]
    which = on.rng.randrange(2)
    cells = texts[which].split(b" ")
    if on.rng.random() < 0.5:
        value = hostile(on.rng)
        told = value if isinstance(value, str) and "@raw@" not in value else written(value)
        cells[on.rng.randrange(len(cells))] = told.encode("utf-8", "surrogatepass")[:5000]
        texts[which] = b" ".join(cells)
    else:
        texts[which] = spoilt(texts[which], on.rng, 2)
    on.write("q.txt", texts[0])
    on.write("r.txt", texts[1])
    on.inputs += 1
    on.run("trec", "q.txt", "r.txt", codes=CHECK_CODES)
    on.run("trec", "q.txt", "r.txt", "--per-query", "--json", codes=CHECK_CODES)


def templates(on: Attempt) -> None:
    """Templates of prompts, in a file beside the module."""
    seed = "{% for p in context %}[{{ p.n }}] {{ p.title }}\n{{ p.text | upper }}{% if p.n > 1 %}x{% endif %}\n{% endfor %}Question: {{ question }}"
    path = "prompts/answer/v1.py"
    module = on.text(path)
    start = module.index("messages=[")
    on.write(path, module[:start] + 'messages=[user(file="q.j2")])\n')
    on.write("prompts/answer/q.j2", spoilt(seed.encode(), on.rng, on.rng.choice((1, 2, 4))))
    on.inputs += 1
    on.run("check", "prompts/answer", codes=CHECK_CODES)
    on.run(*QUIET, "desk", codes=RUN_CODES)


def arguments(on: Attempt) -> None:
    """Arguments of every verb."""
    on.state()
    on.server.give([http(b"{}")])
    for _ in range(4):
        on.inputs += 1
        on.run(*command_line(on.rng), codes=RUN_CODES)


KINDS: Mapping[str, Kind] = {
    kind.__name__: kind
    for kind in (
        suites, cases, tables, outputs, recordings, scripts, baselines, locks, stores, states, replies, endpoints,
        retrievers, batches, documents, settings, trec, templates, arguments,
    )
}  # fmt: skip
