"""Code of a workspace that ends the process: never exit 0, whichever way and moment it takes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forks import Done, shared
from tests.small_workspace import PROMPT, SUITE, Place

WAYS = {
    "sys.exit": "import sys; sys.exit(0)",
    "os._exit": "import os; os._exit(0)",
    "posix._exit": "from posix import _exit; _exit(0)",
    "not 0": "import os; os._exit(5)",
    "exec": "import os; os.execv('/bin/true', ['true'])",
    "other": "raise type('Odd', (BaseException,), {})()",
}


def in_fork(root: Path, *arguments: str) -> Done:
    """`prompteval ARGUMENTS`, where the end of the process is not what is tried."""
    return shared().run(root, *arguments, memory=None, program="python -m prompteval")


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture
def failing(place: Place) -> Place:
    """Its gate fails: exit 1 where it is let to decide."""
    place.write("m.jsonl", '{"when": "", "text": "bye"}\n')
    return place


@pytest.mark.parametrize("way", WAYS)
def test_b20_a_prompt_that_ends_the_process_is_a_problem_of_its_line(failing: Place, way: str) -> None:
    """`check` and `run` name the line; nothing was run."""
    failing.write("prompts/say/v1.py", f"{WAYS[way]}\n{PROMPT}")
    for verb in ("check", "run"):
        done = in_fork(failing.root, verb)
        assert done.code == 2 and "prompts/say/v1.py:1:1 PE306" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "when",
    [
        "import atexit, os; atexit.register(os._exit, 0)",
        "import atexit; atexit.register(__import__('sys').exit, 0)",
    ],
)
def test_b20_what_is_left_for_the_end_changes_no_verdict(failing: Place, when: str) -> None:
    """The verdict has been printed by then, and its code stands."""
    failing.write("prompts/say/v1.py", f"{when}\n{PROMPT}")
    done = run(failing.root, "prompteval", "run", "-q")
    assert done.returncode == 1, done.stderr


@pytest.mark.parametrize("way", ["sys.exit", "os._exit", "exec", "not 0"])
def test_b20_a_scorer_or_callable_that_ends_the_process_ends_its_case(failing: Place, way: str) -> None:
    """Every case has a row that says so."""
    failing.write("app.py", f"def reply(message):\n    {WAYS[way]}\n")
    failing.write(
        "evals/s.yaml",
        'callable: "app:reply"\n' + SUITE.split("\n", 1)[1].replace("models: [scripted/m.jsonl]\n", ""),
    )
    done = in_fork(failing.root, "run")
    assert done.code == 3 and "2 cases ended in an error" in done.stdout


def test_b20_a_validator_that_ends_the_process_is_no_pass(failing: Place) -> None:
    """It runs while cases are read."""
    text = PROMPT.replace(
        "    message: str",
        "    message: str\n    def model_post_init(self, _):\n        __import__('os')._exit(0)",
    )
    failing.write("prompts/say/v1.py", text)
    assert run(failing.root, "prompteval", "run").returncode == 70


@pytest.mark.parametrize("line", [WAYS["os._exit"], "import atexit, os; atexit.register(os._exit, 0)"])
def test_b20_pytest_does_not_end_in_0_either(failing: Place, line: str) -> None:
    """While it collects and after it has reported."""
    failing.write("prompts/say/v1.py", f"{line}\n{PROMPT}")
    assert run(failing.root, "pytest", "-p", "prompteval.testing.plugin", "-q", "evals").returncode in (1, 2)


@pytest.mark.slow
def test_b20_a_thread_that_does_not_end_keeps_no_verdict_waiting(failing: Place) -> None:
    """Python would wait for it at its end, for ever; one that ends is waited for, without a word."""
    body = "import threading, time\nasync def reply(message):\n    threading.Thread(target=time.sleep, args=({},), name='mine').start()\n"
    suite = 'callable: "app:reply"\n' + SUITE.split("\n", 1)[1].replace("models: [scripted/m.jsonl]\n", "")
    failing.write("evals/s.yaml", suite)
    failing.write("app.py", body.format(3600))
    done = run(failing.root, "prompteval", "run")
    assert done.returncode == 0
    assert "threads of the workspace have not ended, and are left behind: mine, mine" in done.stderr
    failing.write("app.py", body.format(0.1))
    assert "left behind" not in run(failing.root, "prompteval", "run").stderr
