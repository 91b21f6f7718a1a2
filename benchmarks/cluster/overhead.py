"""What shards and Ray cost a case beside one process, and how often a desk on Ray answers.

    python benchmarks/cluster/overhead.py [CASES ...]      (default 2000 10000)

Each program is a whole process over a function that answers at once, so that all of the time is ours. Seconds
of the processor are those of every process of the cluster; a busy machine changes them less than the wall's.
Ray runs in a network namespace that has loopback alone; without one this ends with the reason.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.cluster.cluster_workspace import make  # noqa: E402 - of this repository's tests
from tests.cluster.ray_namespace import RayCluster, why_not  # noqa: E402

PROMPTEVAL = (sys.executable, "-m", "prompteval")
SHARDS, WORKERS = 8, 2
# The ticks of every process of the namespace; those of one that has ended are in its parent's.
PROCESSOR = """
import glob
total = 0
for path in glob.glob("/proc/[0-9]*/stat"):
    try:
        fields = open(path).read().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    except OSError:
        pass
print(total)
"""
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
        titles = ("one process", f"{SHARDS} shards and the merge", f"Ray, {WORKERS} workers")
        print("| cases |", " | ".join(f"{title}: wall s, processor s" for title in titles), "|")
        print("|---|---|---|---|")
        found = [measured(cluster, make(directory / str(cases), cases)) for cases in sizes]
        for cases, each in zip(sizes, found, strict=True):
            cells = " | ".join(f"{one.wall:.1f}, {one.processor:.1f}" for one in each)
            print(f"| {cases:,} | {cells} |")
        if len(sizes) > 1:
            print("\nA further case, starts and ends aside, ms: wall, processor")
            for title, first, last in zip(titles, found[0], found[-1], strict=True):
                more = (sizes[-1] - sizes[0]) / 1000
                wall, spent = (last.wall - first.wall) / more, (last.processor - first.processor) / more
                print(f"- {title}: {wall:.2f}, {spent:.2f}")
        asked = cluster.run(directory, sys.executable, "-c", DESK)
        print(f"A desk on Ray answers {json.loads(asked['stdout']):,.0f} asks with their reports a second.")
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    finally:
        cluster.close()
        shutil.rmtree(directory)


class Spent(NamedTuple):
    """Seconds."""

    wall: float
    processor: float

    def plus(self, other: "Spent") -> "Spent":
        return Spent(self.wall + other.wall, self.processor + other.processor)


def measured(cluster: RayCluster, root: Path) -> tuple[Spent, Spent, Spent]:
    """Of one process, of shards and their merge, and of Ray."""
    (root / "answer.py").write_text(AT_ONCE)
    once = timed(cluster, root, "run", "-q", "--no-cache")
    shards = Spent(0.0, 0.0)
    for number in range(1, SHARDS + 1):
        part = timed(cluster, root, "run", "-q", "--no-cache", "--shard", f"{number}/{SHARDS}")
        shards = shards.plus(part)
        (root / f"part-{number}").mkdir()
        shutil.move(root / ".prompteval/results.sqlite", root / f"part-{number}/results.sqlite")
    merge = timed(cluster, root, "runs", "merge", "-q", *(f"part-{one}" for one in range(1, SHARDS + 1)))
    return once, shards.plus(merge), timed(cluster, root, "run", "-q", "--no-cache", "--cluster", "ray")


def timed(cluster: RayCluster, root: Path, *arguments: str) -> Spent:
    before, began = processor(cluster, root), time.perf_counter()
    done = cluster.run(root, *PROMPTEVAL, *arguments)
    wall = time.perf_counter() - began
    if done["code"] != 0:
        raise SystemExit(done["stderr"] or done["stdout"])
    return Spent(wall, processor(cluster, root) - before)


def processor(cluster: RayCluster, root: Path) -> float:
    """Seconds that every process of the cluster has used so far."""
    ticks = int(cluster.run(root, sys.executable, "-S", "-c", PROCESSOR)["stdout"])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
