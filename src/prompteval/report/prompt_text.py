"""What a prompt is made of, as titled texts that are read and compared line by line."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

# Parts of a prompt's content that are JSON, and their titles.
_TITLES = {
    "params": "parameters", "output": "output schema", "inputs": "input schema", "tools": "tools",
    "rag": "retrieval",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PromptText:
    """A version of a prompt: (title, text) of its messages, the files they include, parameters and schemas.

    The same part of another version has the same title.
    """

    name: str
    parts: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, object]:
        """What a page has of it."""
        return {"name": self.name, "parts": [list(part) for part in self.parts]}


# What a prompt says, and what the version before it said, None where that was not kept.
PromptVersions: TypeAlias = tuple[PromptText, PromptText | None]


def versions_json(versions: PromptVersions | None) -> dict[str, object]:
    """What a page draws of a prompt and the version before it; nothing where it was not kept."""
    if versions is None:
        return {}
    own, before = versions
    return {"prompt": own.as_json(), **({} if before is None else {"before": before.as_json()})}


def prompt_text(name: str, content: Mapping[str, Any]) -> PromptText:
    """The texts of a prompt whose content a run has kept."""
    return PromptText(name, tuple(_parts(content)))


def versions_of(manifest: Mapping[str, Any], suite: str, name: str) -> PromptVersions | None:
    """The prompt of an entry and the version before it, as the manifest of a run has kept them.

    None where the prompt was not kept, as in runs of older versions.
    """
    kept = manifest.get("suites", {}).get(suite, {}).get("prompts", {})
    own = kept.get(name)
    if own is None:
        return None
    before = own.get("before")
    earlier = prompt_text(before, kept[before]["content"]) if before in kept else None
    return prompt_text(name, own["content"]), earlier


def _parts(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "messages", "\n\n".join(_messages(content.get("messages", ())))
    for name, text in content.get("files", {}).items():
        yield f"file {name}", str(text)
    if content.get("model"):
        yield "model", str(content["model"])
    for key, title in _TITLES.items():
        if content.get(key):
            yield title, json.dumps(content[key], ensure_ascii=False, indent=2)


def _messages(messages: Sequence[Sequence[Any]]) -> Iterator[str]:
    for role, text in messages:
        yield f"{role}:\n{text if isinstance(text, str) else ''.join(map(_piece, text))}"


def _piece(piece: str | Mapping[str, str]) -> str:
    """A text of a message with files, or a file: the input that it is, or its hash."""
    if isinstance(piece, str):
        return piece
    return "\n".join(f"[{kind} {value}]" for kind, value in piece.items())
