"""The text of a settings file to its values."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Collector, Problem
from prompteval.core.text import lines_of
from prompteval.workspace.model_profile import ModelProfile, Settings
from prompteval.workspace.presets import preset_by_host

SETTINGS_FILES = ("prompteval.toml", "pyproject.toml")  # the first wins
_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


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
    file = read_settings_file(table, lines_of(text), problems)
    if file is None:
        raise InvalidInput(problems.found)
    given = file.model_dump(exclude_unset=True)
    models = {
        name: _with_preset(ModelProfile(name, **_fixed(profile)))
        for name, profile in given.pop("models", {}).items()
    }
    return Settings(models=models, **_fixed(given))


def _with_preset(profile: ModelProfile) -> ModelProfile:
    """The profile with the preset of its address, where no preset is named."""
    if profile.provider != ModelProfile("").provider or profile.preset is not None or not profile.base_url:
        return profile
    return replace(profile, preset=preset_by_host(profile.base_url))


def _fixed(values: Mapping[str, object]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def _tool(table: Mapping[str, object]) -> Mapping[str, object]:
    tool = table.get("tool")
    return tool if isinstance(tool, dict) else {}


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
