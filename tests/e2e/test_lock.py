"""`prompteval lock` and what `check` says of it: published versions are not edited in place."""

import json
from typing import Any

import pytest

from .conftest import PROMPT

LOCK = "prompts/prompts.lock"


def edit(workspace: Any, old: str, new: str, path: str = "prompts/route/v1.py") -> None:
    text = (workspace.root / path).read_text()
    assert old in text
    workspace.write(path, text.replace(old, new))


@pytest.fixture
def locked(workspace: Any) -> Any:
    """A workspace whose one version is published."""
    assert workspace.run("lock", code=0).stdout == "published route@v1\n"
    return workspace


def test_publishing_is_the_same_every_time_and_adds_lines_only(locked: Any) -> None:
    """Sorted by number, v10 after v9; a second `lock` changes no byte."""
    first = (locked.root / LOCK).read_bytes()
    assert "published already" in locked.run("lock", code=0).stderr
    assert (locked.root / LOCK).read_bytes() == first
    for version in (10, 9):
        locked.write(f"prompts/route/v{version}.py", PROMPT.replace("Route.", f"Route {version}."))
    locked.run("lock", code=0)
    after = (locked.root / LOCK).read_text()
    assert list(json.loads(after)["prompts"]) == ["route@v1", "route@v9", "route@v10"]
    assert set(first.decode().splitlines()) - set(after.splitlines()) == set()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('system("Route.")', 'system("Route it.")', "12:47 PE250 route@v1 is published, and its messages changed"),
        ("message: str", "message: str = ''", "12:17 PE250 route@v1 is published, and its input schema changed"),
        ('payments="Money."', 'payments="Cash."', "12:32 PE250 route@v1 is published, and its output schema changed"),
        ("output=Output,", 'output=Output, params={"seed": 1}, model="openai/x",', "12:47 PE250 route@v1 is published, and its params and model changed"),
    ],
)  # fmt: skip
def test_an_edited_version_says_what_changed_where_and_the_mend(
    locked: Any, old: str, new: str, told: str
) -> None:
    """`check` fails at the argument; `lock` refuses and writes nothing."""
    before = (locked.root / LOCK).read_bytes()
    edit(locked, old, new)
    line = f"prompts/route/v1.py:{told} (copy it to v2 and restore v1)"
    assert line in locked.run("check", code=2).stdout
    assert line in locked.run("lock", code=2).stderr
    assert (locked.root / LOCK).read_bytes() == before


def test_comments_and_layout_are_free(locked: Any) -> None:
    """Only what can change a request or its reading is published."""
    edit(locked, "class Inputs", "# what comes in\n\nclass Inputs")
    assert "0 errors" in locked.run("check", code=0).stderr


def test_an_included_template_is_part_of_the_version(workspace: Any) -> None:
    """The module stays unchanged, and the template beside it does not."""
    workspace.write("prompts/route/v1.py", PROMPT.replace('"Route."', "'{% include \"rules.j2\" %}'"))
    workspace.write("prompts/route/rules.j2", "Be quick.")
    workspace.run("lock", code=0)
    workspace.write("prompts/route/rules.j2", "Be kind.")
    assert "its included templates changed" in workspace.run("check", code=2).stdout
    assert "its included templates changed" in workspace.run("check", "prompts/route/rules.j2", code=2).stdout


def test_a_version_that_is_not_published_is_free_to_edit(locked: Any) -> None:
    """`lock --check` says which are not, and writes nothing."""
    locked.write("prompts/route/v2.py", PROMPT)
    locked.run("lock", "--check", code=2)
    locked.run("lock", "route@v1", code=0)
    edit(locked, "Route.", "Route it.", "prompts/route/v2.py")
    locked.run("check", code=0)
    done = locked.run("lock", "--check", code=2)
    assert done.stdout == "not published: route@v2\n"
    assert locked.run("lock", "route", code=0).stdout == "published route@v2\n"
    locked.run("lock", "--check", code=0)


