"""What shards and Ray cost a case beside one process, and how often a desk on Ray answers.

    python benchmarks/cluster/overhead.py [CASES ...]      (default 2000 10000)

Each program is a whole process over a function that answers at once, so that all of the time is ours. Ray
runs in a network namespace that has loopback alone; without one this ends with the reason.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.cluster.cluster_workspace import make  # noqa: E402 - of this repository's tests
from tests.cluster.ray_namespace import RayCluster, why_not  # noqa: E402

PROMPTEVAL = (sys.executable, "-m", "prompteval")
SHARDS, WORKERS = 8, 2
AT_ONCE = "def reply(message):\n    return message.partition(' ')[2]\n"
DESK = """
import json, sys, time
import ray
from prompteval.cluster.desk import Desk
from prompteval.cluster.messages import pack

ray.init(address="auto", log_to_driver=False, logging_level="ERROR")
asked = {"kind": "lease", "model": "m", "rpm": 10**6, "tpm": None, "spent": [[0.0, 10, 0]], "corrections": [],
         "demand": [10, 0, 0], "pause_s": 0}
sent = [pack({**asked, "worker": f"{number % 200}/200", "lease": number}) for number in range(4000)]

class Actor:
    def __init__(self):
        self.desk = Desk(None)

    def answer(self, message):
        return self.desk.answer(message)

actor = ray.remote(Actor).options(num_cpus=0).remote()
ray.get(actor.answer.remote(sent[0]))
began = time.perf_counter()
ray.get([actor.answer.remote(one) for one in sent])
print(json.dumps(len(sent) / (time.perf_counter() - began)))
"""


def main() -> None:
    if reason := why_not():
        raise SystemExit(reason)
    sizes = [int(text) for text in sys.argv[1:]] or [2000, 10_000]
    cluster = RayCluster(WORKERS)
    directory = Path(tempfile.mkdtemp())
    try:
        print(f"| cases | one process, s | {SHARDS} shards and the merge, s | Ray, {WORKERS} workers, s |")
        print("|---|---|---|---|")
        found = [measured(cluster, make(directory / str(cases), cases)) for cases in sizes]
        for cases, seconds in zip(sizes, found, strict=True):
            print(f"| {cases:,} | {' | '.join(f'{one:.1f}' for one in seconds)} |")
        if len(sizes) > 1:
            more = sizes[-1] - sizes[0]
            slopes = [1000 * (last - first) / more for first, last in zip(found[0], found[-1], strict=True)]
            print(f"\nA further case takes {slopes[0]:.2f} ms in one process, {slopes[1]:.2f} in shards one")
            print(f"after the other, {slopes[2]:.2f} on Ray; starts and ends aside.")
        asked = cluster.run(directory, sys.executable, "-c", DESK)
        print(f"A desk on Ray answers {json.loads(asked['stdout']):,.0f} asks with their reports a second.")
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    finally:
        cluster.close()
        shutil.rmtree(directory)


def measured(cluster: RayCluster, root: Path) -> tuple[float, float, float]:
    """Seconds of one process, of shards and their merge, and of Ray."""
    (root / "answer.py").write_text(AT_ONCE)
    once = timed(cluster, root, "run", "-q", "--no-cache")
    shards = 0.0
    for number in range(1, SHARDS + 1):
        shards += timed(cluster, root, "run", "-q", "--no-cache", "--shard", f"{number}/{SHARDS}")
        (root / f"part-{number}").mkdir()
        shutil.move(root / ".prompteval/results.sqlite", root / f"part-{number}/results.sqlite")
    shards += timed(cluster, root, "runs", "merge", "-q", *(f"part-{one}" for one in range(1, SHARDS + 1)))
    return once, shards, timed(cluster, root, "run", "-q", "--no-cache", "--cluster", "ray")


def timed(cluster: RayCluster, root: Path, *arguments: str) -> float:
    began = time.perf_counter()
    done = cluster.run(root, *PROMPTEVAL, *arguments)
    if done["code"] != 0:
        raise SystemExit(done["stderr"] or done["stdout"])
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
