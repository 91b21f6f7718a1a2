"""Command lines with the verbs and options that there are, and values that they may not expect."""

import json
from functools import cache
from random import Random
from typing import Any

from tests.fuzz.attempt import Attempt
from tests.fuzz.mutate import SCALARS, is_raw, written
from tests.fuzz.oracle import RUN_CODES
from tests.fuzz.replies import http

# Values that mean something, so that a command line gets somewhere.
USUAL = ("last", "route", "desk", "paid", "baseline", "git:HEAD", "route@v1", "evals/route.yaml", "x.json", "x.md", "1", "0.5",
         "m03", "scripted/models/good.jsonl", "recordings/paid.jsonl", "bm25", "sentence", "datasets/route.jsonl", "How many?")  # fmt: skip
# What would write elsewhere, wait for the user or install something.
LEFT_OUT = frozenset({"--install-completion", "--show-completion"})


@cache
def verbs() -> tuple[tuple[tuple[str, ...], tuple[tuple[str, bool], ...], int], ...]:
    """(words, options with whether they take a value, places for arguments) of every command."""
    import typer.main

    from prompteval.cli.app import app

    found: list[Any] = []
    todo: list[tuple[tuple[str, ...], Any]] = [((), typer.main.get_command(app))]
    while todo:
        words, command = todo.pop()
        inner = getattr(command, "commands", {})
        todo += [((*words, name), inner[name]) for name in sorted(inner)]
        options = tuple(
            (name, not getattr(param, "is_flag", False))
            for param in command.params
            for name in (*param.opts, *param.secondary_opts)
            if name.startswith("-") and name not in LEFT_OUT
        )
        places = sum(1 for param in command.params if not param.opts[0].startswith("-"))
        found.append((words, options, places))
    return tuple(found)


def arguments(on: Attempt) -> None:
    """Arguments of every verb."""
    on.state()
    on.server.give([http(b"{}")])
    for _ in range(on.times(4)):
        data = on.from_corpus(".json") if on.given else None
        on.inputs += 1
        on.run(*(json.loads(data) if data else command_line(on.rng)), codes=RUN_CODES)


def command_line(rng: Random) -> list[str]:
    """A verb with some of its options, in which a few words are wrong."""
    words, options, places = rng.choice(verbs())
    made = list(words)
    made += [value(rng) for _ in range(rng.choice((places, places, 0, places + 1)))]
    for name, takes in rng.sample(options, min(len(options), rng.choice((0, 1, 1, 2, 4)))):
        made += [f"{name}={value(rng)}" if name.startswith("--") and rng.random() < 0.5 else name]
        if takes and "=" not in made[-1]:
            made.append(value(rng))
    if rng.random() < 0.1:
        made.insert(rng.randrange(len(made) + 1), value(rng))
    return made


def value(rng: Random) -> str:
    """A word as a shell hands it over: no NUL, half of a character only as a byte, no place outside."""
    if rng.random() < 0.55:
        return rng.choice(USUAL)
    made = rng.choice(SCALARS)
    told = (written(made) if is_raw(made) else str(made)).replace("\0", "")
    return "".join(c if not "\ud800" <= c <= "\udfff" else "\udcff" for c in told)[:3000]
