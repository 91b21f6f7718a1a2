"""Files of a workspace, mutated and given to the commands that read them."""

import csv
import io
import json
from typing import Any

import yaml

from tests.fuzz.attempt import CORPUS, SERVED, Attempt
from tests.fuzz.mutate import hostile, is_raw, lines_mutated, mutated, spoilt, utf8, written
from tests.fuzz.oracle import CHECK_CODES, RUN_CODES
from tests.fuzz.replies import http

# So many inputs go into one workspace where one command line reads them all.
TOGETHER = 10
SUITES = ("route", "paid", "wavering", "recorded", "desk", "failing")
RUN = ("run", "-q", "-j4")


def suites(on: Attempt) -> None:
    """Suite files, some of values and some of bytes; what `check` lets pass is run."""
    _few_cases(on)
    names = []
    for i in range(on.times(TOGETHER)):
        name = on.rng.choice(SUITES)
        data = on.from_corpus(".yaml")
        if data is None and on.rng.random() < 0.7:
            data = utf8(written(mutated(_suite(on, name), on.rng, on.rng.choice((1, 1, 2, 3)))))
        on.write(f"evals/m{i}.yaml", data or spoilt(on.text(f"evals/{name}.yaml").encode(), on.rng))
        names.append(f"m{i}")
    on.server.give([http(b"{}")])
    _check_and_run(on, names, ".csv", ".xml", ".md", ".html")


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


def _check_and_run(on: Attempt, names: list[str], *endings: str) -> None:
    on.inputs += len(names)
    sound = on.sound_suites(names)
    if sound:
        on.run(*RUN, *sound, *(f"-ox{ending}" for ending in endings), codes=RUN_CODES)


def _case_files(on: Attempt, *files: tuple[str, str]) -> None:
    """A suite for each (suite, case file): checked, then run."""
    names = []
    for i, (suite, path) in enumerate(files):
        raw = _suite(on, suite) | {"cases": f"../{path}"}
        raw.pop("gate", None)
        on.write(f"evals/m{i}.yaml", written(raw))
        names.append(f"m{i}")
    _check_and_run(on, names, ".jsonl", ".xml", ".html")


def cases(on: Attempt) -> None:
    """JSON lines and YAML of cases: for a prompt, for retrieval, for recorded outputs."""
    _few_cases(on)
    sources = {"route": "route.jsonl", "desk": "desk.jsonl", "recorded": "free.yaml"}
    files = []
    for i in range(on.times(TOGETHER)):
        suite = on.given.name.partition("-")[0] if on.given else on.rng.choice(list(sources))
        text, ending = on.text(f"datasets/{sources[suite]}"), sources[suite].rpartition(".")[2]
        data = on.from_corpus(f".{ending}")
        if data is None and ending == "jsonl":
            data = lines_mutated(text, on.rng)
        elif data is None and on.rng.random() < 0.6:
            data = utf8(written(mutated(yaml.safe_load(text), on.rng, 2)))
        on.write(f"datasets/m{i}.{ending}", data or spoilt(text.encode(), on.rng))
        files.append((suite, f"datasets/m{i}.{ending}"))
    _case_files(on, *files)


def tables(on: Attempt) -> None:
    """CSV files of cases."""
    files = []
    for i in range(on.times(TOGETHER)):
        data = on.from_corpus(".csv")
        if data is None:
            made = _table(on)
            data = made if on.rng.random() < 0.6 else spoilt(made, on.rng)
        on.write(f"datasets/m{i}.csv", data)
        files.append(("wavering", f"datasets/m{i}.csv"))
    _case_files(on, *files)


def _table(on: Attempt) -> bytes:
    rows = list(csv.reader(io.StringIO(on.text("datasets/minutes.csv"))))
    for _ in range(on.rng.choice((1, 2, 4))):
        row = on.rng.choice(rows)
        value = hostile(on.rng)
        row[on.rng.randrange(len(row))] = (
            written(value)[:400] if is_raw(value) or not isinstance(value, str) else value
        )
    made = io.StringIO()
    csv.writer(made, delimiter=on.rng.choice(",,,;\t")).writerows(rows)
    return utf8(made.getvalue())


def outputs(on: Attempt) -> None:
    """Recorded outputs."""
    names = []
    for i in range(on.times(TOGETHER)):
        data = on.from_corpus(".jsonl")
        on.write(f"datasets/m{i}.jsonl", data or lines_mutated(on.text("datasets/recorded.jsonl"), on.rng))
        on.write(f"evals/m{i}.yaml", written(_suite(on, "recorded") | {"outputs": f"../datasets/m{i}.jsonl"}))
        names.append(f"m{i}")
    _check_and_run(on, names, ".jsonl", ".csv", ".xml", ".md", ".html")


