"""Published judgements of pairs, brought into the form that `judge check` reads."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

DATA = Path("../shared/data")


def rows(name: str) -> Iterator[dict[str, str]]:
    """The lines of a file below the shared data; a skip where it is absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"../shared/data/{name} is absent")
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def llmbar(directory: Path) -> tuple[Path, Path]:
    """(judgements, labels) of LLMBar, each pair with its subset as a tag."""
    judgements, labels = directory / "llmbar.jsonl", directory / "llmbar.labels.jsonl"
    subsets: dict[str, str] = {}
    with labels.open("w") as file:
        for pair in rows("llmbar/dataset.jsonl"):
            subsets[pair["id"]] = pair["subset"]
            label = "a" if pair["label"] == 1 else "b"
            file.write(json.dumps({"case_id": pair["id"], "label": label, "annotator": "gold"}) + "\n")
    with judgements.open("w") as file:
        for one in rows("llmbar/judgements.jsonl"):
            order = "ba" if one["swapped"] else "ab"
            places = {"ab": {"1": "first", "2": "second"}, "ba": {"2": "first", "1": "second"}}[order]
            row = {"id": one["id"], "judge": one["judge"], "prompt": one["prompt"], "order": order}
            tags = {"subset": subsets[one["id"]]}
            file.write(json.dumps({**row, "output": places.get(one["winner"]), "tags": tags}) + "\n")
    return judgements, labels


def judgebench(directory: Path) -> tuple[Path, Path]:
    """(judgements, labels) of JudgeBench, each pair with its subject as a tag."""
    judgements, labels = directory / "judgebench.jsonl", directory / "judgebench.labels.jsonl"
    subjects: dict[str, str] = {}
    with labels.open("w") as file:
        for pair in rows("judgebench/pairs.jsonl"):
            source = pair["source"]
            kinds = {"livebench-reasoning": "reasoning", "livebench-math": "math", "livecodebench": "coding"}
            subjects[pair["pair_id"]] = kinds.get(source, "knowledge")
            label = "a" if pair["label"] == "A>B" else "b"
            file.write(json.dumps({"case_id": pair["pair_id"], "label": label, "annotator": "gold"}) + "\n")
    places = {"A>B": "first", "B>A": "second", "A=B": "tie"}
    with judgements.open("w") as file:
        for one in rows("judgebench/judgements.jsonl"):
            row = {"id": one["pair_id"], "judge": one["judge"], "order": "ba" if one["swapped"] else "ab"}
            tags = {"subject": subjects[one["pair_id"]]}
            file.write(json.dumps({**row, "output": places[one["decision"]], "tags": tags}) + "\n")
    return judgements, labels
