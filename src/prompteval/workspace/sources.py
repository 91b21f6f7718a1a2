"""What a workspace is made of: the files that a run reads, and that no report may replace."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from prompteval.core.errors import InvalidInput
from prompteval.workspace.discovery import suite_files
from prompteval.workspace.safe_paths import STATE_DIR
from prompteval.workspace.server_keys import GGUF
from prompteval.workspace.settings import SETTINGS_FILES, Workspace
from prompteval.workspace.suite import Suite, load_suite
from prompteval.workspace.tree import WorkingTree

# Providers whose model is a file, as a path from the workspace's root.
MODEL_FILES = ("scripted", "replay")
_DIRECTORIES = {
    STATE_DIR: "prompteval keeps its own files there",
    "evals/baselines": "baselines are kept there",
}
_ENDINGS = {"evals": (".yaml", ".yml"), "prompts": (".py", ".lock")}


def why_source(
    workspace: Workspace, path: Path, suites: Iterable[str] = (), models: Iterable[str] = ()
) -> str:
    """Why a file to write is one that the workspace is made of; empty where it is not.

    `suites` and `models` are those of the command line. A suite that cannot be read has no sources.
    """
    root, place = workspace.root.resolve(), path.resolve()
    if root not in place.parents:
        return ""
    inside = place.relative_to(root)
    for directory, why in _DIRECTORIES.items():
        if (root / directory).resolve() in place.parents:
            return why
    if place in [(root / name).resolve() for name in SETTINGS_FILES]:
        return "it holds the workspace's settings"
    if inside.suffix in _ENDINGS.get(inside.parts[0], ()):
        return f"it is one of the workspace's {inside.parts[0]}"
    for named, what in _named(workspace, suites, models):
        found = (root / named).resolve()
        if found == place or found in place.parents:
            return what
    return ""


def _named(workspace: Workspace, suites: Iterable[str], models: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(path from the root, what it is) of every file and directory that suites and settings name."""
    tree = WorkingTree(workspace.root)
    for path in dict.fromkeys((*suite_files(tree), *suites)):
        try:
            suite = load_suite(tree, path)
        except InvalidInput:  # which the run itself reports; a name alone is not a file
            continue
        yield path, "it is a suite"
        yield from _of_suite(suite)
        yield from _of_models(workspace, (named.text for named in suite.models), suite.path)
    yield from _of_models(workspace, (workspace.settings.default_model, *models), "this workspace")


def _of_suite(suite: Suite) -> Iterator[tuple[str, str]]:
    for source in suite.cases:
        if source.path is not None:
            yield source.path, f"{suite.path} reads its cases there"
    if suite.target.kind == "outputs":
        yield suite.target.value, f"{suite.path} scores the outputs in it"
    if suite.rag is not None:
        yield suite.rag.corpus, f"{suite.path} reads its corpus there"
        if suite.rag.retriever.kind == "run":
            yield str(suite.rag.retriever.options["run"]), f"{suite.path} reads its rankings there"


def _of_models(workspace: Workspace, models: Iterable[str], owner: str) -> Iterator[tuple[str, str]]:
    profiles: Mapping[str, str] = {
        name: f"{profile.provider}/{profile.model}" for name, profile in workspace.settings.models.items()
    }
    for reference in models:
        provider, _, file = profiles.get(reference, reference).partition("/")
        if provider in (*MODEL_FILES, GGUF) and file:
            yield file, f"it is the model {reference} of {owner}"