def recordings(on: Attempt) -> None:
    """Recordings that are replayed."""
    data = on.from_corpus(".jsonl")
    on.write("recordings/m.jsonl", data or lines_mutated(on.text("recordings/paid.jsonl"), on.rng))
    on.inputs += 1
    on.run(*RUN, "paid", "--replay", "recordings/m.jsonl", "-ox.jsonl", "-ox.html", codes=RUN_CODES)


def scripts(on: Attempt) -> None:
    """Rules of a scripted model."""
    data = on.from_corpus(".jsonl")
    on.write("models/good.jsonl", data or lines_mutated(on.text("models/good.jsonl"), on.rng))
    on.inputs += 1
    on.run(*RUN, "route", "--model=scripted/models/good.jsonl", "--no-cache", codes=RUN_CODES)


def locks(on: Attempt) -> None:
    """The lock of published prompts."""
    text = on.text("prompts/prompts.lock")
    data = on.from_corpus(".lock")
    if data is None:
        data = utf8(written(mutated(json.loads(text), on.rng, 2)))
        data = data if on.rng.random() < 0.6 else spoilt(text.encode(), on.rng)
    on.write("prompts/prompts.lock", data)
    on.inputs += 1
    on.run("lock", "--check", codes=CHECK_CODES)
    on.run("check", "prompts", codes=CHECK_CODES)
    on.run("lock", codes=CHECK_CODES)


def documents(on: Attempt) -> None:
    """Documents of a corpus: Markdown, text, HTML, PDF, JSON lines."""
    # One bad line of JSON lines refuses the whole corpus, so that they come by themselves.
    lines = on.number % 5 == 4
    seeds = [path for path in sorted((CORPUS / "documents").iterdir()) if (path.suffix == ".jsonl") == lines]
    for i in range(on.times(TOGETHER)):
        seed = on.given or on.rng.choice(seeds)
        data = seed.read_bytes()
        on.write(
            f"datasets/docs/m{i}{seed.suffix}",
            data if on.given else spoilt(data, on.rng, on.rng.choice((0, 1, 2, 5))),
        )
    on.inputs += on.times(TOGETHER)
    on.run("check", "evals/desk.yaml", codes=CHECK_CODES)
    on.run("rag", "search", "How many apples are in a crate?", "--suite=desk", codes=RUN_CODES)


def settings(on: Attempt) -> None:
    """The settings file."""
    rng, text = on.rng, on.text("prompteval.toml").replace("http://127.0.0.1:47113/v1", SERVED)
    data = on.from_corpus(".toml")
    if data is None and rng.random() < 0.4:
        data = spoilt(text.encode(), rng, rng.choice((1, 2)))
    elif data is None:
        lines = [line for line in text.splitlines() if line]
        i = rng.randrange(len(lines))
        name = (
            lines[i].partition("=")[0]
            if "=" in lines[i]
            else rng.choice(("store", "default_model", "x", "models"))
        )
        value = written(hostile(rng))
        lines[i] = f"{name} = {value.replace(': ', ' = ') if value.startswith('{') else value}"
        data = utf8("\n".join(lines))
    on.write("prompteval.toml", data.replace(SERVED.encode(), on.server.url.encode()))
    on.inputs += 1
    on.server.give([http(b"{}")])
    on.run("check", codes=CHECK_CODES)
    on.run("list", codes=CHECK_CODES | {5})
    on.run(*RUN, "paid", "--max-wait=0", "--limit=1", codes=RUN_CODES)


def trec(on: Attempt) -> None:
    """Judgments and runs of TREC."""
    qrels = "".join(f"q{i} 0 d{j} {(i + j) % 3}\n" for i in range(3) for j in range(3))
    run = "".join(f"q{i} Q0 d{j} {j + 1} {1.5 - j} tag\n" for i in range(3) for j in range(3))
    texts = [qrels.encode(), run.encode()]
    which = on.rng.randrange(2)
    data = on.from_corpus(".txt")
    if data is not None:
        texts[1] = data
    elif on.rng.random() < 0.5:
        cells = texts[which].split(b" ")
        value = hostile(on.rng)
        told = written(value) if is_raw(value) or not isinstance(value, str) else value
        cells[on.rng.randrange(len(cells))] = utf8(told)[:5000]
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
    seed = b"{% for p in context %}[{{ p.n }}] {{ p.title | upper }}{% if p.n > 1 %}x{% endif %}\n{% endfor %}Question: {{ question }}"
    path = "prompts/answer/v1.py"
    (on.root / "prompts/prompts.lock").unlink()
    module = on.text(path)
    on.write(path, module[: module.index("messages=[")] + 'messages=[user(file="q.j2")])\n')
    on.write("prompts/answer/q.j2", on.from_corpus(".j2") or spoilt(seed, on.rng, on.rng.choice((1, 2, 4))))
    on.inputs += 1
    on.run("check", "prompts/answer", codes=CHECK_CODES)
    on.run(*RUN, "desk", codes=RUN_CODES)
