"""What an importer makes of a file: suites with their cases, outputs and prompt, and what was left behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from prompteval.core.problem import Problem

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Record: TypeAlias = dict[str, Json]


@dataclass(frozen=True, slots=True)
class ImportedPrompt:
    """A prompt to write: its messages as (role, template), and the names of its inputs.

    `optional` are inputs that a case may lack, which are then empty.
    """

    messages: tuple[tuple[str, str], ...]
    inputs: tuple[str, ...]
    description: str = ""
    optional: frozenset[str] = frozenset()


@dataclass(slots=True)
class ImportedSuite:
    """One suite. With `outputs` it scores them; else it runs `prompt`; `rag` is that section of it.

    `cases` and `outputs` are lines of their files. `files` are further files by their path in the workspace.
    """

    name: str
    cases: list[Record] = field(default_factory=list)
    outputs: list[Record] = field(default_factory=list)
    prompt: ImportedPrompt | None = None
    models: list[str] = field(default_factory=list)
    scorers: list[Json] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    rag: Record | None = None
    files: dict[str, str] = field(default_factory=dict)
    description: str = ""


@dataclass(slots=True)
class Imported:
    """Everything of one file. A loss is a problem at the place of what was not carried over."""

    path: str
    suites: list[ImportedSuite] = field(default_factory=list)
    losses: list[Problem] = field(default_factory=list)
    _counted: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def lose(self, line: int, what: str, help: str = "", path: str = "") -> None:
        """Note what was not carried over, at its line."""
        self.losses.append(Problem(path or self.path, line, 1, "PI101", what, help, "warning"))

    def lose_key(self, line: int, key: str, path: str = "") -> None:
        """Note a key that no part of a case stands for: one entry a key, with how many records have it."""
        first, count = self._counted.get((key, path), (line, 0))
        self._counted[key, path] = first, count + 1

    def finish(self) -> "Imported":
        """Write the keys that were counted among the losses."""
        for (key, path), (line, count) in self._counted.items():
            many = f", in {count:,} records" if count > 1 else ""
            self.lose(line, f"key {key!r} is not carried over{many}", path=path)
        self._counted.clear()
        self.losses.sort(key=lambda problem: (problem.path, problem.line))
        return self
