"""Aliases of published versions: `route_ticket@production`, moved without touching a prompt.

`aliases` of the lock has the version that each points at and every move that led there. Whoever reads a
reference by an alias gets a version; an alias is part of no fingerprint.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from prompteval.core.errors import InvalidInput
from prompteval.prompt.lock_problem import unreadable
from prompteval.workspace.yaml12 import Place, YamlDocument

# Words that mean something else behind an @, or on a side of a comparison.
RESERVED = frozenset({"git", "last", "baseline"})
NAME_RULE = "lower-case letters, digits, - and _, at most 64, beginning with a letter"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_VERSION_WORD = re.compile(r"v[0-9]+")
_REFERENCE = re.compile(r"([^@/]+)@([^@/]+)")
_VERSION = re.compile(r"v([1-9][0-9]{0,8})")
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"

AliasKey: TypeAlias = tuple[str, str]  # name of the prompt, name of the alias


@dataclass(frozen=True, slots=True)
class Move:
    """One move of an alias: when (UTC, to the second), from which version and to which.

    `before` is None where the alias was new.
    """

    at: str
    before: int | None
    after: int


@dataclass(frozen=True, slots=True)
class Alias:
    """What an alias of a prompt points at, with its moves, oldest first."""

    prompt: str
    name: str
    version: int
    history: tuple[Move, ...]
    place: Place = field(default=(1, 1), compare=False)

    @property
    def reference(self) -> str:
        """`route_ticket@production`."""
        return f"{self.prompt}@{self.name}"

    @property
    def target(self) -> str:
        """`route_ticket@v2`."""
        return f"{self.prompt}@v{self.version}"

    @property
    def key(self) -> AliasKey:
        return self.prompt, self.name

    def moved(self, version: int, at: datetime) -> "Alias":
        """The alias at another version, with the move in its history. `at` has a time zone of UTC."""
        before = self.version if self.history else None
        return replace(
            self, version=version, history=(*self.history, Move(at.strftime(_MOMENT), before, version))
        )


def name_error(name: str) -> str:
    """What is wrong with the name of an alias; empty when nothing is."""
    if name in RESERVED or _VERSION_WORD.fullmatch(name):
        return f"{name!r:.80} is reserved"
    if _NAME.fullmatch(name) is None:
        return f"{name!r:.80} is not a name of an alias"
    return ""


def history_error(alias: Alias) -> str:
    """What the history does not explain of where an alias is; empty when it does."""
    if not alias.history:
        return f"{alias.reference} has no history"
    before: int | None = None
    for move in alias.history:
        if move.before != before:
            there = "nothing" if before is None else f"v{before}"
            return f"{alias.reference}: its history has a move from another version than {there}"
        before = move.after
    if before != alias.version:
        return f"{alias.reference} is v{alias.version}, and its history ends at v{before}"
    return ""


def read_aliases(document: YamlDocument) -> dict[AliasKey, Alias]:
    """The aliases of a lock. Raises InvalidInput, at the line, for values of another form.

    Names, and what the aliases point at, are not looked at here: `alias_problems` does that.
    """
    raw = document.value.get("aliases", {})
    if not isinstance(raw, dict):
        raise InvalidInput([unreadable(document.place(("aliases",)), "aliases must be a mapping")])
    aliases = [_alias(document, str(reference), value) for reference, value in raw.items()]
    return {alias.key: alias for alias in aliases}


def _alias(document: YamlDocument, reference: str, raw: object) -> Alias:
    pointer: tuple[str | int, ...] = ("aliases", reference)
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        reason = f"{reference!r:.80} is not an alias as prompt@name"
        raise InvalidInput([unreadable(document.key_place(pointer), reason)])
    if not isinstance(raw, dict) or set(raw) != {"version", "history"}:
        reason = f"{reference!r:.80} must have the keys version and history"
        raise InvalidInput([unreadable(document.key_place(pointer), reason)])
    if not isinstance(raw["history"], list):
        raise InvalidInput([unreadable(document.place((*pointer, "history")), "history must be a list")])
    version = _version(document, (*pointer, "version"), raw["version"])
    history = tuple(
        _move(document, (*pointer, "history", number), move) for number, move in enumerate(raw["history"])
    )
    return Alias(match[1], match[2], version, history, document.key_place(pointer))


def _move(document: YamlDocument, pointer: tuple[str | int, ...], raw: object) -> Move:
    if not isinstance(raw, dict) or set(raw) != {"at", "from", "to"}:
        reason = "a move of an alias must have the keys at, from and to"
        raise InvalidInput([unreadable(document.place(pointer), reason)])
    before = None if raw["from"] is None else _version(document, (*pointer, "from"), raw["from"])
    if not _is_moment(raw["at"]):
        reason = f"{raw['at']!r:.40} is not a time as 2026-01-31T12:00:00Z"
        raise InvalidInput([unreadable(document.place((*pointer, "at")), reason)])
    return Move(raw["at"], before, _version(document, (*pointer, "to"), raw["to"]))


def _version(document: YamlDocument, pointer: tuple[str | int, ...], raw: object) -> int:
    match = _VERSION.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        raise InvalidInput([unreadable(document.place(pointer), f"{raw!r:.40} is not a version as v1")])
    return int(match[1])


def _is_moment(raw: object) -> bool:
    try:
        return isinstance(raw, str) and datetime.strptime(raw, _MOMENT).strftime(_MOMENT) == raw
    except ValueError:
        return False


def aliases_json(aliases: Mapping[AliasKey, Alias]) -> dict[str, object]:
    """The aliases as the lock has them, by prompt and then by name."""
    return {
        alias.reference: {"version": f"v{alias.version}", "history": _history_json(alias.history)}
        for _, alias in sorted(aliases.items())
    }


def _history_json(history: Sequence[Move]) -> list[dict[str, str | None]]:
    return [
        {"at": move.at, "from": None if move.before is None else f"v{move.before}", "to": f"v{move.after}"}
        for move in history
    ]
