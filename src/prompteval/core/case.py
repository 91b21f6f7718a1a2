"""A golden case: what goes in, what should come out, and what it counts as."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prompteval.core.fast_init import fast_init
from prompteval.core.strict_json import loads


class Cell(str):
    """A cell of a table of cases: a text, which the declared type may read as a number or a truth value."""

    __slots__ = ()

    def value(self) -> Any:
        """What it says as JSON, TRUE and FALSE as spreadsheets write them, an empty one null; or its text."""
        if not self:
            return None
        try:
            return loads(self.lower() if self in ("TRUE", "FALSE", "True", "False") else str(self))
        except ValueError:
            return str(self)


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """A call of a tool that a case expects.

    An argument, or a part of one, may be a condition: `{"$one_of": [...]}`, `{"$regex": "..."}`,
    `{"$near": 1.5, "$abs_tol": 0.1}`, `{"$any": true}`; see `metrics.tool_calls.conditions`.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UserTurn:
    """What a user says in one turn of a conversation, and what is right to answer.

    `expected` and `tool_calls` are those of the answer to this turn, None where it is not scored by them.
    """

    user: str
    expected: Any = None
    tool_calls: tuple[ExpectedCall, ...] | None = None


@fast_init
@dataclass(frozen=True, slots=True)
class Case:
    """One golden case.

    `inputs` are the values the target receives: an object for a prompt, any JSON value for
    another target. `expected` is the right output, whole or in part, and None where there is
    none. `gold` is the retrieval gold of RAG cases: an outer list (all of these groups), each an
    inner list (any of these spans). `tags` name slices. `cluster` groups cases that are not
    independent (a thread, a document). `repeat` is how often this case runs when it asks for
    it, else None. `answers` and `answerable` belong to question answering. `tool_calls` are the calls of
    tools that are right: empty where none may be made, None where they are not scored. `turns` are what the
    user says in a conversation, in order; none where the case is one question. `line` is where the case is in
    its file, 0 where unknown. `file_paths` are the paths of the files in `inputs` as the case has them, in
    order by input; they are shown, and are no part of what the case is.
    """

    id: str
    inputs: Any
    expected: Any = None
    gold: tuple[tuple[Mapping[str, Any], ...], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    split: str | None = None
    cluster: str | None = None
    repeat: int | None = None
    answers: tuple[str, ...] = ()
    answerable: bool | None = None
    tool_calls: tuple[ExpectedCall, ...] | None = None
    line: int = 0
    turns: tuple[UserTurn, ...] = ()
    file_paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
