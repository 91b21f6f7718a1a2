"""A command beside a Ray cluster, and what happens to the cluster meanwhile; run inside of its namespace.

Arguments: the steps as JSON, and the command. A step is (after so many calls, what to do):

    kill TITLE      processes whose title begins so
    kill-all TITLE  the same, as often as there is one until the command ends
    kill-one TITLE  the first that there is, once there is one
    forget-desk     the desk of the run is killed, and not begun again
    lose-node       the newest node
    add-node        another, with two processors

A workspace that has a model is given a fake server. Prints the exit code, what was printed, how many calls
were made, and what the steps did, as JSON.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import psutil

from prompteval.testing.server import FakeServer
from tests.cluster.ray_namespace import ADDRESS
from tests.faults.conftest import KEY, REPLIES

NODE = (
    "-m", "ray.scripts.scripts", "start", f"--address={ADDRESS}", "--num-cpus=2", "--disable-usage-stats",
    "--object-store-memory=100000000",
)  # fmt: skip
FORGET = f"""
import logging, ray
ray.init(address={ADDRESS!r}, namespace="prompteval", log_to_driver=False, logging_level=logging.ERROR)
for name in ray.util.list_named_actors():
    ray.kill(ray.get_actor(name))
"""
SECONDS = 200


def titled(title: str) -> list[psutil.Process]:
    """The processes whose title begins so, the oldest first."""
    found = []
    for process in psutil.process_iter(["name", "cmdline", "create_time"]):
        words = " ".join(process.info["cmdline"] or ())
        if words.startswith(title) or process.info["name"] == title:
            found.append(process)
    return sorted(found, key=lambda one: one.info["create_time"])


def kill(found: list[psutil.Process]) -> int:
    for process in found:
        process.kill()
    return len(found)


def act(what: str, running: subprocess.Popen[str]) -> int:
    """Do it; to how many processes."""
    kind, _, title = what.partition(" ")
    if kind == "kill":
        return kill(titled(title))
    if kind == "lose-node":
        return kill(titled("raylet")[-1:])
    if kind in ("kill-all", "kill-one"):
        killed = 0
        while running.poll() is None and not (kind == "kill-one" and killed):
            killed += kill(titled(title)[:1] if kind == "kill-one" else titled(title))
            time.sleep(0.05)
        return killed
    code = ("-c", FORGET) if kind == "forget-desk" else NODE
    done = subprocess.run([sys.executable, *code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return 1


def follow(steps: list[tuple[int, str]], command: list[str], calls: Callable[[], int]) -> dict[str, object]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        did = []
        for after, what in steps:
            while calls() < after and running.poll() is None:
                time.sleep(0.02)
            did.append(act(what, running))
        try:
            out, problems = running.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
            out, problems = running.communicate()
        return {"code": running.returncode, "stdout": out, "stderr": problems, "calls": calls(), "did": did}


def main() -> None:
    log, settings = Path("calls.log"), Path("prompteval.toml")
    has_model = "base_url" in settings.read_text()
    with FakeServer(REPLIES, latency_s=0.05) if has_model else nullcontext() as server:
        if server is not None:
            lines = [line for line in settings.read_text().splitlines() if not line.startswith("base_url")]
            settings.write_text("\n".join([*lines, f'base_url = "{server.url}"', ""]))

        def calls() -> int:
            if server is not None:
                return len(server.requests)
            return len(log.read_text().splitlines()) if log.exists() else 0

        os.environ["FAKE_KEY"] = KEY
        print(json.dumps(follow(json.loads(sys.argv[1]), sys.argv[2:], calls)))


if __name__ == "__main__":
    main()
