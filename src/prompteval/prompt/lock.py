"""The lock: what every published version of a prompt was when it was published.

`prompts/prompts.lock` is JSON with sorted keys, one version after the other, so that publishing adds
lines and changes none. It decides whether a published version is still the same, and which version an
alias is (`prompt.aliases`).
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prompteval.core.errors import InvalidInput
from prompteval.core.fingerprint import fingerprint
from prompteval.core.problem import Problem
from prompteval.core.strict_json import loads
from prompteval.prompt.aliases import (
    Alias,
    AliasKey,
    aliases_json,
    history_error,
    name_error,
    read_aliases,
)
from prompteval.prompt.lock_problem import PATH, unreadable
from prompteval.workspace.python_source import parse_python
from prompteval.workspace.text import decode
from prompteval.workspace.tree import Tree
from prompteval.workspace.yaml12 import Place, YamlDocument, parse

if TYPE_CHECKING:  # `list` reads the lock and loads no prompt
    from prompteval.prompt.prompt import Prompt

SCHEMA = "prompteval/lock@1"
# A lock with aliases: whoever knows only the first form refuses it, rather than write it without them.
SCHEMA_WITH_ALIASES = "prompteval/lock@2"
_KEYS: Mapping[str, frozenset[str]] = {
    SCHEMA: frozenset({"schema", "prompts"}),
    SCHEMA_WITH_ALIASES: frozenset({"schema", "prompts", "aliases"}),
}
# What a version is made of → how a message calls it, and the argument of Prompt() it comes from.
PARTS: Mapping[str, tuple[str, str]] = {
    "messages": ("messages", "messages"),
    "files": ("included templates", "messages"),
    "inputs": ("input schema", "inputs"),
    "output": ("output schema", "output"),
    "params": ("params", "params"),
    "model": ("model", "model"),
    "tools": ("tools", "tools"),
}
# Parts that a version without them has no fingerprint of.
_OPTIONAL = frozenset({"tools"})
_REFERENCE = re.compile(r"([^@/]+)@v([1-9][0-9]{0,8})")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Published:
    """A published version: its fingerprint, and one for each of its parts, to name what changed."""

    fingerprint: str
    parts: Mapping[str, str]
    place: Place = field(default=(1, 1), compare=False)


def published(prompt: "Prompt") -> Published:
    """What the lock holds of a version."""
    return Published(prompt.fingerprint, {name: fingerprint(part) for name, part in prompt.content.items()})


@dataclass(frozen=True, slots=True)
class Lock:
    """Every published version by name and number, and every alias by prompt and name."""

    versions: Mapping[Key, Published] = field(default_factory=dict)
    aliases: Mapping[AliasKey, Alias] = field(default_factory=dict)

    def aliases_of(self, key: Key) -> list[Alias]:
        """The aliases that point at a version."""
        return [alias for alias in self.aliases.values() if (alias.prompt, alias.version) == key]


def read_lock(tree: Tree) -> Lock:
    """The lock of a tree; an empty one where there is none.

    Raises InvalidInput, at the line, for a lock that cannot be read whole.
    """
    if not tree.exists(PATH):
        return Lock()
    text = decode(tree.read(PATH), PATH)
    try:
        loads(text)
    except ValueError as error:
        place = (getattr(error, "lineno", 1), getattr(error, "colno", 1))
        raise InvalidInput([unreadable(place, f"it is not JSON: {error}")]) from None
    document = parse(text, PATH)  # which knows where each entry stands
    raw = document.value
    schema = raw.get("schema") if isinstance(raw, dict) else None
    keys = _KEYS.get(schema) if isinstance(schema, str) else None
    if keys is None or not isinstance(raw.get("prompts"), dict):
        raise InvalidInput([unreadable((1, 1), f"it is not {SCHEMA} or {SCHEMA_WITH_ALIASES}")])
    for key in raw:
        if key not in keys:
            raise InvalidInput([unreadable(document.key_place((key,)), f"{schema} has no key {key!r:.80}")])
    versions = dict(_entry(document, reference, entry) for reference, entry in raw["prompts"].items())
    return Lock(versions, read_aliases(document))


def _entry(document: YamlDocument, reference: str, entry: object) -> tuple[Key, Published]:
    place = document.key_place(("prompts", reference))
    match = _REFERENCE.fullmatch(reference)
    digests = entry if isinstance(entry, dict) else {}
    known = set(digests) - _OPTIONAL == {"fingerprint", *PARTS} - _OPTIONAL
    if match is None or not known or not all(_DIGEST.fullmatch(str(digest)) for digest in digests.values()):
        raise InvalidInput([unreadable(place, f"{reference!r} is not a version with its fingerprints")])
    parts = {name: digests[name] for name in PARTS if name in digests}
    return (match[1], int(match[2])), Published(digests["fingerprint"], parts, place)


def lock_text(lock: Lock) -> str:
    """The lock's text: by name, then by number, ending in a new line; without aliases in its first form."""
    prompts = {
        f"{name}@v{version}": {"fingerprint": entry.fingerprint, **dict(sorted(entry.parts.items()))}
        for (name, version), entry in sorted(lock.versions.items())
    }
    body: dict[str, object] = {"schema": SCHEMA, "prompts": prompts}
    if lock.aliases:
        body |= {"schema": SCHEMA_WITH_ALIASES, "aliases": aliases_json(lock.aliases)}
    return json.dumps(body, indent=2, ensure_ascii=True) + "\n"


