"""Repositories that were made to hurt: nothing of them is run, and nothing of them ends the audit."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from prompteval.audit.run import audit

HOSTILE = {
    "parentheses": "x = " + "(" * 5_000 + ")" * 5_000,
    "brackets": "x = " + "[" * 150 + "]" * 150,
    "sum": "from openai import OpenAI\nOpenAI().responses.create(input=" + "+".join(["'ab'"] * 4_000) + ")",
    "attributes": "x" + ".a" * 8_000 + "()",
    "chain": "x" + ".a" * 8_000 + ".create(messages=[], model='m', input=y" + ".b" * 4_000 + ")",
    "calls": "x" + "()" * 3_000,
    "doubling": "from openai import OpenAI\n" + "".join(f"a{i} = f'{{a{i + 1}}} b {{a{i + 1}}}'\n" for i in range(60))
    + "OpenAI().responses.create(input=a0)",
    "circle": "from openai import OpenAI\na = b\nb = a\nc = c\nOpenAI().responses.create(input=a + b + c)",
    "functions": "from openai import OpenAI\ndef f(x):\n    return g(x)\ndef g(x):\n    return f(x)\nOpenAI().responses.create(input=f('a'))",
    "bases": "from openai import OpenAI\nclass A(B): pass\nclass B(A): pass\nOpenAI().responses.create(input=A().x)",
    "many": "from openai import OpenAI\n" + "x = y\ny = x\n" * 500 + "OpenAI().responses.create(input=x.y.z())",
    "nul": "x = '\0'", "surrogate": "x = '\\ud800'", "comment": "# prompteval: ignore[" + "PA101," * 10_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_syntax_is_audited_or_said_not_to_be(tmp_path: Path, name: str) -> None:
    """Within seconds; and the file beside it is audited."""
    (tmp_path / "hostile.py").write_text(HOSTILE[name])
    (tmp_path / "plain.py").write_text(
        "import ollama\nollama.generate('m', 'Say hello.', options={'temperature': 0, 'num_predict': 5})\n"
    )
    started = time.monotonic()
    report = audit(tmp_path)
    assert time.monotonic() - started < 60
    assert ("plain.py", "PA101") in {(f.problem.path, f.problem.code) for f in report.findings}


def test_other_encodings_links_and_pipes(tmp_path: Path) -> None:
    """What cannot be read is a finding; links are not followed, out of the repository or round in it."""
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.py").write_text("import ollama\nollama.generate('m', 'Say hello.')\n")
    (root / "latin.py").write_bytes("x = 'é'\n".encode("latin-1"))
    (root / "wide.py").write_text("x = 1\n", encoding="utf-16")
    (root / "link.py").symlink_to(tmp_path / "outside.py")
    (root / "round").symlink_to(root)
    (root / "broken.ipynb").write_text("[" * 100_000)
    os.mkfifo(root / "pipe.py")
    found = {(f.problem.path, f.problem.code) for f in audit(root).findings}
    assert found == {("latin.py", "PA100"), ("wide.py", "PA100"), ("broken.ipynb", "PA100")}


def test_s19_nothing_of_the_repository_is_executed(tmp_path: Path) -> None:
    """Neither its modules nor what its git settings name, hooks, monitors and pagers."""
    mark = tmp_path / "executed"
    program = tmp_path / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    root = tmp_path / "root"
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    with (root / ".git" / "config").open("a") as file:
        file.write(f"[core]\n\tfsmonitor = {program}\n\tpager = {program}\n\thooksPath = {tmp_path}\n")
    (root / "setup.py").write_text(f"open({str(mark)!r}, 'w')\n")
    (root / "conftest.py").write_text(f"open({str(mark)!r}, 'w')\n")
    report = audit(root)
    assert report.modules == 2 and not mark.exists()


def test_ignored_files_and_installed_packages_are_left_out(tmp_path: Path) -> None:
    """Those that git ignores, and environments that it does not."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("scratch/\n")
    for name in ("scratch/a.py", ".venv/lib/site-packages/b.py", "app/c.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("import ollama\nollama.generate('m', 'Say hello.')\n")
    assert {f.problem.path for f in audit(tmp_path).findings} == {"app/c.py"}


@pytest.mark.parametrize(
    ("first", "read"),
    [
        ("# -*- coding: latin-1 -*-", True),
        ("#!/usr/bin/python\n# vim: set fileencoding=cp1252 :", True),
        ("# no encoding", False),
        ("# -*- coding: rot13 -*-", False),
        ("# -*- coding: nope -*-", False),
        ("# -*- coding: utf-8 -*-", False),
    ],
)
def test_a_module_is_read_in_the_encoding_that_it_declares(first: str, read: bool, tmp_path: Path) -> None:
    """As Python reads it; one that declares none, or another than it has, is not audited. No fix touches it."""
    source = f"{first}\nimport openai\n{CALL}"
    (tmp_path / "a.py").write_bytes(source.encode("latin-1"))
    found = {finding.problem.code for finding in audit(tmp_path).findings}
    assert ("PA100" in found, "PA101" in found) == (not read, read)


@pytest.mark.parametrize(
    ("encoding", "refused"),
    [("nope", True), ("rot13", True), ("utf-16", True), ("latin-1", False), ("utf-8", False)],
)
def test_an_encoding_that_python_refuses_is_said(encoding: str, refused: bool, tmp_path: Path) -> None:
    """The text could be read as UTF-8, but no Python runs it."""
    source = f"# coding: {encoding}\nimport openai\n{CALL}".encode()
    (tmp_path / "a.py").write_bytes(source)
    found = [finding.problem for finding in audit(tmp_path).findings if finding.problem.code == "PA100"]
    assert [(one.line, one.message.startswith("not audited: not Python: ")) for one in found] == (
        [(1, True)] if refused else []
    )
    if refused:
        with pytest.raises(SyntaxError):
            compile(source, "a.py", "exec")


CALL = """client = openai.OpenAI()
client.chat.completions.create(
    model="gpt-4o-2024-08-06", messages=[{"role": "system", "content": "Réponds à la question posée."}]
)
"""
