"""Which suites a workspace has: none hides another, and none is left out silently."""

from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.workspace.discovery import find_prompt, find_suites, prompt_problems, suite_files
from prompteval.workspace.tree import GitTree, WorkingTree
from tests.workspace.test_tree import git

SUITE = "prompt: p\ncases: c.jsonl\n"


def tree(root: Path, *paths: str, text: str = SUITE) -> WorkingTree:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return WorkingTree(root)


@pytest.mark.parametrize("other", ["evals/say.yml", "evals/Say.yaml", "evals/say.YAML"])
def test_b20_two_suites_of_one_name_are_refused(tmp_path: Path, other: str) -> None:
    """By another ending or case: whichever of them is meant, the other would be hidden."""
    found = tree(tmp_path, "evals/say.yaml", "evals/b.yaml", other)
    for selectors in ((), ("say",), (other,)):
        with pytest.raises(InvalidInput, match="PE213 duplicate suite name"):
            find_suites(found, selectors)
    assert find_suites(found, ("b",)) == ("evals/b.yaml",)


@pytest.mark.parametrize("elsewhere", ["evals/more/say.yaml", "other/say.yaml"])
def test_b20_a_suite_elsewhere_may_not_have_the_name_of_one_in_evals(tmp_path: Path, elsewhere: str) -> None:
    """It would be compared with the other's baseline."""
    found = tree(tmp_path, "evals/say.yaml", elsewhere)
    with pytest.raises(InvalidInput, match=f"{elsewhere} has it too"):
        find_suites(found, (elsewhere,))


def test_b20_a_suite_below_a_folder_of_evals_is_not_left_out_in_silence(tmp_path: Path) -> None:
    """`run` without a name means every suite; YAML that is no suite may be there."""
    found = tree(tmp_path, "evals/say.yaml")
    tree(tmp_path, "evals/data/cases.yaml", text="- id: a\n  prompt: x\n")
    assert find_suites(found, ()) == ("evals/say.yaml",)
    tree(tmp_path, "evals/team/strict.yaml")
    with pytest.raises(InvalidInput, match=r"evals/team/strict.yaml:1:1 PE214 .* is not run"):
        find_suites(found, ())
    assert find_suites(found, ("evals/team/strict.yaml",)) == ("evals/team/strict.yaml",)


def test_b20_one_suite_named_in_several_ways_is_one(tmp_path: Path) -> None:
    """A name and any spelling of its path."""
    found = tree(tmp_path, "evals/say.yaml")
    ways = ("say", "evals/say.yaml", "./evals/say.yaml", "evals/../evals/say.yaml", "evals//say.yaml")
    assert find_suites(found, ways) == ("evals/say.yaml",)


def test_b20_the_ending_of_a_suite_may_be_in_upper_case(tmp_path: Path) -> None:
    """A file that looks like a suite is one."""
    assert suite_files(tree(tmp_path, "evals/say.YML")) == ("evals/say.YML",)


def test_b20_unicode_forms_of_a_name_are_one_name(tmp_path: Path) -> None:
    """They look alike, and many disks have one file for both."""
    found = tree(tmp_path, "evals/caf\u00e9.yaml", "evals/cafe\u0301.yaml")
    with pytest.raises(InvalidInput, match="PE213 duplicate suite name"):
        find_suites(found, ())


@pytest.mark.parametrize("name", ["say/v02.py", "say/V2.py", "say/v2.PY", "say/v2/__init__.py"])
def test_b20_a_version_that_is_not_found_is_refused(tmp_path: Path, name: str) -> None:
    """Else an older version would be run as the current one; a version that is named is found."""
    found = tree(tmp_path, "prompts/say/v1.py", f"prompts/{name}", "prompts/say/v1_words.py")
    (problem,) = prompt_problems(found)
    assert str(problem).startswith(f"prompts/{name}:1:1 PE216")
    with pytest.raises(InvalidInput, match="PE216"):
        find_prompt(found, "say")
    assert find_prompt(found, "say", 1).path == "prompts/say/v1.py"


@pytest.mark.parametrize("name", ["say/archive/v1.py", "say/a/b/V2.py", "old/say/v1.py", "v2.py"])
def test_a_version_in_another_directory_is_a_warning(tmp_path: Path, name: str) -> None:
    """It may be set aside on purpose, so nothing is refused; what is below `_` or `.` surely is."""
    found = tree(tmp_path, "prompts/say/v2.py", f"prompts/{name}", "prompts/_archive/x/v1.py")
    tree(tmp_path, "prompts/say/_old/v3.py", "prompts/say/.trash/V3.py", "prompts/say/__pycache__/v3.py")
    (problem,) = prompt_problems(found)
    assert (problem.path, problem.code, problem.severity) == (f"prompts/{name}", "PE216", "warning")
    assert find_prompt(found, "say").version == 2


def test_a_misspelled_version_of_a_commit_is_not_refused(tmp_path: Path) -> None:
    """Nobody can correct it, and it would stop every comparison with that commit."""
    tree(tmp_path, "prompts/say/v1.py", "prompts/say/V2.py")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "one")):
        git(tmp_path, *command)
    (tmp_path / "prompts/say/V2.py").unlink()
    assert find_prompt(GitTree(tmp_path, "HEAD"), "say").version == 1


def test_b20_two_prompts_of_one_name_are_refused(tmp_path: Path) -> None:
    """Two directories that are one on many disks."""
    (problem,) = prompt_problems(tree(tmp_path, "prompts/say/v1.py", "prompts/Say/v1.py"))
    assert "PE213 duplicate prompt name 'say': prompts/Say/v1.py has it too" in str(problem)