def changed_versions(
    entries: Mapping[Key, Published],
    prompts: Iterable["Prompt"],
    known: Mapping[str, Iterable[int]],
    tree: Tree,
) -> list[Problem]:
    """The published versions among `prompts` that are not what they were, one problem each.

    `known` has the versions on disk of each prompt, so that the fix names one that is free.
    """
    return [
        _changed(entry, prompt, max(known[prompt.name]) + 1, tree)
        for prompt in prompts
        if (entry := entries.get((prompt.name, prompt.version))) is not None
        and entry.fingerprint != prompt.fingerprint
    ]


def lost_versions(entries: Mapping[Key, Published], known: Mapping[str, Iterable[int]]) -> list[Problem]:
    """The published versions that are not on disk any more, each at its line of the lock."""
    found = []
    for (name, version), entry in entries.items():
        if version not in known.get(name, ()):
            message = f"{name}@v{version} is published, and its file is missing"
            help = f"restore it, or withdraw it: `prompteval lock --withdraw {name}@v{version}`"
            found.append(Problem(PATH, *entry.place, "PE251", message, help))
    return found


def alias_problems(lock: Lock, aliases: Iterable[Alias], prompts: Iterable["Prompt"] = ()) -> list[Problem]:
    """What is wrong with aliases of a lock, each at its line.

    `prompts` are versions as they are now: an alias of one that changed since it was published is wrong.
    """
    now = {(prompt.name, prompt.version): prompt.fingerprint for prompt in prompts}
    return [problem for alias in aliases for problem in _alias_problems(lock, alias, now)]


def _alias_problems(lock: Lock, alias: Alias, now: Mapping[Key, str]) -> Iterator[Problem]:
    key = (alias.prompt, alias.version)
    again = f"`prompteval lock alias set {alias.name} {alias.prompt}@v<N>` with a published version"
    if error := name_error(alias.name):
        help = "take the lock from git again, and set an alias of another name"
        yield Problem(PATH, *alias.place, "PE254", f"{alias.reference}: {error}", help)
    if error := history_error(alias):
        help = "take the lock from git again; `prompteval lock alias set` writes both"
        yield Problem(PATH, *alias.place, "PE255", error, help)
    entry = lock.versions.get(key)
    if entry is None:
        message = f"{alias.reference} is {alias.target}, which is not published"
        yield Problem(PATH, *alias.place, "PE253", message, again)
    elif now.get(key, entry.fingerprint) != entry.fingerprint:
        message = f"{alias.reference} is {alias.target}, which changed since it was published"
        yield Problem(PATH, *alias.place, "PE253", message, f"restore v{alias.version}, or {again}")


def _changed(entry: Published, prompt: "Prompt", following: int, tree: Tree) -> Problem:
    """The problem, at the first of the parts that changed."""
    now = published(prompt).parts
    parts = [name for name in PARTS if entry.parts.get(name) != now.get(name)]
    reason = " and ".join(PARTS[name][0] for name in parts) or "fingerprint"
    places = argument_places(decode(tree.read(prompt.path), prompt.path))
    place = next((places[PARTS[name][1]] for name in parts if PARTS[name][1] in places), (1, 1))
    message = f"{prompt.reference} is published, and its {reason} changed"
    help = f"copy it to v{following} and restore v{prompt.version}"
    return Problem(prompt.path, *place, "PE250", message, help)


def argument_places(source: str) -> dict[str, Place]:
    """Line and column, from 1, of each named argument of the `Prompt(...)` that a module assigns last."""
    found: dict[str, Place] = {}
    for node in ast.walk(parse_python(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Prompt":
            found = {k.arg: (k.lineno, k.col_offset + 1) for k in node.keywords if k.arg is not None}
    return found
