"""Scorers of any form: functions, plain classes, dataclasses, classes that inherit, coroutines."""

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Observation
from prompteval.core.protocols import BatchScorer, Scorer
from prompteval.scoring.build import build_scorer
from prompteval.workspace.settings import Settings, Workspace
from prompteval.workspace.suite import ScorerSpec

MODULE = """
from dataclasses import dataclass
from prompteval.core.protocols import Scorer

def plain(case, observation): return 0.5
async def later(case, observation): return 0.5

class Bare:
    def __init__(self, name): self.name = name
    def score(self, case, observation): return 0.5

class Nameless:
    version = "3"
    async def score(self, case, observation): return 0.5

@dataclass(frozen=True)
class Frozen:
    name: str
    level: int = 1
    fields_used: tuple = ("team",)
    def score(self, case, observation): return 0.5

class Heir(Scorer):
    thread_safe = False
    def __init__(self, name, level: int = 1): self.name = name
    def score(self, case, observation): return 0.5

class Many:
    max_batch = 7
    def score(self, case, observation): return 0.5
    def score_many(self, items): return [0.5] * len(items)

class Broken:
    def __init__(self): raise KeyError("x")
    def score(self, case, observation): return 0.5

class Wrong(Bare):
    thread_safe = "no"
"""


def build(tmp_path: Path, name: str, **options: Any) -> Scorer:
    (tmp_path / "mine.py").write_text(MODULE)
    spec = ScorerSpec("python", {"function": f"mine:{name}", **options}, "python", 1, 1)
    return build_scorer(spec, workspace=Workspace(tmp_path, Settings(), tmp_path))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("plain", {}), ("later", {}), ("Bare", {}), ("Nameless", {"version": "3"}), ("Many", {"max_batch": 7}),
        ("Frozen", {"fields_used": ("team",)}), ("Heir", {"thread_safe": False}),
    ],
)  # fmt: skip
def test_every_form_is_a_scorer(tmp_path: Path, name: str, told: dict[str, Any]) -> None:
    """With what it says of itself, and the protocol's defaults for the rest."""
    scorer = build(tmp_path, name)
    assert isinstance(scorer, Scorer) and scorer.name == name
    assert isinstance(scorer, BatchScorer) == (name == "Many")
    defaults = {"fields_used": (), "decides": True, "version": "", "thread_safe": True, "pace": "long"}
    assert {key: getattr(scorer, key) for key in {**defaults, **told}} == {**defaults, **told}
    assert inspect.iscoroutinefunction(scorer.score) == (name in ("later", "Nameless"))
    found: Any = scorer.score(Case("a", {}), Observation("ok"))
    found = asyncio.run(found) if inspect.isawaitable(found) else found
    assert found == 0.5 or found.value == 0.5


def test_a_function_takes_what_a_suite_says_of_it(tmp_path: Path) -> None:
    """Its version covers its file, so that an edit counts as another version."""
    scorer = build(tmp_path, "plain", version="2", thread_safe=False, timeout_s=3)
    assert (scorer.thread_safe, scorer.timeout_s) == (False, 3.0)
    assert scorer.version.startswith("2:sha256:")


def test_every_scorer_takes_a_threshold(tmp_path: Path) -> None:
    """Also one whose class knows of none; what it says is right stays with it."""
    assert build(tmp_path, "plain", threshold=0.5).threshold == 0.5
    for name in ("Bare", "Heir"):
        scorer = build(tmp_path, name, threshold=0.5)
        assert (scorer.threshold, scorer.decides) == (0.5, True)
    assert not build(tmp_path, "Heir", threshold=0.5).thread_safe


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("plain", {"levle": 1}, "python has no option 'levle'"),
        ("Frozen", {"levle": 1}, "mine:Frozen has no option 'levle' (did you mean 'level'?)"),
        ("Heir", {"level": "x"}, "mine:Heir: level must be a whole number, not 'x'"),
        ("Bare", {"threshold": "x"}, "threshold must be a number from"),
        ("Broken", {}, "mine:Broken: KeyError: 'x'"),
        ("Wrong", {}, "Wrong: thread_safe must be true or false, not 'no'"),
    ],
)
def test_what_is_wrong_with_a_scorer_is_one_line(
    tmp_path: Path, name: str, options: dict[str, Any], told: str
) -> None:
    """With the nearest name of an option; never a traceback."""
    with pytest.raises((UsageError, ValueError)) as caught:
        build(tmp_path, name, **options)
    assert told in str(caught.value)
