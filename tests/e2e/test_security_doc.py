"""What docs/security.md promises of verbs, and its recipe for a stranger's pull request."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs/security.md"
TRAP = "import os\nopen(os.environ['MARK'], 'w').close()\nprompt = 1\n"
TREC = "1 0 a 1\n"


def git(directory: Path, *arguments: str) -> None:
    name = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *name, *arguments], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def trapped(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A workspace with a stored run, whose prompt then leaves a mark when it is imported."""
    workspace.run("run", "-q", code=0)
    workspace.write("prompts/route/v1.py", TRAP)
    workspace.write("prompts/route/v2.py", TRAP)
    workspace.write("qrels", TREC)
    workspace.write("run.trec", "1 Q0 a 1 2.0 x\n")
    monkeypatch.setenv("MARK", str(workspace.root.parent / "ran"))
    return workspace


def test_s32_verbs_that_run_no_python_of_the_workspace(trapped: Any) -> None:
    """Each as the table says; `check` is the twin that shows the trap works."""
    mark = trapped.root.parent / "ran"
    trapped.run("baseline", "set", code=0)
    for verb in (
        ["check", "--no-import"], ["list"], ["runs"], ["show", "last"], ["report", "last", "-o", "r.html"],
        ["trec", "qrels", "run.trec"], ["schema", "suite"], ["baseline", "show", "s"],
    ):  # fmt: skip
        trapped.run(*verb, code=0)
        assert not mark.exists(), verb
    trapped.run("check", code=2)
    assert mark.exists()


def test_s32_the_recipe_for_a_strangers_pull_request(trapped: Any, blocks: Any) -> None:
    """It names what is code, says what it could not see, and runs nothing of theirs: no hook, no module."""
    theirs, ours = trapped.root, trapped.root.parent / "ours"
    git(theirs, "init", "-q", "-b", "main")
    trapped.write(".gitignore", ".prompteval\nprompts\n")
    git(theirs, "add", ".")
    git(theirs, "commit", "-qm", "one")
    git(theirs.parent, "clone", "-q", str(theirs), "ours")
    git(theirs, "add", "-f", "prompts")
    git(theirs, "commit", "-qm", "two")
    git(theirs, "update-ref", "refs/pull/7/head", "HEAD")
    (ours / ".git/hooks/post-checkout").write_text('#!/bin/sh\n: > "$MARK"\n')
    (ours / ".git/hooks/post-checkout").chmod(0o755)
    (recipe,) = blocks(DOCUMENT, "sh")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", recipe],
        cwd=ours,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stdout.splitlines()[:2] == ["prompts/route/v1.py", "prompts/route/v2.py"]
    assert "not checked without importing: inputs, output and templates of 2 prompt versions" in done.stderr
    assert not (theirs.parent / "ran").exists()
