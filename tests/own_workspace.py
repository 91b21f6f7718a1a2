"""This repository's own prompts, suites and cases in another directory, so that no store is written into the project."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copied(directory: Path, *stored: str) -> Path:
    """The copy. Files of `.prompteval/` that are named come with it where `make run` has left them.

    A vector or reply from there is that of the same model and text by its key: only the time differs.
    """
    for part in ("prompts", "evals", "datasets"):
        shutil.copytree(ROOT / part, directory / part)
    (directory / "prompteval.toml").write_text('default_model = "local/use"\n', encoding="utf-8")
    (directory / ".prompteval").mkdir()
    for name in stored:
        if (ROOT / ".prompteval" / name).is_file():
            shutil.copy(ROOT / ".prompteval" / name, directory / ".prompteval" / name)
    return directory
