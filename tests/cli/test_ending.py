"""How a command line ends: one owner of the message and of the exit code."""

import errno
import os
import re
import runpy
import stat
import subprocess
import sys
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest

from prompteval.cli.ending import conclude, verb
from prompteval.core.errors import (
    InvalidInput,
    NothingSelected,
    ProviderError,
    StoreError,
    UsageError,
    foremost,
)
from prompteval.core.exit_codes import PRECEDENCE, deciding
from prompteval.core.problem import Problem

TOKEN = "abcdefghij0123456789xyz"


def raising(error: BaseException) -> Callable[[], int]:
    def act() -> int:
        raise error

    return act


def test_f41_one_order_of_exit_codes() -> None:
    """70, 130, 2, 5, 3, 1, 4, 0, whatever the order they come in; a foreign code is a crash, none a pass."""
    assert PRECEDENCE == (70, 130, 2, 5, 3, 1, 4, 0)
    for first, second in permutations(range(len(PRECEDENCE)), 2):
        assert deciding((PRECEDENCE[first], PRECEDENCE[second])) == PRECEDENCE[min(first, second)]
    assert (deciding([7, 130]), deciding([])) == (70, 0)


def test_the_action_holds_the_same_order() -> None:
    """It runs without the package, and so has a copy."""
    copied = runpy.run_path(str(Path(__file__).parents[2] / "action/report.py"))["PRECEDENCE"]
    assert copied == tuple(code for code in PRECEDENCE if code)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a\nb\x1b[31m ::error::"), KeyError("x"), RecursionError("deep"), MemoryError(), AssertionError(),
        ConnectionResetError(errno.ECONNRESET, "reset"), BrokenPipeError(errno.EPIPE, "pipe"), EOFError(),
        GeneratorExit(), ExceptionGroup("two", [UsageError("a"), ExceptionGroup("in", [ValueError("b")])]),
    ],
)  # fmt: skip
def test_f41_a_fault_of_our_own_is_70_and_one_line(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Never 1 and no traceback; what it was, the file with the traceback, and where to report it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert conclude(raising(error)) == 70
    told = capsys.readouterr().err.splitlines()
    (crash,) = [line for line in told if "prompteval crashed: " in line]
    assert told[-1] == "exit 70: prompteval crashed" and "Traceback" not in str(told)
    (file,) = tmp_path.glob("crash-*.txt")
    assert str(file) in crash and "/issues" in crash and "\x1b" not in crash
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and "Traceback" in file.read_text()


def test_f41_a_broken_exception_still_ends_with_70(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One whose own text raises, and a machine where no file can be written."""

    class Broken(Exception):
        def __str__(self) -> str:
            raise RecursionError

    monkeypatch.chdir(tmp_path)  # no workspace, so no directory of a store either
    monkeypatch.setattr("tempfile.tempdir", "/proc/none")
    assert conclude(raising(Broken())) == 70
    assert conclude(raising(ValueError("x"))) == 70
    assert capsys.readouterr().err.count("please report it: https://") == 2


def test_f41_details_hold_no_secret_and_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key by its shape, and a value of the environment, neither in the line nor in the file."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUR_TOKEN", TOKEN)
    assert conclude(raising(ValueError(f"sk-proj-{'a1' * 20} {TOKEN}"))) == 70
    (file,) = tmp_path.glob("crash-*.txt")
    for text in (file.read_text(), capsys.readouterr().err):
        assert "a1a1a1a1a1" not in text and TOKEN not in text and "ValueError" in text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("a", "b"), 2), (InvalidInput([Problem("s.yaml", 1, 1, "PE1", "a\nb")]), 2), (NothingSelected("a"), 5),
        (StoreError("a", "b"), 2), (ProviderError("timeout", "a"), 3), (KeyboardInterrupt(), 130),
        (OSError(errno.ENOSPC, "No space left on device", "r.json"), 2),
        (BaseExceptionGroup("", [ProviderError("timeout", "a"), KeyboardInterrupt(), UsageError("b")]), 130),
        (ExceptionGroup("", [ProviderError("timeout", "a"), NothingSelected("b")]), 5),
    ],
)  # fmt: skip
def test_an_error_that_was_meant_keeps_its_code(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also in a group, where every one is told and the order of codes decides."""
    assert conclude(raising(error)) == code
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith(f"exit {code}")


def test_f41_a_crash_beside_errors_that_were_meant_is_not_lost() -> None:
    """A run of several entries ends with the exception that nobody meant, whichever came first."""
    crash, meant = ValueError("a"), StoreError("b", "c")
    assert foremost(BaseExceptionGroup("", [meant, ExceptionGroup("", [meant, crash])])) is crash
    assert foremost(ExceptionGroup("", [ExceptionGroup("", [meant]), UsageError("d")])) is meant


@pytest.mark.parametrize("code", [0, 1, "text", None])
def test_f41_code_that_leaves_the_process_is_no_verdict(
    code: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """sys.exit out of a verb, whatever it says, is 70."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def leave() -> int:
        sys.exit(code)  # type: ignore[arg-type]

    assert conclude(lambda: verb(leave)() or 0) == 70
    assert "SystemExit" in capsys.readouterr().err


SCRIPT = """
import sys, threading, logging, warnings
from prompteval import __main__
from prompteval.cli import app

class Late:
    def __del__(self):
        raise ValueError("in a finalizer")

def ours():
    from prompteval.core.text import printable
    printable(1)

def verb(arguments):
    {body}
    return 1

app.command_line = verb
sys.argv = ["prompteval", "run"]
sys.exit(__main__.main())
"""


@pytest.mark.parametrize(
    ("body", "code", "wanted"),
    [
        ("Late()", 1, "warning: unhandled exception: ValueError: in a finalizer"),
        ("t = threading.Thread(target=ours); t.start(); t.join()", 70, "prompteval crashed: AttributeError"),
        ("logging.getLogger('x').error('a\\x1b\\nb', exc_info=ValueError('c'))", 1, "warning: a\\x1b b: ValueError: c"),
        ("warnings.warn('a\\n::error::b')", 1, "warning: a ::error::b (UserWarning"),
        ("raise MemoryError", 70, "prompteval crashed: MemoryError"),
        ("(lambda f: f(f))(lambda f: f(f))", 70, "prompteval crashed: RecursionError"),
        ("import os; os.close(2)", 1, ""),
    ],
)  # fmt: skip
def test_f41_what_python_would_print_is_one_line(tmp_path: Path, body: str, code: int, wanted: str) -> None:
    """Threads, finalizers, logs and warnings in a process of their own: no traceback, and the code that applies."""
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", SCRIPT.format(body=body.replace("\n", "\\n"))]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert wanted in done.stderr and not re.search(r"^\s*::", done.stderr, re.MULTILINE)
