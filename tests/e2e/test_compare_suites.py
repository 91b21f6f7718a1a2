"""A suite that one side of a comparison lacks: never skipped, unless it is named."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from prompteval.cli.app import command_line
from prompteval.cli.ending import conclude
from tests.e2e.test_compare_git import git
from tests.small_workspace import SUITE, Place
from tests.small_workspace import place as place


@dataclass(frozen=True)
class Kept(Place):
    """In a repository of its own, driven by the command line in this process."""

    output: pytest.CaptureFixture[str]

    def compare(self, *arguments: str, code: int) -> str:
        found = conclude(lambda: command_line(["compare", "-q", *arguments]))
        told = self.output.readouterr()
        assert found == code, told
        return told.out + told.err


@pytest.fixture
def kept(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kept:
    """Suites `s` and `two`, committed."""
    place.write("evals/two.yaml", SUITE)
    place.write(".gitignore", ".prompteval\n")
    git(place.root, "init", "-q")
    git(place.root, "add", "-A")
    git(place.root, "commit", "-qm", "first")
    monkeypatch.chdir(place.root)
    return Kept(place.root, capsys)


def test_b20_a_suite_that_is_gone_is_incomplete_unless_it_is_named(kept: Kept) -> None:
    """Deleted in the working tree, against the commit that has it."""
    (kept.root / "evals/two.yaml").unlink()
    assert "B lacks the suite two; where that is on purpose: --removed two" in kept.compare(
        "git:HEAD", code=3
    )
    assert "nothing changed in s" in kept.compare("git:HEAD", "--removed", "two", code=0)
    kept.compare("git:HEAD", "--suite", "s", code=0)


@pytest.mark.parametrize(
    ("name", "told"), [("s", "B still has this suite"), ("three", "A has no such suite")]
)
def test_b20_only_a_suite_that_is_gone_can_be_named_so(kept: Kept, name: str, told: str) -> None:
    """A name that is left behind would hide the next suite of this name."""
    (kept.root / "evals/two.yaml").unlink()
    assert told in kept.compare("git:HEAD", "--removed", name, code=2)


def test_b20_a_renamed_suite_is_gone_under_its_old_name(kept: Kept) -> None:
    """The new one is new; another ending of the file is no other name."""
    (kept.root / "evals/two.yaml").rename(kept.root / "evals/deux.yaml")
    assert "B lacks the suite two" in kept.compare("git:HEAD", code=3)
    (kept.root / "evals/deux.yaml").rename(kept.root / "evals/two.yml")
    kept.compare("git:HEAD", code=0)


def test_b20_a_stored_side_that_lacks_a_suite_is_incomplete(kept: Kept) -> None:
    """A run of one suite against a run, or baselines, of two; the other way round it is new."""
    whole = kept.run().run_id
    part = kept.run(suites=("s",)).run_id
    assert "B lacks the suite two" in kept.compare(whole, part, code=3)
    assert "only in A" not in kept.compare(part, whole, code=0)
    kept.compare(whole, part, "--removed", "two", code=0)
    kept.compare(whole, part, "--suite", "s", code=0)
    (kept.root / "evals/two.yaml").unlink()
    assert "B lacks the suite two" in kept.compare(whole, code=3)


def test_b20_a_suite_that_neither_side_has_is_refused(kept: Kept) -> None:
    """Beside one that both have, it would be left out silently."""
    run = kept.run().run_id
    told = kept.compare(run, run, "--suite", "s", "--suite", "tow", code=2)
    assert "--suite tow: neither side has this suite" in told


def test_b20_two_commits_are_compared_by_what_each_has(kept: Kept) -> None:
    """The suite that the second has no more is missed, whatever the working tree holds."""
    (kept.root / "evals/two.yaml").unlink()
    git(kept.root, "commit", "-qam", "second")
    assert "B lacks the suite two" in kept.compare("git:HEAD~1", "git:HEAD", code=3)
    assert "nothing changed in s" in kept.compare("git:HEAD", "git:HEAD~1", code=0)
    assert Path("evals/s.yaml").exists()
