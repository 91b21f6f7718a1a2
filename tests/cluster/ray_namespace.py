"""A Ray cluster in a network namespace that has loopback alone: it listens on every interface that there is.

Outside, `RayCluster` starts this file inside by `unshare`, with a namespace of processes as well: when the first
process of it ends, so do all that Ray started. Inside, commands are read from standard input and run.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

UNSHARE = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
START = (
    "start",
    "--head",
    "--include-dashboard=false",
    "--disable-usage-stats",
    "--object-store-memory=100000000",
)
ADDRESS = "127.0.0.1:6379"


def why_not() -> str:
    """Why no such cluster can be had here; empty where it can."""
    if find_spec("ray") is None:
        return "ray is not installed"
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "no network namespace without `unshare` and `ip`; Ray is not started in the open"
    done = subprocess.run([*UNSHARE, "ip", "link", "set", "lo", "up"], capture_output=True, check=False)
    return (
        ""
        if done.returncode == 0
        else "no network namespace may be made here; Ray is not started in the open"
    )


class RayCluster:
    """A head with so many processors, and commands that run beside it; workers have its environment."""

    def __init__(self, processors: int, **environment: str) -> None:
        self._directory = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # Ray's sockets have short paths
        self._inside = subprocess.Popen(
            [*UNSHARE, sys.executable, __file__, str(processors), self._directory],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment},
        )  # fmt: skip
        self.started = self._answer()

    def run(  # type: ignore[type-arg]
        self, where: Path, *command: str, kill_when: Path | None = None,
        by: int = signal.SIGKILL, **environment: str,
    ) -> dict:  # fmt: skip
        """The exit code and the output of a command; it gets the signal `by` once `kill_when` is there."""
        asked = {"where": str(where), "command": command, "environment": environment, "by": by}
        asked["kill_when"] = None if kill_when is None else str(kill_when)
        assert self._inside.stdin is not None
        print(json.dumps(asked), file=self._inside.stdin, flush=True)
        return self._answer()

    def close(self) -> None:
        """End everything in the namespace."""
        assert self._inside.stdin is not None
        self._inside.stdin.close()
        self._inside.wait(60)
        assert self._inside.stdout is not None
        self._inside.stdout.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _answer(self) -> dict:  # type: ignore[type-arg]
        assert self._inside.stdout is not None
        found: dict = json.loads(self._inside.stdout.readline())  # type: ignore[type-arg]
        return found


def _run_one(asked: dict) -> dict:  # type: ignore[type-arg]
    """Run a command inside; its time limit is that of a test."""
    environment = {**os.environ, "RAY_ADDRESS": ADDRESS, "NO_COLOR": "1", **asked["environment"]}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(
            asked["command"], cwd=asked["where"], env=environment, stdout=out, stderr=err,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        code: int | None = None
        for _ in range(2400):
            try:
                code = process.wait(0.1)
                break
            except subprocess.TimeoutExpired:
                if asked["kill_when"] and Path(asked["kill_when"]).exists():
                    process.send_signal(asked["by"])
                    asked["kill_when"] = None
        else:
            process.kill()
        out.seek(0), err.seek(0)
        return {"code": code, "stdout": out.read(), "stderr": err.read()}


def _inside(processors: str, directory: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_TMPDIR=directory)
    begun = subprocess.run(
        [sys.executable, "-m", "ray.scripts.scripts", *START, f"--num-cpus={processors}", f"--temp-dir={directory}"],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    print(json.dumps({"code": begun.returncode, "stderr": begun.stderr}), flush=True)
    for line in sys.stdin:
        print(json.dumps(_run_one(json.loads(line))), flush=True)


if __name__ == "__main__":
    _inside(sys.argv[1], sys.argv[2])
