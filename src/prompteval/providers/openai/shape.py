"""How a server takes what we ask: the profile's keys over those of its preset."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from prompteval.core.fingerprint import fingerprint
from prompteval.core.secret import from_environment
from prompteval.core.strict_json import JsonObject
from prompteval.workspace.presets import preset_of
from prompteval.workspace.profile_files import files_of_preset
from prompteval.workspace.settings import ModelProfile


@dataclass(frozen=True, slots=True)
class Shape:
    """What differs between servers that speak one of OpenAI's APIs.

    `names` are the server's own for neutral parameters, `drop` the parameters that it refuses. With `stream`
    every reply is asked for in pieces; `stream_usage` says whether its tokens must be asked for, too, and
    `counted_logprobs` that `logprobs` is a number of alternatives. `files` are the kinds that it takes, None
    where nothing is known of them, and `unread` the media types of these kinds that it does not read.
    """

    structured: str = "json_schema"
    names: Mapping[str, str] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()
    extra_body: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    headers_env: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    key_header: str = "Authorization"
    needs_key: bool = True
    api: str = "chat"
    stream: bool = False
    stream_usage: bool = True
    counted_logprobs: bool = False
    files: tuple[str, ...] | None = None
    unread: frozenset[str] = frozenset()

    @property
    def identity(self) -> str:
        """What of it can change an answer, for the key of the cache; empty where nothing differs."""
        parts = [
            self.structured, dict(self.names), sorted(self.drop), dict(self.extra_body), dict(self.headers),
            dict(self.headers_env), dict(self.query),
        ]  # fmt: skip
        return "" if parts == ["json_schema", {}, [], {}, {}, {}, {}] else ":" + fingerprint(parts)[-16:]

    @property
    def address(self) -> str:
        """What of it says where a request without a prompt goes, such as one for embeddings."""
        found = [dict(self.headers), dict(self.headers_env), dict(self.query)]
        return ":" + fingerprint(found)[-16:] if any(found) else ""

    def with_extra(self, body: JsonObject) -> JsonObject:
        """A body with what the settings add to it; objects that both have are joined."""
        return _joined(body, self.extra_body)

    def replaced(self, body: JsonObject) -> list[str]:
        """The fields of a body that the settings have another value for, as `outer.inner`."""
        return list(_replaced(body, self.extra_body, ""))

    def key_headers(self, key: str) -> dict[str, str]:
        """The header that carries the key, and those that the settings add."""
        found = dict(self.headers)
        found |= {name: from_environment(variable) for name, variable in self.headers_env.items()}
        if key:
            bearer = self.key_header == "Authorization"
            found[self.key_header] = f"Bearer {key}" if bearer else key
        return found

    def missing(self) -> str:
        """A variable of `headers_env` that is not set."""
        return next((name for name in self.headers_env.values() if not os.environ.get(name)), "")

    def url(self, base_url: str, path: str) -> str:
        """The address of a path below a base URL, whose query stays behind it."""
        base, _, query = base_url.partition("#")[0].partition("?")
        place, _, asked = path.partition("?")
        whole = "&".join(filter(None, [query, urlencode(self.query), asked]))
        return f"{base.rstrip('/')}/{place}" + (f"?{whole}" if whole else "")


def _joined(body: Mapping[str, Any], extra: Mapping[str, object]) -> JsonObject:
    found = dict(body)
    for name, value in extra.items():
        inner = found.get(name)
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            found[name] = _joined(inner, value)
        else:
            found[name] = value
    return found


def _replaced(body: Mapping[str, Any], extra: Mapping[str, object], before: str) -> Iterator[str]:
    for name in extra.keys() & body.keys():
        inner, value = body[name], extra[name]
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            yield from _replaced(inner, value, f"{before}{name}.")
        elif inner != value:
            yield f"{before}{name}"


def shape_of(profile: ModelProfile | None) -> Shape:
    """The shape of a profile's server; OpenAI's own without one."""
    if profile is None:
        return Shape()
    preset = preset_of(profile.preset)
    own_files = profile.files
    own = preset.rename if profile.api == "chat" or preset.responses is None else preset.responses.names
    return Shape(
        structured=profile.structured or preset.structured,
        names={**own, **(profile.rename or {})},
        drop=frozenset(profile.drop),
        extra_body={**preset.extra_body, **(profile.extra_body or {})},
        headers=profile.headers or {},
        headers_env=profile.headers_env or {},
        query=profile.query or {},
        key_header=preset.key_header,
        needs_key=preset.needs_key,
        api=profile.api,
        stream=profile.stream,
        stream_usage=preset.stream_usage,
        counted_logprobs=preset.counted_logprobs,
        files=files_of_preset(profile.preset, profile.model, profile.api) if own_files is None else own_files,
        unread=preset.unread if own_files is None else frozenset(),
    )
