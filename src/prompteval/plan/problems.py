"""Collects what is wrong, so that one look shows everything."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from prompteval.core.errors import InvalidInput, PromptevalError
from prompteval.core.problem import Problem
from prompteval.workspace.tree import GitTree, Tree

Made = TypeVar("Made")


def placed(tree: Tree, problems: Iterable[Problem]) -> list[Problem]:
    """Problems of files of a tree; those of a commit say so, in the way of `git show REF:path`."""
    if not isinstance(tree, GitTree):
        return list(problems)
    return [
        found if found.path.startswith("git:") else replace(found, path=f"{tree.label}:{found.path}")
        for found in problems
    ]


@contextmanager
def placing(tree: Tree) -> Iterator[None]:
    """What is found wrong inside is in files of this tree."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(placed(tree, error.problems)) from None


class Problems:
    """Collects what is wrong, so that one look shows everything."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, path: str, place: tuple[int, int], code: str, message: str, help: str = "") -> None:
        self.found.append(Problem(path, place[0], place[1], code, message, help))

    def catch(
        self, path: str, place: tuple[int, int], code: str, work: Callable[..., Made], *arguments: object
    ) -> Made | None:
        """The result of `work(*arguments)`, or None with its error noted at `place`."""
        try:
            return work(*arguments)
        except InvalidInput as error:
            self.found.extend(error.problems)
        except (PromptevalError, ValueError) as error:
            self.add(path, place, code, str(error))
        return None

    @property
    def any_error(self) -> bool:
        """Whether anything was found that is more than a warning."""
        return any(problem.severity == "error" for problem in self.found)

    def check(self) -> None:
        """Raise InvalidInput when anything was found."""
        if self.any_error:
            raise InvalidInput(sorted(set(self.found), key=lambda p: (p.path, p.line, p.col, p.message)))
