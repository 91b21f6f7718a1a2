"""A model reference to a provider: a profile's name, or `kind/rest`."""

import posixpath
from collections.abc import Container, Sequence
from dataclasses import asdict
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import Provider
from prompteval.core.registry import create, is_built_in, resolve, table
from prompteval.providers.plugin import guarded
from prompteval.workspace.presets import PRESETS
from prompteval.workspace.settings import ModelProfile, Workspace, withheld
from prompteval.workspace.sources import MODEL_FILES
from prompteval.workspace.tree import WorkingTree, why_unreadable

GROUP = "prompteval.providers"
LOCAL = "local"
# How fast and for how much a model is asked; the answer is the same model's regardless of them.
_NOT_THE_MODEL = frozenset(
    {
        "name", "provider", "model", "base_url", "api_key_env", "rpm", "tpm", "max_concurrency",
        "timeout_s", "max_attempts", "case_deadline_s", "price", "context_window", "stream", "files",
    }
)  # fmt: skip


def check_reference(reference: str, workspace: Workspace) -> tuple[str, str, ModelProfile | None]:
    """(kind, rest, profile) of a reference, without loading the model.

    Raises UsageError for a name that is not a profile and no known kind.
    """
    profile = workspace.settings.models.get(reference)
    kinds = table(GROUP)
    if profile is not None:
        if profile.provider not in kinds:
            help = did_you_mean(profile.provider, kinds)
            raise UsageError(f"model {reference!r}: unknown provider {profile.provider!r}", help)
        return profile.provider, profile.model, profile
    kind, slash, rest = reference.partition("/")
    if kind not in kinds or not slash or not rest:
        known = [*workspace.settings.models, *(f"{name}/..." for name in kinds)]
        help = _usual_slip(reference, kinds) or did_you_mean(reference, known)
        raise UsageError(f"unknown model {reference!r}", help)
    return kind, rest, None


def _usual_slip(reference: str, kinds: Container[str]) -> str:
    """How a reference is written that other tools write with a colon, or with the name of a server."""
    kind, colon, rest = reference.partition(":" if "/" not in reference else "/")
    if not rest:
        return ""
    if kind in kinds:
        return f"did you mean '{kind}/{rest}'?" if colon == ":" else ""
    asked = f'provider = "openai", preset = "{kind}", model = "{rest}" and a base_url'
    return f"name a profile with {asked}" if kind in PRESETS else ""


def same_model(reference: str, workspace: Workspace) -> tuple[str, ...]:
    """What two references have in common where they name one model: its kind, name, server and settings.

    Raises UsageError as `check_reference`.
    """
    kind, rest, profile = check_reference(reference, workspace)
    server = url_of(kind, profile)
    rest = rest if server else posixpath.normpath(rest)
    settings = asdict(profile or ModelProfile(reference))
    parts = (f"{key}={value!r}" for key, value in settings.items() if key not in _NOT_THE_MODEL)
    return (kind, rest, server, *parts)


def url_of(kind: str, profile: ModelProfile | None) -> str:
    """The base URL that models of a kind are asked at; empty for those that ask no server of ours.

    Raises UsageError for a profile that is withheld.
    """
    if kind == "openai":
        from prompteval.providers.openai import server_url

        return server_url(profile).rstrip("/")
    from prompteval.providers.hosted.server import NATIVE

    return NATIVE[kind].server_url(profile) if kind in NATIVE else ""


def check_model(reference: str, workspace: Workspace) -> None:
    """As `check_reference`; a file behind `scripted/` and `replay/`, a profile's transforms and the head of
    a file behind `gguf/` are read too.

    Raises UsageError when the file cannot be opened and for a profile that is withheld, InvalidInput
    for what is wrong inside.
    """
    kind, rest, profile = check_reference(reference, workspace)
    if kind in MODEL_FILES:
        reason = why_unreadable(WorkingTree(workspace.root), rest)
        if reason:
            raise UsageError(f"{reference}: {reason}")
        resolve(GROUP, kind)(rest, profile, workspace.root)
    elif kind == LOCAL and profile is not None:
        from prompteval.providers.local.learned import profile_transforms

        profile_transforms(profile, workspace.root)
    elif kind == "gguf":
        from prompteval.providers.gguf.model_file import head_of

        head_of(rest, profile, workspace.root)
    elif profile is not None and profile.withheld:
        raise withheld(profile)


def open_provider(reference: str, workspace: Workspace) -> Provider:
    """The provider behind a model reference, without any layer around it."""
    kind, rest, profile = check_reference(reference, workspace)
    provider: Provider = create(GROUP, kind, lambda factory: factory(rest, profile, workspace.root))
    return provider if is_built_in(GROUP, kind) else guarded(kind, provider)


class DefaultEmbedder:
    """The embedded model as an Embedder, found and loaded at the first text."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._found: object = None

    @property
    def identity(self) -> str:
        return str(self._open().identity)

    def check_ready(self) -> None:
        """Raise MissingExtra where the model is not installed."""
        self._open()

    def embed(self, texts: Sequence[str]) -> tuple[Any, int]:
        """(float32 array of shape (len(texts), dimension), number of texts truncated)."""
        found: tuple[Any, int] = self._open().embed(texts)
        return found

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text is longer than the encoder's window."""
        longer: list[bool] = self._open().truncates(texts)
        return longer

    def _open(self) -> Any:
        if self._found is None:
            from prompteval.providers.local.encoder import open_encoder

            self._found = open_encoder("minilm", self._workspace.root)
        return self._found
