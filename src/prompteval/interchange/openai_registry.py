"""A file of the registry of OpenAI evals: which samples an evaluation has, and how it decides."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.interchange.imported import Imported, ImportedSuite, Json
from prompteval.interchange.source import read_yaml

# The evaluations of the tool that text alone decides.
_BASIC = "evals.elsuite.basic."
KINDS: Mapping[str, str] = {
    f"{_BASIC}match:Match": "match",
    f"{_BASIC}includes:Includes": "includes",
    f"{_BASIC}fuzzy_match:FuzzyMatch": "fuzzy_match",
    f"{_BASIC}json_match:JsonMatch": "json_match",
}
_ARGUMENTS = frozenset({"samples_jsonl", "ignore_case", "max_tokens"})


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of the file, with its samples; `kind` is how it decides, "" for another way."""

    name: str
    samples: Path
    kind: str


def evaluations(path: Path, imported: Imported) -> Iterator[Evaluation]:
    """The evaluations of a registry's file that have samples; what is not carried over is noted.

    Samples are looked for beside the file and in `data` of its registry. Raises InvalidInput for a file
    without an evaluation.
    """
    document = read_yaml(path)
    entries = document.value if isinstance(document.value, Mapping) else {}
    found = 0
    for name, entry in entries.items():
        if not isinstance(entry, Mapping) or "class" not in entry:
            continue
        found += 1
        line = document.key_place((name,))[0]
        given = entry.get("args")
        arguments = given if isinstance(given, Mapping) else {}
        for key in arguments.keys() - _ARGUMENTS:
            imported.lose(document.key_place((name, "args", key))[0], f"argument {key!r} is not carried over")
        samples = _samples(path, arguments.get("samples_jsonl"))
        if samples is None:
            help = "its samples are JSON lines beside the file, or in data/ of its registry"
            imported.lose(line, f"evaluation {name!r} has no samples that are there", help)
            continue
        kind = KINDS.get(str(entry["class"]), "")
        if not kind:
            imported.lose(line, f"class {entry['class']!r} is not carried over", "write a scorer for it")
        if kind == "includes" and arguments.get("ignore_case") is True:
            kind = "includes_ignore_case"
        yield Evaluation(str(name), samples, kind)
    if not found:
        message = "the file has no evaluation with a class"
        raise InvalidInput([Problem(str(path), 1, 1, "PI100", message, "name a file of registry/evals")])


def _samples(path: Path, name: object) -> Path | None:
    """The samples' file, which may be nowhere but in the registry."""
    if not isinstance(name, str):
        return None
    registry = path.resolve().parent.parent
    for place in (path.parent / name, registry / "data" / name):
        if place.is_file() and place.resolve().is_relative_to(registry):
            return place
    return None


def decide_as(suite: ImportedSuite, kind: str, ideals: Mapping[str, list[Json]]) -> None:
    """Score a suite as the tool does, by a file of Python and the right answers beside it."""
    source = files("prompteval.interchange").joinpath("openai_evals_checks.py.txt")
    own = source.read_text(encoding="utf-8").replace("@NAME@", suite.name).replace("@KIND@", kind)
    suite.files[f"evals/{suite.name}_checks.py"] = own
    suite.files[f"evals/{suite.name}_ideals.json"] = json.dumps(ideals, indent=1, ensure_ascii=False) + "\n"
    suite.scorers = [{"python": {"function": f"evals.{suite.name}_checks:check", "name": kind}}]
    suite.metrics = ["accuracy"]
