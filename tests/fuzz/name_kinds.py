"""Names of files, profiles, cases and scorers that hold what no name should, and modules of prompts that are spoilt."""

import json
from contextlib import suppress

import yaml

from tests.fuzz.attempt import Attempt
from tests.fuzz.file_kinds import RUN
from tests.fuzz.mutate import SCALARS, is_raw, spoilt, written
from tests.fuzz.oracle import CHECK_CODES, RUN_CODES


def _name(on: Attempt) -> str:
    """A name as a file system takes it."""
    made = on.rng.choice(SCALARS)
    text = (written(made) if is_raw(made) else str(made)).replace("\0", "").replace("/", "_").strip(".")
    text = "".join("\udcff" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text.encode("utf-8", "surrogateescape")[:80].decode("utf-8", "surrogateescape") or "x"


def names(on: Attempt) -> None:
    """Suites, prompts, case files, models and profiles with hostile names, through every verb that shows them."""
    suite, prompt, cases, model = (_name(on) for _ in range(4))
    with suppress(OSError):
        (on.root / "prompts" / "route").rename(on.root / "prompts" / prompt)
    on.write(f"datasets/{cases}.jsonl", "\n".join(on.text("datasets/route.jsonl").split("\n")[:4]))
    on.write(f"models/{model}.jsonl", on.text("models/good.jsonl"))
    raw = {
        "prompt": prompt, "cases": f"../datasets/{cases}.jsonl", "models": [f"scripted/models/{model}.jsonl"],
        "scorers": [{"exact": {"field": "team", "name": _name(on)}}], "metrics": ["accuracy"], "slices": ["channel"],
    }  # fmt: skip
    path = f"evals/{suite}.yaml"
    on.write(path, written(raw) if on.rng.random() < 0.5 else yaml.safe_dump(raw, allow_unicode=True))
    on.write("prompteval.toml", f"[models.{json.dumps(_name(on))}]\nmodel = {json.dumps(_name(on))}\n")
    on.inputs += 1
    for arguments in (("check",), ("list",), ("lock",)):
        on.run(*arguments, codes=CHECK_CODES | {5})
    on.complete("prompteval run ", 2)
    done = on.run(
        *RUN, path, "-ox.md", "-ox.html", "-ox.xml", "-ox.csv", "--record", "r.jsonl", codes=RUN_CODES
    )
    if done.code not in (0, 1):
        return
    on.run("baseline", "set", codes=CHECK_CODES)
    for verb in (("baseline", "show"), ("runs",), ("show", "last"), ("show", "last", "--worst=2")):
        on.run(*verb, codes=CHECK_CODES)
    on.run("compare", "baseline", "last", "-ox.md", codes=RUN_CODES)
    on.run("run", "-q", path, "--replay", "r.jsonl", codes=RUN_CODES)


def modules(on: Attempt) -> None:
    """Modules of prompts whose text is not what it was."""
    path = on.rng.choice(("prompts/route/v2.py", "prompts/answer/v1.py"))
    on.write(path, spoilt(on.text(path).encode(), on.rng, on.rng.choice((1, 1, 2))))
    on.inputs += 1
    on.run("check", codes=CHECK_CODES)
    on.run("lock", codes=CHECK_CODES)
    on.run(*RUN, "route", "--limit=2", codes=RUN_CODES)
