"""What a model of each case would cost: python benchmarks/case_reading/measure.py [CASES]

Reads the same records with the reader of case files, and with the model that `prompteval schema cases`
is made from, each to a `Case`. Prints microseconds a case, the best of five, and how many times as long the
model takes.
"""

import json
import sys
import time
from collections.abc import Callable

from prompteval.cases.record import to_case
from prompteval.cases.schema import CaseLine
from prompteval.core.case import Case

CASES = 20_000
ROUNDS = 5


def record(number: int) -> dict[str, object]:
    """A case of a classifier, with tags."""
    return {
        "id": f"c{number}", "inputs": {"message": f"where is my refund for order {number}?"},
        "expected": {"intent": "billing"}, "tags": {"channel": "email", "language": "en"}, "split": "test",
    }  # fmt: skip


def rag_record(number: int) -> dict[str, object]:
    """A question with gold and answers."""
    quote = {"doc": f"guide-{number % 50}.md", "quote": "within 30 days of delivery"}
    return {
        "id": f"q{number}", "inputs": {"question": f"how long may I return item {number}?"},
        "gold": [[quote]], "answers": ["30 days"], "answerable": True,
    }  # fmt: skip


def by_model(raw: dict[str, object]) -> Case:
    """The case that the model of a line gives, as the reader would."""
    line = CaseLine.model_validate(raw)
    return Case(
        id=str(line.id),
        inputs=line.inputs,
        expected=line.expected,
        gold=tuple(
            tuple(span.model_dump(exclude_unset=True) for span in group) for group in line.gold
        ),
        tags={name: str(value) for name, value in line.tags.items()},
        split=line.split or None,
        cluster=str(line.cluster) or None,
        repeat=line.repeat if "repeat" in line.model_fields_set else None,
        answers=tuple(line.answers),
        answerable=line.answerable if "answerable" in line.model_fields_set else None,
        line=1,
    )  # fmt: skip


def best(read: Callable[[dict[str, object]], object], records: list[dict[str, object]]) -> float:
    """Microseconds a record."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for one in records:
            read(one)
        seconds.append(time.process_time() - started)
    return 1e6 * min(seconds) / len(records)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    print(f"{count:,} cases, microseconds of processor time a case, best of {ROUNDS}")
    for name, made in (("classifier", record), ("retrieval", rag_record)):
        records = [json.loads(json.dumps(made(number))) for number in range(count)]
        reader = best(lambda one: to_case(one, 1, None, checked=True), records)
        model = best(by_model, records)
        print(f"{name:12} reader {reader:6.1f}   model {model:6.1f}   {model / reader:4.1f} times")


if __name__ == "__main__":
    main()
