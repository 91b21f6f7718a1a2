"""Which prompts are served, under which names: looked up in prompts.lock, and again when that changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.engine.application_model import ApplicationModel
from prompteval.engine.bound_prompt import BoundPrompt
from prompteval.engine.fit_model import refuse_unfit
from prompteval.plan.prompt_references import PromptReference, load_reference, parse_reference
from prompteval.prompt.lock import Lock, changed_versions, read_lock
from prompteval.prompt.lock_problem import PATH
from prompteval.prompt.prompt import Prompt
from prompteval.prompt.schema import json_schema
from prompteval.serve.asgi import Header
from prompteval.workspace.discovery import prompt_files
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree


@dataclass(frozen=True)
class Served:
    """One version of a prompt as it is asked for by one name."""

    bound: BoundPrompt

    @cached_property
    def headers(self) -> tuple[Header, ...]:
        """What every answer says of the prompt, beside the id of the request."""
        prompt = self.bound.prompt
        return (
            (b"x-prompteval-prompt", prompt.reference.encode("ascii", "replace")),
            (b"x-prompteval-fingerprint", prompt.fingerprint.encode("ascii")),
            (b"x-prompteval-model", self.bound.model.reference.encode("ascii", "replace")),
        )

    @cached_property
    def declared(self) -> frozenset[str]:
        """Every name of a field in the inputs, nested ones too."""
        return frozenset(_names(json_schema(self.bound.prompt.inputs)))

    @property
    def is_text(self) -> bool:
        """Whether the output is plain text, which can be streamed."""
        return self.bound.prompt.output is str


# What is served by what follows `/v1/prompts/`: `route`, `route@v2`, `route@production`.
Names: TypeAlias = Mapping[str, Served]


@dataclass(slots=True)
class Catalogue:
    """Looks up what is served. Models and unchanged versions are kept from one look to the next."""

    workspace: Workspace
    references: tuple[str, ...] = ()
    model: str | None = None
    unpublished: bool = False
    _models: dict[str, ApplicationModel] = field(default_factory=dict)
    _kept: dict[tuple[str, str, str], Served] = field(default_factory=dict)
    _text: bytes | None = None

    def changed(self) -> bool:
        """Whether prompts.lock is not as it was when it was last looked at."""
        return self._lock_text() != self._text

    def look(self) -> Names:
        """What is served now. Raises UsageError or InvalidInput, and nothing changes, where that is wrong."""
        text = self._lock_text()
        tree = WorkingTree(self.workspace.root)
        lock = read_lock(tree)
        found: dict[str, Served] = {}
        for reference in self._references(tree, lock):
            served = self._served(load_reference(tree, reference), lock)
            prompt = served.bound.prompt
            found[str(reference)] = served
            found.setdefault(prompt.name, served)
            found.setdefault(prompt.reference, served if not prompt.alias else self._plain(served, lock))
        if not found:
            raise UsageError(
                "no published prompt to serve", "`prompteval lock` publishes, --unpublished serves"
            )
        self._text = text
        used = set(map(id, found.values()))
        self._kept = {key: served for key, served in self._kept.items() if id(served) in used}
        return found

    def models(self) -> Sequence[ApplicationModel]:
        """Every model that is used."""
        return tuple(self._models.values())

    def _references(self, tree: WorkingTree, lock: Lock) -> Iterator[PromptReference]:
        """Those that were asked for, or every published version and every alias; a bare name comes first."""
        if self.references:
            for text in self.references:
                reference = parse_reference(text)
                if reference.commit:
                    raise UsageError(
                        f"{text!r} is at another commit", "serve name, name@v1 or name@production"
                    )
                yield reference
            return
        for name, files in prompt_files(tree).items():
            versions = [
                file.version for file in files if self.unpublished or (name, file.version) in lock.versions
            ]
            for version in reversed(versions):
                yield PromptReference(name, version)
        for name, alias in lock.aliases:
            yield PromptReference(name, alias=alias)

    def _plain(self, served: Served, lock: Lock) -> Served:
        """The same version, asked for by its number."""
        reference = parse_reference(served.bound.prompt.reference)
        return self._served(load_reference(WorkingTree(self.workspace.root), reference), lock)

    def _served(self, prompt: Prompt, lock: Lock) -> Served:
        if not self.unpublished:
            self._refuse_unpublished(prompt, lock)
        key = (prompt.reference, prompt.alias, prompt.fingerprint)
        if key not in self._kept:
            chosen = self.model or prompt.model or self.workspace.settings.default_model
            refuse_unfit(prompt, chosen, self.workspace)
            self._kept[key] = Served(BoundPrompt(prompt, self._model(chosen)))
        return self._kept[key]

    def _refuse_unpublished(self, prompt: Prompt, lock: Lock) -> None:
        if (prompt.name, prompt.version) not in lock.versions:
            help = f"`prompteval lock {prompt.reference}` publishes it, --unpublished serves it"
            raise UsageError(f"{prompt.reference} is not published", help)
        tree = WorkingTree(self.workspace.root)
        known = {name: [file.version for file in files] for name, files in prompt_files(tree).items()}
        changed = changed_versions(lock.versions, [prompt], known, tree)
        if changed:
            raise InvalidInput(changed)

    def _model(self, reference: str) -> ApplicationModel:
        if reference not in self._models:
            self._models[reference] = ApplicationModel(reference, self.workspace)
        return self._models[reference]

    def _lock_text(self) -> bytes | None:
        path = self.workspace.root / PATH
        return path.read_bytes() if path.is_file() else None


def _names(schema: object) -> Iterator[str]:
    """The names of the properties anywhere in a JSON schema."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties" and isinstance(value, dict):
                yield from value
            yield from _names(value)
    elif isinstance(schema, list):
        for one in schema:
            yield from _names(one)
