"""tau-bench's airline tasks as cases, and its recorded trials as outputs.

Usage: python convert.py PATH, PATH holding `tasks.jsonl` and `trials.jsonl`.

Only writes are compared: an agent may look up what it likes. A call that the tool answered with an error
changed nothing and is left out.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "datasets"
WRITES = frozenset(
    {
        "book_reservation",
        "cancel_reservation",
        "send_certificate",
        "update_reservation_baggages",
        "update_reservation_flights",
        "update_reservation_passengers",
    }
)
Row = dict[str, Any]


def lines(path: Path) -> Iterator[Row]:
    """The rows of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def writes(calls: list[Row]) -> list[Row]:
    """The calls that changed something."""
    kept = (call for call in calls if call["name"] in WRITES and not call.get("failed"))
    return [{"name": call["name"], "arguments": call["arguments"]} for call in kept]


def case(task: Row) -> Row:
    """A task, whose reward should be 1."""
    return {
        "id": f"task-{task['task_id']}",
        "inputs": {"instruction": task["instruction"]},
        "expected": 1.0,
        "tool_calls": writes(task["actions"]),
    }


def output(trial: Row) -> Row:
    """A trial: its reward and its writes."""
    return {
        "id": f"task-{trial['task_id']}",
        "replicate": trial["trial"],
        "output": trial["reward"],
        "tool_calls": writes(trial["calls"]),
    }


def main() -> None:
    """Write `datasets/tasks.jsonl` and `datasets/trials.jsonl` beside this file."""
    if len(sys.argv) != 2:
        sys.exit("usage: python convert.py PATH")
    folder = Path(sys.argv[1])
    HERE.mkdir(exist_ok=True)
    for name, convert in (("tasks", case), ("trials", output)):
        rows = [convert(row) for row in lines(folder / f"{name}.jsonl")]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (HERE / f"{name}.jsonl").write_text(text, encoding="utf-8")
        print(f"datasets/{name}.jsonl: {len(rows):,} rows")


if __name__ == "__main__":
    main()
