"""Where the runs of a pytest session lie; loaded in every project, so it imports nothing of prompteval."""

import tempfile
from pathlib import Path

import pytest

DIRECTORY = pytest.StashKey[Path]()
SHARED = "prompteval_directory"


def runs_directory(config: pytest.Config) -> Path:
    """Where this session's runs lie: the controller's directory in a worker, else one made here."""
    given = getattr(config, "workerinput", {}).get(SHARED)
    if given is not None:
        return Path(given)
    if DIRECTORY not in config.stash:
        config.stash[DIRECTORY] = Path(tempfile.mkdtemp(prefix="prompteval-"))
    return config.stash[DIRECTORY]
