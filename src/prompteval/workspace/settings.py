"""The workspace: a directory with settings, found upward from where the user stands."""

import os
from dataclasses import dataclass
from pathlib import Path

from prompteval.core.errors import InvalidInput, NoWorkspace, UsageError
from prompteval.core.problem import Problem
from prompteval.workspace.base_settings import held_to
from prompteval.workspace.model_profile import CASE_DEADLINE_SECONDS as CASE_DEADLINE_SECONDS
from prompteval.workspace.model_profile import ModelProfile as ModelProfile
from prompteval.workspace.model_profile import Settings as Settings
from prompteval.workspace.safe_paths import STATE_DIR, place_to_write, resolve_inside
from prompteval.workspace.settings_text import SETTINGS_FILES as SETTINGS_FILES
from prompteval.workspace.settings_text import has_settings as has_settings
from prompteval.workspace.settings_text import read_settings as read_settings
from prompteval.workspace.store_place import POSTGRES, StorePlace, place_named
from prompteval.workspace.text import decode
from prompteval.workspace.writing import make_directory, write_whole

STORE_VARIABLE = "PROMPTEVAL_STORE"
# A ref, such as the base of a pull request, whose settings say whose code runs and where keys go.
BASE_VARIABLE = "PROMPTEVAL_BASE"
MAX_SETTINGS_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Workspace:
    """A directory with prompts, suites and cases, and its settings.

    `imports` is False where none of its Python may run. `store` is where the results are kept in place of
    what the settings say: anywhere, for it comes from the user and not from a file.
    """

    root: Path
    settings: Settings
    config_path: Path
    imports: bool = True
    store: str | None = None

    def state_path(self) -> Path:
        """Where `.prompteval/` lies, be it there or not. Raises UsageError where a link leads out."""
        return place_to_write(self.root / STATE_DIR, self.root)

    def state_dir(self) -> Path:
        """`.prompteval/`, made on first use with its own .gitignore, and its owner's alone."""
        directory = self.root / STATE_DIR
        try:
            directory = make_directory(directory, within=self.root, private=True)
            ignore = directory / ".gitignore"
            if ignore.is_symlink():
                raise UsageError(f"{ignore} is a symbolic link, and is not followed", "remove it")
            if not ignore.exists():
                write_whole(ignore, [b"*\n"], within=directory, private=True)
        except OSError as error:
            raise UsageError(f"{directory} cannot be written: {error.strerror}") from None
        return directory

    def store_place(self) -> StorePlace:
        """Where the results are kept. Raises UsageError where the settings put them out of the workspace."""
        if self.store is not None:
            named = place_named(self.store, self.root, STORE_VARIABLE)
            return named if named.file is None else StorePlace(named.file.resolve())
        if self.settings.store == POSTGRES:
            return StorePlace(None)
        try:
            return StorePlace(resolve_inside(self.root.resolve(), self.settings.store))
        except ValueError as error:
            message = f"the setting store = {self.settings.store!r}: {error}"
            raise UsageError(message, f"name such a place by the variable {STORE_VARIABLE}") from None

    def has_second_table(self) -> bool:
        """Whether a pyproject.toml beside the settings has a table of settings too, which is not read."""
        own, project = (self.root / name for name in SETTINGS_FILES)
        if self.config_path.name != own.name or not project.is_file():
            return False
        try:
            return has_settings(_read(project), project)
        except InvalidInput:  # it is not ours to judge
            return False


def find_workspace(start: Path) -> Workspace:
    """The nearest workspace at or above `start`.

    A `prompteval.toml` wins over a `[tool.prompteval]` table in the same directory. Raises
    NoWorkspace when there is none, InvalidInput for settings that are wrong.
    """
    directory = start.resolve()
    for place in (directory, *directory.parents):
        own, project = (place / name for name in SETTINGS_FILES)
        if own.is_file():
            return _trusted(_load(place, own), directory)
        if project.is_file() and has_settings(_read(project), project):
            return _trusted(_load(place, project), directory)
    raise NoWorkspace(f"no workspace at or above {directory}", "`prompteval init` creates one")


def withheld(profile: ModelProfile) -> UsageError:
    """The refusal of a model that may not be called."""
    return UsageError(f"model {profile.name!r}: {profile.withheld}", "merge the settings first")


def _trusted(workspace: Workspace, start: Path) -> Workspace:
    """The workspace as it is, or held to the settings of the commit that the environment names."""
    ref = os.environ.get(BASE_VARIABLE)
    return held_to(ref, workspace, start) if ref else workspace


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SETTINGS_BYTES + 1)
    except OSError as error:
        reason = f"it cannot be read: {error.strerror}"
        raise InvalidInput([Problem(str(path), 0, 0, "PE101", reason)]) from None
    if len(data) > MAX_SETTINGS_BYTES:
        reason = f"the file is larger than {MAX_SETTINGS_BYTES:,} bytes"
        raise InvalidInput([Problem(str(path), 1, 1, "PE101", reason)])
    return decode(data, str(path))


def _load(root: Path, path: Path) -> Workspace:
    named = os.environ.get(STORE_VARIABLE)
    settings = read_settings(_read(path), path)
    return Workspace(root, settings, path, store=named or None)
