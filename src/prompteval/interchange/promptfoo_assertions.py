"""Assertions of promptfoo: those that text alone decides become a function of the workspace."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path

from prompteval.interchange.imported import Imported, ImportedSuite, Json, Record
from prompteval.interchange.javascript_regex import python_regex

DECIDED = frozenset({
    "equals", "contains", "icontains", "contains-all", "icontains-all", "contains-any", "icontains-any",
    "starts-with", "regex", "is-json", "contains-json",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlacesOfTest:
    """Where a test is: its line, the lines of its assertions, and its file where that is another one."""

    line: int
    assertions: Sequence[int] = ()
    path: str = ""

    def lose(self, imported: Imported, what: str, help: str = "", *, number: int = -1) -> None:
        """Note a loss at the test, or at its assertion of that number."""
        line = self.assertions[number] if 0 <= number < len(self.assertions) else self.line
        imported.lose(line, what, help, self.path)


class PromptfooTests:
    """What configurations and results share."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.imported = Imported(str(path))

    def assertions(self, given: Json, places: PlacesOfTest) -> list[Record]:
        """The assertions that text alone decides; the others are losses, each at its own line."""
        found: list[Record] = []
        if given is not None and not isinstance(given, list):
            places.lose(self.imported, "'assert' is not a list, and is not carried over")
        for number, one in enumerate(given if isinstance(given, list) else []):
            lose = partial(places.lose, self.imported, number=number)
            kind = str(one.get("type")) if isinstance(one, Mapping) else ""
            if not isinstance(one, Mapping) or kind.removeprefix("not-") not in DECIDED:
                lose(f"assertion {kind!r} is not carried over", "write a scorer or a judge for it")
                continue
            value = one.get("value")
            if isinstance(value, str) and (value.startswith("file://") or "{{" in value):
                lose(f"assertion {kind!r}: its value is made while promptfoo runs")
                continue
            if kind.removeprefix("not-") == "is-json" and value is not None:
                lose("assertion 'is-json': its schema is not carried over; JSON is")
                value = None
            if kind.removeprefix("not-") == "regex":
                try:
                    value = python_regex(str(value))
                except ValueError as error:
                    lose(f"assertion {kind!r} is not carried over: {error}")
                    continue
            for key in sorted(one.keys() - {"type", "value", "metric"}):
                lose(f"{key!r} of assertion {kind!r} is not carried over")
            found.append({"type": kind, **({"value": value} if value is not None else {})})
        return found

    def assertions_again(self, given: Json, places: PlacesOfTest) -> list[Record]:
        """The assertions for another prompt: what they lose is listed already."""
        kept, self.imported = self.imported, Imported(str(self.path))
        try:
            return self.assertions(given, places)
        finally:
            self.imported = kept

    def add_checks(self, suite: ImportedSuite, by_case: Mapping[str, list[Record]]) -> None:
        """The module that decides them, and the assertions of each case."""
        if not any(by_case.values()):
            return
        source = (
            files("prompteval.interchange").joinpath("promptfoo_checks.py.txt").read_text(encoding="utf-8")
        )
        suite.files[f"evals/{suite.name}_checks.py"] = source.replace("@NAME@", suite.name)
        rows = {case: found for case, found in by_case.items() if found}
        suite.files[f"evals/{suite.name}_assertions.json"] = (
            json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
        )
        suite.scorers = [{"python": {"function": f"evals.{suite.name}_checks:check", "name": "assertions"}}]
        suite.metrics = ["all_pass"]


def csv_test(row: Record) -> Record:
    """A row of a CSV file: `__expected` is an assertion such as `contains:paid`; the rest are variables."""
    values = {key: value for key, value in row.items() if not key.startswith("__")}
    assertions: list[Json] = []
    for key, value in row.items():
        if re.fullmatch(r"__expected\d*", key) and isinstance(value, str) and value:
            kind, colon, rest = value.partition(":")
            if colon and kind.removeprefix("not-") in DECIDED:
                assertions.append({"type": kind, "value": rest.strip()})
            elif value.removeprefix("not-") in ("is-json", "contains-json"):
                assertions.append({"type": value})
            elif colon and re.fullmatch(r"[a-z][a-z-]+", kind):
                assertions.append({"type": kind, "value": rest})
            else:
                assertions.append({"type": "equals", "value": value})
    found: Record = {"vars": values, "assert": assertions}
    if row.get("__description"):
        found["description"] = row["__description"]
    return found
