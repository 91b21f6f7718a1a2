"""Keys and passwords of a run: named where they are missing, and shown nowhere."""

import os
import subprocess
import sys
from typing import Any

from prompteval.testing.server import FakeServer, Fault, Reply


def test_a_missing_key_is_exit_2_before_any_call(workspace: Any) -> None:
    """The variable is named."""
    workspace.write("prompteval.toml", '[models.m]\nmodel = "x"\napi_key_env = "NO_SUCH_KEY_HERE"\n')
    assert "NO_SUCH_KEY_HERE is not set" in workspace.run("run", "--model", "m", code=2).stderr


def test_s20_the_key_is_nowhere_on_disk(workspace: Any) -> None:
    """Verbose, with debug logs, while calls fail and the server quotes the key in its answers.

    Not printed, not in the store, the cache, the recording, the reports, a case shown in full.
    """
    key = "tenant-0123456789-secret"
    quoting = [Fault("status", status, f"Bearer {key} is wrong") for status in (401, 500, 400)]
    with FakeServer([Reply("", output={"team": "payments"})], faults=[*quoting, Fault("reset")]) as server:
        workspace.write(
            "prompteval.toml",
            f'[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "K"\nmax_attempts = 1\n',
        )
        files = [piece for name in ("r.jsonl", "r.md", "r.xml", "r.csv") for piece in ("-o", name)]
        debug = {"K": key, "OPENAI_LOG": "debug", "PYTHONASYNCIODEBUG": "1", "AIOHTTP_NO_EXTENSIONS": "1"}
        done = workspace.run("run", "-v", "--model", "m", "--record", "rec.jsonl", *files, code=3, **debug)
        seen = server.requests
    shown = "".join(workspace.run("show", "--case", f"c{n}", code=0).stdout for n in (1, 2, 3, 4))
    assert len(seen) == 4 and shown.count("failure ") == 4 and "Bearer…(31 characters)" in shown
    assert key not in done.stdout + done.stderr + shown
    held = [path for path in workspace.root.rglob("*") if path.is_file()]
    assert len(held) > 10
    assert [path for path in held if key.encode() in path.read_bytes()] == []


def test_s20_a_password_in_the_address_is_refused_before_any_call(workspace: Any) -> None:
    """The message says where a key belongs, and does not repeat it."""
    workspace.write(
        "prompteval.toml", '[models.m]\nmodel = "x"\nbase_url = "http://u:hunter22@127.0.0.1:9/v1"\n'
    )
    done = workspace.run("run", "--model", "m", code=2, OPENAI_API_KEY="x")
    assert (
        "the key belongs in the variable that api_key_env names" in done.stderr
        and "hunter22" not in done.stderr
    )


def test_s20_no_key_in_the_traceback_of_an_application(workspace: Any) -> None:
    """`prompteval.load` raises what failed, and its traceback holds no key."""
    key = "tenant-0123456789-secret"
    program = "import prompteval\nprompteval.load('route')(message='pay')"
    with FakeServer(faults=[Fault("status", 401, f"{key} is wrong")]) as server:
        workspace.write(
            "prompteval.toml",
            f'default_model = "m"\n[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "K"\n',
        )
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-c", program], cwd=workspace.root, capture_output=True, text=True,
            env={**os.environ, "K": key}, check=False,
        )  # fmt: skip
    assert "Traceback" in done.stderr and "HTTP 401 tenant…" in done.stderr
    assert key not in done.stderr


def test_s21_a_key_typed_into_a_case_or_a_prompt_is_found(workspace: Any) -> None:
    """`check` names the place and shows only its beginning."""
    key = "sk-proj-abcdefghijklmnop0123456789"
    workspace.cases(("c1", f"my key is {key}", "payments"))
    text = (workspace.root / "prompts/route/v1.py").read_text()
    workspace.write("prompts/route/v1.py", text.replace("Route.", f"Use {key}."))
    done = workspace.run("check", code=2)
    assert done.stdout.count("PE330") == 2
    assert "prompts/route/v1.py:" in done.stdout and "datasets/c.jsonl:1:1" in done.stdout
    assert key not in done.stdout + done.stderr
