"""BFCL's questions as cases, and calls made from its accepted values as outputs.

Usage: python convert.py PATH [CALLS], PATH holding `<category>.jsonl` and `possible_answer/`.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

CATEGORIES = ("simple_python", "multiple", "parallel", "irrelevance")
HERE = Path(__file__).parent / "datasets"
# What may be given for a parameter that may be left out.
EMPTY: dict[str, Any] = {"string": "", "any": "", "array": [], "tuple": []}
# In the lists of accepted values the empty text says that a parameter may be left out.
ABSENT = ""
Call = dict[str, Any]


def lines(path: Path) -> Iterator[Any]:
    """The rows of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def conditions(parameters: dict[str, list[Any]], kinds: dict[str, str]) -> Call:
    """The accepted values of parameters as conditions on arguments; one that must be left out has none."""
    found = {}
    for name, accepted in parameters.items():
        kind = kinds.get(name, "string")
        options = [expected(value) for value in accepted if value != ABSENT]
        if ABSENT in accepted and kind in EMPTY:
            options.append(EMPTY[kind])
        if options:
            found[name] = {"$one_of": options, "$omit": ABSENT in accepted}
    return found


def expected(value: Any) -> Any:
    """An accepted value: each key of an object has accepted values of its own."""
    if isinstance(value, dict):
        return conditions(value, {})
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return [expected(item) for item in value]
    return value


def expected_call(truth: Call, functions: list[Call]) -> Call:
    """An expected call, with the types that the documentation of the functions has."""
    ((name, parameters),) = truth.items()
    known = next(one["parameters"]["properties"] for one in functions if one["name"] == name)
    kinds = {parameter: schema["type"] for parameter, schema in known.items()}
    return {"name": name, "arguments": conditions(parameters, kinds)}


def first_listed(parameters: dict[str, list[Any]]) -> dict[str, Any]:
    """The first accepted value of each parameter that may not be left out."""
    return {key: first(accepted) for key, accepted in parameters.items() if ABSENT not in accepted}


def first(accepted: list[Any]) -> Any:
    """The first accepted value, within objects too."""
    if isinstance(accepted[0], dict):
        return first_listed(accepted[0])
    if isinstance(accepted[0], list):
        return [first_listed(item) if isinstance(item, dict) else item for item in accepted[0]]
    return accepted[0]


def changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """A value with every text, number and truth value in it changed."""
    if isinstance(value, dict):
        return {key: changed(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [changed(item, change) for item in value]
    return change(value)


def capital(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


CALLS: dict[str, Callable[[list[Call]], list[Call]]] = {
    "first_listed": lambda calls: calls,
    "reverse_order": lambda calls: calls[::-1],
    "capitals": lambda calls: [{**call, "arguments": changed(call["arguments"], capital)} for call in calls],
    "number_texts": lambda calls: [
        {**call, "arguments": changed(call["arguments"], as_text)} for call in calls
    ],
    "no_call": lambda calls: [],
}


def questions(folder: Path) -> Iterator[tuple[str, Call, list[Call]]]:
    """(category, question with its functions, expected calls) of every question."""
    for category in CATEGORIES:
        answers = folder / "possible_answer" / f"{category}.jsonl"
        truths = {row["id"]: row["ground_truth"] for row in lines(answers)} if answers.exists() else {}
        for row in lines(folder / f"{category}.jsonl"):
            yield category, row, truths.get(row["id"], [])


def case(category: str, row: Call, truths: list[Call]) -> Call:
    """A question as a case."""
    calls = [expected_call(truth, row["function"]) for truth in truths]
    inputs = {"question": row["question"], "function": row["function"]}
    return {"id": row["id"], "inputs": inputs, "tool_calls": calls, "tags": {"category": category}}


def made(truths: list[dict[str, dict[str, Any]]]) -> list[Call]:
    """Calls as an output has them."""
    return [{"name": name, "arguments": found} for truth in truths for name, found in truth.items()]


def convert(folder: Path, calls: str) -> tuple[list[Call], list[Call]]:
    """(cases, outputs) of all questions, or of the worked examples."""
    rows = list(questions(folder))
    if calls != "examples":
        firsts = [
            made([{n: first_listed(p) for n, p in truth.items()} for truth in truths]) for *_, truths in rows
        ]
        outputs = [
            {"id": row["id"], "tool_calls": CALLS[calls](one)}
            for (_, row, _), one in zip(rows, firsts, strict=True)
        ]
        return [case(*row) for row in rows], outputs
    by_id = {row[1]["id"]: case(*row) for row in rows}
    cases, outputs = [], []
    for number, example in enumerate(lines(folder / "examples.jsonl"), 1):
        found = by_id[example["id"]]
        tags = {**found["tags"], "marked": "right" if example["right"] else "wrong"}
        cases.append({**found, "id": f"{example['id']}#{number}", "tags": tags})
        outputs.append({"id": f"{example['id']}#{number}", "tool_calls": made(example["calls"])})
    return cases, outputs


def main() -> None:
    """Write `datasets/cases.jsonl` and `datasets/outputs.jsonl` beside this file."""
    known = (*CALLS, "examples")
    calls = sys.argv[2] if len(sys.argv) > 2 else "first_listed"
    if len(sys.argv) < 2 or calls not in known:
        sys.exit(f"usage: python convert.py PATH [{' | '.join(known)}]")
    HERE.mkdir(exist_ok=True)
    for name, rows in zip(("cases", "outputs"), convert(Path(sys.argv[1]), calls), strict=True):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (HERE / f"{name}.jsonl").write_text(text, encoding="utf-8")
        print(f"datasets/{name}.jsonl: {len(rows):,} rows")


if __name__ == "__main__":
    main()
