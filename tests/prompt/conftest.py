"""Prompts written to disk and loaded as users' are."""

from collections.abc import Callable
from pathlib import Path

import pytest

from prompteval.prompt.loader import load_prompt
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.tree import WorkingTree

HEAD = """
from typing import Literal
from pydantic import BaseModel
from prompteval import Prompt, assistant, history, labels, system, user

class Inputs(BaseModel):
    message: str

class Output(BaseModel):
    intent: Literal["billing", "technical"] = labels(billing="Money.", technical="Errors.")

"""


@pytest.fixture
def write_prompt(tmp_path: Path) -> Callable[..., Prompt]:
    """Writes `prompts/p/v1.py` (and files beside it) and loads it."""

    def write(body: str, *, head: str = HEAD, version: int = 1, **files: str) -> Prompt:
        directory = tmp_path / "prompts" / "p"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"v{version}.py").write_text(head + body)
        for name, text in files.items():
            (directory / name.replace("_j2", ".j2")).write_text(text)
        return load_prompt(WorkingTree(tmp_path), "p", version)

    return write
