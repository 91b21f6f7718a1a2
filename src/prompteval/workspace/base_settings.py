"""Settings are trusted like code: in a pull request those that open something are its base's."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from prompteval.core.errors import UsageError
from prompteval.workspace.model_profile import ModelProfile, Settings
from prompteval.workspace.settings_text import SETTINGS_FILES, has_settings, read_settings
from prompteval.workspace.text import decode
from prompteval.workspace.tree import GitTree

if TYPE_CHECKING:
    from prompteval.workspace.settings import Workspace


def held_to(ref: str, workspace: "Workspace", start: Path) -> "Workspace":
    """The workspace, found upward from `start`, with what a commit says of rights, keys and addresses.

    These are `allow`, `env` and `store`, and of each model its address, its key, its headers and its query.
    A model whose address or key is not in that commit is withheld. Raises UsageError where git has
    no such commit, or settings there that are nearer to `start`; InvalidInput for settings that are wrong.
    """
    base = settings_at(ref, workspace.root) or Settings()
    _refuse_moved(ref, start, workspace.root)
    own = workspace.settings
    models = {name: _held(profile, base.models.get(name), ref) for name, profile in own.models.items()}
    held = replace(own, allow=base.allow, env=base.env, store=base.store, models=models)
    return replace(workspace, settings=held)


def settings_at(ref: str, root: Path) -> Settings | None:
    """The settings of a workspace as a commit has them; None where the directory is not a workspace there."""
    tree = GitTree(root, ref)
    for name in SETTINGS_FILES:
        if tree.exists(name):
            path = Path(f"{tree.label}:{name}")
            text = decode(tree.read(name), str(path))
            if has_settings(text, path):
                return read_settings(text, path)
    return None


def _refuse_moved(ref: str, start: Path, root: Path) -> None:
    """Raise UsageError where a commit's workspace lies below this one: its suites would be run no more."""
    for directory in (start, *start.parents):
        if directory == root:
            return
        if directory.is_dir() and settings_at(ref, directory) is not None:
            where = directory.relative_to(root).as_posix()
            message = f"at {ref} the workspace is {where}, whose settings no longer exist"
            raise UsageError(message, f"restore them, or run in {root}")


def _held(profile: ModelProfile, base: ModelProfile | None, ref: str) -> ModelProfile:
    if base is None and (profile.base_url or profile.api_key_env or profile.headers_env):
        return replace(profile, withheld=f"its base_url and api_key_env are not in the settings of {ref}")
    trusted = base or ModelProfile(profile.name)
    return replace(
        profile,
        base_url=trusted.base_url,
        api_key_env=trusted.api_key_env,
        headers_env=trusted.headers_env,
        # A gateway may pass a request on to where one of these says.
        headers=trusted.headers,
        query=trusted.query,
    )