def test_a_published_version_that_is_gone_is_said_at_its_line(locked: Any) -> None:
    """Withdrawn, it is forgotten."""
    locked.write("prompts/route/v2.py", PROMPT)
    locked.run("lock", code=0)
    (locked.root / "prompts/route/v1.py").unlink()
    told = "prompts/prompts.lock:4:5 PE251 route@v1 is published, and its file is missing"
    assert told in locked.run("check", code=2).stdout
    assert told in locked.run("check", LOCK, code=2).stdout
    assert told not in locked.run("check", "prompts/route/v2.py", code=0).stdout
    locked.run("lock", "--withdraw", "route@v1", code=0)
    locked.run("check", code=0)
    assert list(json.loads((locked.root / LOCK).read_text())["prompts"]) == ["route@v2"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("rout",), "did you mean 'route'?"),
        (("route@v7",), "has no version v7"),
        (("route@git:main",), "only the working tree can be published"),
        (("--withdraw",), "--withdraw needs the versions to withdraw"),
        (("--withdraw", "route"), "'route' is not in prompts/prompts.lock"),
        (("--withdraw", "route@v2"), "did you mean 'route@v1'?"),
    ],
)
def test_wrong_references_are_exit_2(locked: Any, arguments: tuple[str, ...], told: str) -> None:
    """With the nearest, and nothing written."""
    before = (locked.root / LOCK).read_bytes()
    assert told in locked.run("lock", *arguments, code=2).stderr
    assert (locked.root / LOCK).read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            '{\n  "schema"',
            '<<<<<<< ours\n{\n  "schema"',
            "prompts.lock:1:1 PE252 the lock cannot be read: it is not JSON",
        ),
        ("lock@1", "lock@3", "prompts.lock:1:1 PE252 the lock cannot be read: it is not prompteval/lock@1"),
        (
            "route@v1",
            "route@v01",
            "prompts.lock:4:5 PE252 the lock cannot be read: 'route@v01' is not a version",
        ),
        ('"model": "sha256', '"model": "md5', "prompts.lock:4:5 PE252"),
    ],
)
def test_a_lock_that_cannot_be_read_stands_at_its_line(locked: Any, old: str, new: str, told: str) -> None:
    """Neither ignored nor written over."""
    edit(locked, old, new, LOCK)
    before = (locked.root / LOCK).read_bytes()
    assert told in locked.run("check", code=2).stdout
    assert told in locked.run("lock", code=2).stderr
    assert (locked.root / LOCK).read_bytes() == before


def test_a_prompt_that_does_not_pass_its_own_check_is_not_published(workspace: Any) -> None:
    """A template that names no input would fail for everybody."""
    edit(workspace, "{{ message }}", "{{ mesage }}")
    assert "PE302" in workspace.run("lock", code=2).stderr
    assert not (workspace.root / LOCK).exists()


def test_a_lock_that_cannot_be_written_is_exit_2(workspace: Any) -> None:
    """No traceback."""
    (workspace.root / LOCK).mkdir()
    assert "prompts/prompts.lock is not a regular file" in workspace.run("lock", code=2).stderr


def test_what_is_not_done_yet_is_a_warning(workspace: Any) -> None:
    """A prompt without a suite, a suite without a baseline; --strict fails on them."""
    workspace.write("prompts/other/v1.py", PROMPT)
    done = workspace.run("check", code=0)
    assert "prompts/other/v1.py:1:1 PE230 prompt 'other' has no suite" in done.stdout
    assert "evals/s.yaml:1:1 PE234 suite 's' has no committed baseline" in done.stdout
    workspace.run("check", "--strict", code=2)
    workspace.write("evals/baselines/s.json", "{}")
    (workspace.root / "prompts/other/v1.py").unlink()
    assert workspace.run("check", "--strict", code=0).stdout == ""
