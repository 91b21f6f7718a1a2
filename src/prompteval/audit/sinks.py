"""The table of calls by which a text reaches a model: `sinks.toml`, and how a name is matched with it."""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["call", "template", "message", "model"]
# What a text is for the model: the words of the operator, of the user, or a list of messages that says which.
Role: TypeAlias = Literal["system", "user", "messages", "config", "inputs"]

_RENAMING = re.compile(
    r"\.(?:with_raw_response|with_streaming_response|beta\.chat|with_options\(\)|with_retry\(\)|copy\(\)"
    r"|bind\(\)|bind_tools\(\)|with_structured_output\(\)|with_config\(\)|with_fallbacks\(\))(?=\.)"
)
# Of functions that give back the client they are given.
_WRAPPER = re.compile(r"(?:^|\.)(?:wrap\w*|patch\w*|from_\w+|apatch|instrument\w*)\(\)$")


@dataclass(frozen=True, slots=True)
class Sink:
    """One kind of call. `prompts` says by argument what its text is for the model."""

    library: str
    names: tuple[str, ...]
    kind: Kind
    prompts: Mapping[str, Role]
    positions: tuple[str, ...]
    settings: tuple[str, ...]
    role: str
    model: tuple[str, ...]
    temperature: tuple[str, ...]
    limit: tuple[str, ...]
    needs: frozenset[str]
    receivers: frozenset[str]
    anywhere: bool


@dataclass(frozen=True, slots=True)
class Library:
    """One client library; `timeout` and `retries` are arguments of its clients and of its calls."""

    name: str
    modules: frozenset[str]
    clients: frozenset[str]
    timeout: tuple[str, ...]
    retries: tuple[str, ...]
    retries_by_default: bool


@dataclass(frozen=True, slots=True)
class SinkTable:
    """All sinks by the last part of their names, and all libraries by name and by module."""

    libraries: Mapping[str, Library]
    by_module: Mapping[str, tuple[Library, ...]]
    by_ending: Mapping[str, tuple[tuple[str, Sink], ...]]

    def match(
        self, name: str, keywords: Collection[str], imported: Collection[str]
    ) -> tuple[str, Sink] | None:
        """(its name in the table, the sink) of a full name, `openai.OpenAI().responses.create`; else None.

        A name that begins with `?` has an unknown receiver: the keywords of the call, or the name of the
        receiver in a module that has `imported` the library, must tell.
        """
        name = _RENAMING.sub("", name)
        ending = name.rpartition(".")[2]
        candidates = self.by_ending.get(ending, ())
        if name.startswith("?"):
            return next((c for c in candidates if self._told(*c, name, keywords, imported)), None)
        libraries = self.by_module.get(name.partition(".")[0], ())
        known = {library.name for library in libraries}
        return next((c for c in candidates if c[1].library in known and _ends(name, c[0])), None)

    def _told(
        self, wanted: str, sink: Sink, name: str, keywords: Collection[str], imported: Collection[str]
    ) -> bool:
        if sink.anywhere and sink.needs <= set(keywords) and _ends(name, wanted.rpartition("().")[2]):
            return True
        if not sink.receivers or not self.libraries[sink.library].modules & set(imported):
            return False
        receiver = name.removeprefix("?").rpartition(".")[0]
        return any(receiver == r or receiver.endswith("." + r) for r in sink.receivers)

    def client(self, name: str) -> Library | None:
        """The library whose client a constructor makes, such as `openai.OpenAI`; else None."""
        ending = name.rpartition(".")[2]
        for library in self.by_module.get(name.partition(".")[0], ()):
            if ending in library.clients:
                return library
        return None


def is_wrapper(name: str) -> bool:
    """Whether a call gives back the client that is its first argument: `instructor.from_openai()`."""
    return _WRAPPER.search(name) is not None


def _ends(name: str, wanted: str) -> bool:
    return name == wanted or name.endswith("." + wanted)


@cache
def sink_table() -> SinkTable:
    """The table that ships."""
    text = files("prompteval.audit").joinpath("sinks.toml").read_text(encoding="utf-8")
    libraries: dict[str, Library] = {}
    by_module: dict[str, list[Library]] = {}
    by_ending: dict[str, list[tuple[str, Sink]]] = {}
    for name, entry in tomllib.loads(text).items():
        library = Library(
            name,
            frozenset(entry["modules"]),
            frozenset(entry.get("clients", ())),
            tuple(entry.get("timeout", ("timeout", "request_timeout", "http_options"))),
            tuple(entry.get("retries", ("max_retries", "num_retries", "http_options"))),
            bool(entry.get("retries_by_default", False)),
        )
        libraries[name] = library
        for module in library.modules:
            by_module.setdefault(module, []).append(library)
        for call in entry["calls"]:
            on_clients = bool(call.get("on_clients", call.get("anywhere", False)))
            sink = _sink(library, call, on_clients)
            for one in sink.names:
                by_ending.setdefault(one.rpartition(".")[2], []).append((one, sink))
    return SinkTable(
        libraries,
        {module: tuple(found) for module, found in by_module.items()},
        {ending: tuple(found) for ending, found in by_ending.items()},
    )


def _sink(library: Library, call: Mapping[str, object], on_clients: bool) -> Sink:
    names = _texts(call.get("names"))
    if on_clients:
        bare = tuple(f"{client}().{name}" for client in sorted(library.clients) for name in names)
        names = bare + tuple(name for name in names if call.get("anywhere"))
    elif library.name in ("ollama", "cohere", "mistral", "huggingface", "vllm"):
        made = tuple(f"{client}().{name}" for client in sorted(library.clients) for name in names)
        names = made + tuple(f"{library.name}.{name}" for name in names)
    prompts = call.get("prompts", {})
    kind = call.get("kind", "call")
    return Sink(
        library=library.name,
        names=names,
        kind=kind if kind in ("template", "message", "model") else "call",
        prompts=prompts if isinstance(prompts, dict) else {},
        positions=_texts(call.get("positions")),
        settings=_texts(call.get("settings")),
        role=str(call.get("role", "")),
        model=_texts(call.get("model")) or ("model",),
        temperature=_texts(call.get("temperature")) or ("temperature",),
        limit=_texts(call.get("limit")) or ("max_tokens", "max_completion_tokens", "max_output_tokens"),
        needs=frozenset(_texts(call.get("needs"))),
        receivers=frozenset(_texts(call.get("receivers"))),
        anywhere=bool(call.get("anywhere", False)),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else ()
