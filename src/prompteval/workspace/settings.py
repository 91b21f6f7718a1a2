"""The workspace: a directory with settings, found upward from where the user stands."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Collector, Problem
from prompteval.workspace.place import STATE_DIR, place_to_write, resolve_inside
from prompteval.workspace.text import decode
from prompteval.workspace.writing import make_directory, write_whole

STORE_VARIABLE = "PROMPTEVAL_STORE"
# A ref, such as the base of a pull request, whose settings say whose code runs and where keys go.
BASE_VARIABLE = "PROMPTEVAL_BASE"
SETTINGS_FILES = ("prompteval.toml", "pyproject.toml")  # the first wins
MAX_SETTINGS_BYTES = 1_000_000
CASE_DEADLINE_SECONDS = 300.0
_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """A named model: `[tool.prompteval.models.NAME]`. Times are seconds.

    `price` is USD per million tokens: `input`, `output`, and `cached_input` where it differs.
    `context_window` is how many tokens the model reads and writes in all, where the table does not
    know it or is wrong. From `preset` to `stream` the keys say
    what the server is (see `server_keys`). `withheld` is not a setting: it says why the model may not be
    called.
    """

    name: str
    provider: str = "openai"
    model: str = ""
    base_url: str | None = None
    api_key_env: str | None = None
    rpm: int | None = None
    tpm: int | None = None
    max_concurrency: int | None = None
    timeout_s: float = 60.0
    max_attempts: int = 5
    case_deadline_s: float = CASE_DEADLINE_SECONDS
    price: Mapping[str, float] | None = None
    context_window: int | None = None
    preset: str | None = None
    structured: str | None = None
    rename: Mapping[str, str] | None = None
    drop: tuple[str, ...] = ()
    extra_body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    headers_env: Mapping[str, str] | None = None
    query: Mapping[str, str] | None = None
    api: str = "chat"
    stream: bool = False
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the workspace's settings file says, defaults filled in.

    `allow` are installed packages whose functions a suite may name, `env` the variables that a
    suite's `headers_env` may read.
    """

    default_model: str = "local/use"
    store: str = f"{STATE_DIR}/results.sqlite"
    models: Mapping[str, ModelProfile] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    env: tuple[str, ...] = ()


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
    store: Path | None = None

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

    def store_path(self) -> Path:
        """The results database. Raises UsageError where the settings put it out of the workspace."""
        if self.store is not None:
            return (self.root / self.store).resolve()
        try:
            return resolve_inside(self.root.resolve(), self.settings.store)
        except ValueError as error:
            message = f"the setting store = {self.settings.store!r}: {error}"
            raise UsageError(message, f"name such a place by the variable {STORE_VARIABLE}") from None


def find_workspace(start: Path) -> Workspace:
    """The nearest workspace at or above `start`.

    A `prompteval.toml` wins over a `[tool.prompteval]` table in the same directory. Raises
    UsageError when there is none, InvalidInput for settings that are wrong.
    """
    directory = start.resolve()
    for place in (directory, *directory.parents):
        own, project = (place / name for name in SETTINGS_FILES)
        if own.is_file():
            return _trusted(_load(place, own), directory)
        if project.is_file() and has_settings(_read(project), project):
            return _trusted(_load(place, project), directory)
    raise UsageError(f"no workspace at or above {directory}", "`prompteval init` creates one")


def withheld(profile: ModelProfile) -> UsageError:
    """The refusal of a model that may not be called."""
    return UsageError(f"model {profile.name!r}: {profile.withheld}", "merge the settings first")


def _trusted(workspace: Workspace, start: Path) -> Workspace:
    """The workspace as it is, or held to the settings of the commit that the environment names."""
    ref = os.environ.get(BASE_VARIABLE)
    if not ref:
        return workspace
    from prompteval.workspace.base_settings import held_to  # which reads settings itself

    return held_to(ref, workspace, start)


def _tool(table: Mapping[str, object]) -> Mapping[str, object]:
    tool = table.get("tool")
    return tool if isinstance(tool, dict) else {}


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


def _parse(text: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error).removesuffix(" (at end of document)")
        line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
        found = _TOML_PLACE.search(message)
        if found is not None:
            message, line, column = message[: found.start()], int(found[1]), int(found[2])
        raise InvalidInput([Problem(str(path), line, column, "PE120", f"not TOML: {message}")]) from None
    except RecursionError:
        raise InvalidInput([Problem(str(path), 1, 1, "PE120", "not TOML: nested too deeply")]) from None
    except ValueError:  # an integer of more digits than Python reads
        message = "not TOML: an integer of more than 4,300 digits"
        raise InvalidInput([Problem(str(path), 1, 1, "PE120", message)]) from None


def _load(root: Path, path: Path) -> Workspace:
    named = os.environ.get(STORE_VARIABLE)
    settings = read_settings(_read(path), path)
    return Workspace(root, settings, path, store=Path(named) if named else None)


def has_settings(text: str, path: Path) -> bool:
    """Whether a settings file makes its directory a workspace; a `pyproject.toml` needs the table for it."""
    own = path.name.endswith(SETTINGS_FILES[0])  # a commit's path begins with its ref
    return own or "prompteval" in _tool(_parse(text, path))


def read_settings(text: str, path: Path) -> Settings:
    """The settings in the text of a settings file; the defaults where a `pyproject.toml` has no table.

    Raises InvalidInput with every slip at its line of `path`.
    """
    table: Any = _parse(text, path)
    if not path.name.endswith(SETTINGS_FILES[0]):  # a commit's path begins with its ref
        table = _tool(table).get("prompteval", {})
    from prompteval.workspace.settings_file import read_settings_file  # with pydantic, for 0.1 s

    problems = Collector(str(path))
    file = read_settings_file(table, text.splitlines(), problems)
    if file is None:
        raise InvalidInput(problems.found)
    given = file.model_dump(exclude_unset=True)
    models = {
        name: ModelProfile(name, **_fixed(profile)) for name, profile in given.pop("models", {}).items()
    }
    return Settings(models=models, **_fixed(given))


def _fixed(values: Mapping[str, object]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
