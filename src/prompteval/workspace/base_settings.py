"""Settings are trusted like code: in a pull request those that open something are its base's."""

from dataclasses import replace
from pathlib import Path

from prompteval.workspace.settings import SETTINGS_FILES, ModelProfile, Settings, Workspace, read_settings
from prompteval.workspace.text import decode
from prompteval.workspace.tree import GitTree


def held_to(ref: str, workspace: Workspace) -> Workspace:
    """The workspace with `allow`, `env`, `store`, and where each model's keys go, of a commit.

    A model whose address or key is not in that commit is withheld. Raises UsageError where git knows
    no such commit, InvalidInput for settings there that are wrong.
    """
    base = settings_at(ref, workspace.root)
    own = workspace.settings
    models = {name: _held(profile, base.models.get(name), ref) for name, profile in own.models.items()}
    held = replace(own, allow=base.allow, env=base.env, store=base.store, models=models)
    return replace(workspace, settings=held)


def settings_at(ref: str, root: Path) -> Settings:
    """The settings of a workspace as a commit has them; the defaults where it has none."""
    tree = GitTree(root, ref)
    for name in SETTINGS_FILES:
        if tree.exists(name):
            path = f"{tree.label}:{name}"
            found = read_settings(decode(tree.read(name), path), Path(path))
            if name == SETTINGS_FILES[0] or found != Settings():
                return found
    return Settings()


def _held(profile: ModelProfile, base: ModelProfile | None, ref: str) -> ModelProfile:
    if base is None and (profile.base_url or profile.api_key_env or profile.headers_env):
        return replace(profile, withheld=f"its base_url and api_key_env are not in the settings of {ref}")
    trusted = base or ModelProfile(profile.name)
    return replace(
        profile,
        base_url=trusted.base_url,
        api_key_env=trusted.api_key_env,
        headers_env=trusted.headers_env,
    )
