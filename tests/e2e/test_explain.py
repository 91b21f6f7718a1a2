"""`prompteval explain`: in any directory, with or without a workspace."""

from typing import Any

from prompteval.core.codes import codes
from tests.golden import ROOT


def test_a_code_is_explained_in_either_case(workspace: Any) -> None:
    """Meaning, example and fix."""
    shown = workspace.run("explain", "pe350", code=0).stdout
    entry = codes()["PE350"]
    assert all(text in shown for text in (entry.meaning, entry.example, f"Fix: {entry.fix}"))


def test_without_a_name_all_are_listed(workspace: Any) -> None:
    """By their groups; `codes` lists codes with their meaning, --all prints the page of the documentation."""
    shown = workspace.run("explain", code=0).stdout
    assert all(name in shown for name in ("PE350", "similarity", "f1", "no_regression", "openai"))
    assert len(workspace.run("explain", "codes", code=0).stdout.splitlines()) == len(codes())
    page = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    assert workspace.run("explain", "--all", code=0).stdout == page


def test_a_key_is_explained_with_its_range_default_and_an_example(workspace: Any) -> None:
    """From the model that reads it."""
    shown = workspace.run("explain", "rag.k", code=0).stdout
    assert all(text in shown for text in ("a whole number from 1 to 100,000", "default  8", "\n    k: 8\n"))


def test_what_check_reports_can_be_explained(workspace: Any) -> None:
    """The code of a problem is one of the index."""
    workspace.write("evals/s.yaml", "promt: route\n")
    told = workspace.run("check", code=2)
    lines = [line for line in (told.stdout + told.stderr).splitlines() if " PE" in line]
    assert lines and all(line.split(" ")[1] in codes() for line in lines)


def test_what_a_module_imports_and_what_is_typed_is_explained(workspace: Any) -> None:
    """Types and functions of a prompt in their own case; verbs; options, with or without their dashes."""
    assert "An image, a PDF document or audio" in workspace.run("explain", "File", code=0).stdout
    assert 'file("{{ photo }}")' in workspace.run("explain", "file", code=0).stdout
    option = "--shard of `prompteval run`: Only part I of N"
    for name in (("shard",), ("--", "--shard")):
        assert workspace.run("explain", *name, code=0).stdout.startswith(option)
    assert workspace.run("explain", "audit", code=0).stdout.startswith("`prompteval audit`: ")
    assert "unknown name 'shrad'" in workspace.run("explain", "shrad", code=2).stderr


def test_an_unknown_code_is_one_line(workspace: Any) -> None:
    """With the nearest one."""
    told = workspace.run("explain", "PE35", code=2).stderr
    assert "unknown code 'PE35'" in told and "did you mean" in told
    workspace.run("explain", "PE350", "--all", code=2)
    told = workspace.run("explain", "abitsain", code=2).stderr
    assert "unknown name 'abitsain' (did you mean 'abstain'?)" in told
