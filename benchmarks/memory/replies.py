"""Peak memory of a run whose model answers in texts of several megabytes, 32 cases at a time.

    .venv/bin/python benchmarks/memory/replies.py [MEGABYTES]      (default 5)

A server on this machine says the text; peak memory is that of the run's whole process, as the kernel saw it.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from prompteval.testing.server import FakeServer, Reply

CASES = 40
PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

prompt = Prompt(inputs=Inputs, output=str, messages=[user("{{ message }}")])
"""
SUITE = "prompt: say\ncases: ../datasets/c.jsonl\nmodels: [m]\nscorers: [exact]\nmetrics: [accuracy]\n"
# A process counts what its parent held when it was started, here the server: a small one stands between.
SMALL = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
TEXTS = {"letters": "x", "umlauts": "ü", "emoji": "😀", "quotes": '"\n'}


def workspace(directory: Path, url: str) -> None:
    """One prompt, a suite and CASES cases, and the model `m` behind the server."""
    settings = f'[models.m]\nmodel = "fake"\nbase_url = "{url}"\napi_key_env = "FAKE_KEY"\n'
    cases = ({"id": f"c{n}", "inputs": {"message": f"message {n}"}, "expected": "x"} for n in range(CASES))
    files = {
        "prompteval.toml": settings,
        "prompts/say/v1.py": PROMPT,
        "evals/s.yaml": SUITE,
        "datasets/c.jsonl": "".join(json.dumps(case) + "\n" for case in cases),
    }
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text, encoding="utf-8")


def peak_mb(directory: Path, *options: str) -> tuple[float, int]:
    """(peak resident megabytes, exit code) of a run."""
    command = [
        sys.executable,
        "-c",
        SMALL,
        sys.executable,
        "-m",
        "prompteval",
        "run",
        "-q",
        "-j",
        "32",
        *options,
    ]
    env = {**os.environ, "FAKE_KEY": "k-0123456789abcdef"}
    done = subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True, check=False)
    peak = float(done.stdout.split()[-1])
    return peak / (1024 if sys.platform == "linux" else 1024 * 1024), done.returncode


def main() -> None:
    size = int(float(sys.argv[1] if len(sys.argv) > 1 else 5) * 1_000_000)
    print(f"{CASES} replies of {size:,} bytes of text\n\n| text | options | peak MB | exit |")
    print("|---|---|---|---|")
    for name, letter in TEXTS.items():
        text = letter * (size // len(json.dumps(letter, ensure_ascii=False)[1:-1].encode()))
        with FakeServer([Reply("", text=text)]) as server:
            for options in ((), ("--no-cache",), ("--record", "r.jsonl"), ("-o", "run.json")):
                with tempfile.TemporaryDirectory() as directory:
                    workspace(Path(directory), server.url)
                    memory, code = peak_mb(Path(directory), *options)
                print(f"| {name} | {' '.join(options) or '–'} | {memory:.0f} | {code} |", flush=True)


if __name__ == "__main__":
    main()
