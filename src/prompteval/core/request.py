"""What is sent to a model, and what comes back."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii
from typing import Any, Literal

from prompteval.core.fast_init import fast_init
from prompteval.core.fingerprint import canonical_json, fingerprint_bytes
from prompteval.core.json_encoder import json_encoder
from prompteval.core.media import File
from prompteval.core.tools import RequestedCall, Thought, ToolDefinition

Role = Literal["system", "user", "assistant", "tool"]
Finish = Literal["stop", "length", "content_filter", "refusal", "tool_calls", "unsupported", "unknown"]
ServedBy = Literal["live", "cache", "replay"]
# Details of a reply that tell of the calls made for it, and not of the reply.
COUNTS = frozenset({"attempts", "possibly_billed"})


# ASCII, so that a lone surrogate in a case is sent as its escape and not refused.
chat_json = json_encoder()


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """A file in a message, before the character `at` of its text, or behind all of it."""

    at: int
    file: File

    def as_json(self) -> list[str]:
        """Texts alone, by which recordings are sorted: the hash first, and nothing of where the file lies."""
        return [self.file.sha256, self.file.media_type, str(self.file.size), str(self.at)]


@fast_init
@dataclass(frozen=True, slots=True)
class Message:
    """One chat message, rendered.

    `files` are shown between the parts of the text, in order. `tool_calls` are those that an assistant's
    message asks for; a message of role `tool` answers the call with the id `tool_call_id`. `thoughts` go back
    with the calls; they belong to the reply before, and are no part of what the message says, nor of a key.
    """

    role: Role
    content: str
    tool_calls: tuple[RequestedCall, ...] = ()
    tool_call_id: str = ""
    thoughts: tuple[Thought, ...] = ()
    files: tuple[PlacedFile, ...] = ()
    _made: list[str] = field(default_factory=list, init=False, repr=False, compare=False)
    _chat: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def parts(self) -> Iterator[str | File]:
        """The text cut where its files stand, and the files, in order; no part is empty."""
        begin = 0
        for placed in self.files:
            if placed.at > begin:
                yield self.content[begin : placed.at]
            yield placed.file
            begin = placed.at
        if begin < len(self.content):
            yield self.content[begin:]

    @property
    def chat_text(self) -> str:
        """`as_chat` as ASCII JSON, made once: a conversation is asked again with each step."""
        if not self._chat:
            self._chat.append(chat_json(self.as_chat()))
        return self._chat[0]

    @property
    def canonical(self) -> str:
        """The canonical JSON of `as_json`, made once as well."""
        if not self._made:
            plain = not (self.files or self.tool_calls or self.tool_call_id)
            self._made.append(
                f'["{self.role}",{encode_basestring_ascii(self.content)}]'
                if plain
                else canonical_json(self.as_json())
            )
        return self._made[0]

    def as_json(self) -> list[Any]:
        """Role and text, and what there is of files and calls: texts, by which recordings are sorted."""
        found: list[object] = [self.role, self.content, *(placed.as_json() for placed in self.files)]
        if self.tool_calls:
            found += [[call.id, call.name, call.arguments] for call in self.tool_calls]
        elif self.tool_call_id:
            found.append(self.tool_call_id)
        return found

    def as_chat(self) -> dict[str, Any]:
        """The message as a chat completion takes it, and as it is stored; files are named by hashes.

        What sends a message with files writes their content (`providers.openai.files`).
        """
        found: dict[str, object] = {"role": self.role, "content": self.content}
        if self.files:
            found["files"] = [{**placed.file.value, "at": placed.at} for placed in self.files]
        if self.tool_calls:
            found["content"] = self.content or None
            found["tool_calls"] = [call.as_chat() for call in self.tool_calls]
        elif self.tool_call_id:
            found["tool_call_id"] = self.tool_call_id
        return found


def steps_made(messages: Sequence[Message]) -> int:
    """How many replies with calls of tools there are since the last message of the user."""
    steps = 0
    for message in reversed(messages):
        if message.role == "user":
            break
        steps += bool(message.tool_calls)
    return steps


@fast_init
@dataclass(frozen=True, slots=True)
class Request:
    """One call to a model.

    `model` is the full reference (`openai/gpt-6-luna`, `local/minilm`). `params` have neutral
    names (`max_output_tokens`). `schema` is the strict JSON schema the output must meet, None
    for plain text. `tools` are those the model may call. `replicate` counts repeats from 0. `identity` is
    what the provider says of itself (base URL, weights, algorithm), so that another server or model is
    another key.
    """

    model: str
    messages: tuple[Message, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    schema_name: str = "output"
    seed: int | None = None
    replicate: int = 0
    identity: str = ""
    tools: tuple[ToolDefinition, ...] = ()
    _made: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def files(self) -> Iterator[File]:
        """The files of all messages, in order."""
        return (placed.file for message in self.messages for placed in message.files)

    @property
    def has_files(self) -> bool:
        """Whether any message shows a file."""
        return any(message.files for message in self.messages)

    @property
    def key(self) -> str:
        """The cache key: a fingerprint over every field that can change the answer, made once."""
        return self._texts()[0]

    @property
    def canonical(self) -> str:
        """The canonical JSON text that the key is the fingerprint of."""
        return self._texts()[1]

    def _texts(self) -> list[str]:
        if not self._made:
            before, after = _around_messages(self)
            messages_json = ",".join([message.canonical for message in self.messages])
            text = f"{before}[{messages_json}]{after}"
            self._made.extend((fingerprint_bytes(text.encode("ascii")), text))
        return self._made

    def as_json(self) -> dict[str, Any]:
        """Every field as JSON values, in the form the key is made from; `tools` only where there are any."""
        return {
            "model": self.model,
            "messages": [message.as_json() for message in self.messages],
            "params": dict(self.params),
            "schema": self.schema,
            "schema_name": self.schema_name,
            "seed": self.seed,
            "replicate": self.replicate,
            "identity": self.identity,
            **({"tools": [tool.as_json() for tool in self.tools]} if self.tools else {}),
        }


@fast_init
@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens one call used; None where the server did not report them, or reported nonsense."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    estimated: bool = False


@fast_init
@dataclass(frozen=True, slots=True)
class Response:
    """One model reply, raw text kept.

    `finish` tells how it ended; `unsupported` means the model cannot produce what the schema
    asks for, and `reason` says what. `confidence` (0 to 1) is the model's own, where it gives
    one; `details` holds all else that a provider reports (per-field confidences, system
    fingerprint, request id), as JSON values. `tool_calls` are what it asks for, with or without a text,
    `thoughts` what it thought before them.
    `latency_ms` is of the attempt that succeeded.
    """

    text: str
    finish: Finish = "stop"
    model_reported: str | None = None
    usage: Usage | None = None
    latency_ms: float = 0.0
    logprobs: tuple[float, ...] | None = None
    refusal: str | None = None
    reason: str | None = None
    confidence: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    served_by: ServedBy = "live"
    tool_calls: tuple[RequestedCall, ...] = ()
    thoughts: tuple[Thought, ...] = ()


# The last few, by the identity of what requests share. The shared parts are kept, so that an identity
# stays theirs, and beside them copies, so that one that was changed in place is noticed.
_AROUND: dict[tuple[object, ...], tuple[tuple[str, str], Any, Any]] = {}
_MOST_KEPT = 64


def _around_messages(request: Request) -> tuple[str, str]:
    """What stands before and after the messages in the canonical JSON of a request.

    The cases of a target differ in their messages alone, so the rest is made once for all of them.
    """
    parts = (request.params, request.schema, request.tools)
    shared = (
        id(request.params), id(request.schema), id(request.tools), request.model, request.schema_name,
        request.seed, request.replicate, request.identity,
    )  # fmt: skip
    found = _AROUND.get(shared)
    if found is None or found[2] != parts:
        whole = canonical_json({**request.as_json(), "messages": []})
        start = whole.index('"messages":[]', len(canonical_json(request.identity))) + len('"messages":')
        if len(_AROUND) >= _MOST_KEPT:
            _AROUND.clear()
        found = ((whole[:start], whole[start + 2 :]), parts, deepcopy(parts))
        _AROUND[shared] = found
    return found[0]
