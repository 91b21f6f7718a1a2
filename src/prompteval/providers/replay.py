"""`replay/<file>`: answers from a recording alone; what it does not hold is an error."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prompteval.core.errors import ProviderError
from prompteval.core.media import MEDIA_TYPES
from prompteval.core.request import Request, Response
from prompteval.core.response_json import is_file_part, response_from_json
from prompteval.providers.recording import read_recording
from prompteval.workspace.settings import ModelProfile
from prompteval.workspace.text import decode
from prompteval.workspace.tree import WorkingTree

# A message as `Message.as_json` writes it.
_Recorded = Sequence[Any]
# What the recorded request says of where it was sent does not count when it is replayed.
_COMPARED = ("messages", "params", "schema", "schema_name", "seed", "replicate", "tools")


class Replay:
    """Finds the recorded reply with the same messages, parameters, schema, seed and replicate.

    Where several models were recorded, it is the one of the model that is asked.
    """

    cacheable = False
    file_types = frozenset(MEDIA_TYPES)

    def __init__(self, recorded: Mapping[str, Mapping[str, Any]], path: str) -> None:
        self._path = path
        self._by_content: dict[str, list[Mapping[str, Any]]] = {}
        for item in recorded.values():
            self._by_content.setdefault(_content(item["request"]), []).append(item)
        self._requests = [item["request"] for item in recorded.values()]

    @property
    def identity(self) -> str:
        return f"replay:{self._path}"

    async def complete(self, request: Request) -> Response:
        raw = request.as_json()
        found = self._by_content.get(_content(raw), [])
        if not found:
            raise ProviderError("stale_recording", f"{self._path} is stale: {self._difference(request, raw)}")
        replies = [item["response"] for item in found if item["request"].get("model") == request.model]
        replies = replies or [item["response"] for item in found]
        if any(reply != replies[0] for reply in replies):
            models = ", ".join(sorted({str(item["request"].get("model")) for item in found}))
            message = (
                f"{self._path} has several replies to this request, from {models}; {request.model} is asked"
            )
            raise ProviderError("stale_recording", message)
        return response_from_json(replies[0], "replay")

    async def aclose(self) -> None:
        """Nothing is held open."""

    def _difference(self, request: Request, raw: Mapping[str, Any]) -> str:
        """What changed against the recorded request most like this one."""
        for other in self._requests:
            changed = [name for name in _COMPARED if other.get(name) != raw.get(name)]
            if changed == ["messages"] and (files := _changed_file(other["messages"], request)):
                return files
            if len(changed) == 1:
                return f"{changed[0]} changed since it was recorded"
            if changed and "messages" not in changed:
                return f"{' and '.join(changed)} changed since it was recorded"
        return "this request was never recorded; record again with --record"


def create(model: str, profile: ModelProfile | None, root: Path) -> Replay:
    """Replies of a recording, `replay/<path from the workspace's root>`; what it does not hold is an error.

    Example: `replay/evals/recording.jsonl`
    """
    return from_text(decode(WorkingTree(root).read(model), model), model)


def from_text(text: str, path: str) -> Replay:
    """A provider over the text of a recording."""
    return Replay(read_recording(text, path), path)


def _changed_file(recorded: Sequence[_Recorded], request: Request) -> str:
    """What became of the first file that is not the same, where nothing else of the messages changed."""
    asked = [message.as_json() for message in request.messages]
    if [_without_files(one) for one in recorded] != [_without_files(one) for one in asked]:
        return ""
    before, now = ([part for one in messages for part in _files(one)] for messages in (recorded, asked))
    if len(before) != len(now):
        return f"the request has {len(now)} files, {len(before)} were recorded"
    triples = zip(before, now, request.files, strict=True)
    changed = next((triple for triple in triples if triple[0] != triple[1]), None)
    if changed is None:
        return "the place of the files changed since it was recorded"
    old, new, file = changed
    change = f"{old[1]}, sha256 {old[0][:12]}, is now {new[1]}, {new[0][:12]}"
    return f"{file.name} changed since it was recorded: {change}"


def _files(message: _Recorded) -> list[list[str]]:
    """What the files of a message are, wherever they stand: [hash, type, size]."""
    return [part[:3] for part in message if is_file_part(part)]


def _without_files(message: _Recorded) -> list[Any]:
    return [part for part in message if not is_file_part(part)]


def _content(request: Mapping[str, object]) -> str:
    from prompteval.core.fingerprint import canonical_json

    return canonical_json([request.get(name) for name in _COMPARED])
