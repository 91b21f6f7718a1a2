"""Chunks embedded a second, here and by actors of Ray, whole commands.

    python benchmarks/cluster/embedding.py [CHUNKS]      (default 2000)

The encoder is `use`, with one thread for each process. Ray runs in a network namespace that has loopback
alone; without one this ends with the reason.
"""

import json
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.cluster.ray_namespace import RayCluster, why_not

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
PARTS, WORDS = 8, 60
SUITE = """cases: ../datasets/qa.jsonl
rag:
  corpus: ../datasets/docs.jsonl
  chunker: none
  retriever: {kind: dense, depth: 5}
  dense: {model: use, folder: ../index}
  k: 2
  modes: [retrieval]
metrics: [retrieval.recall@5]
"""


def main() -> None:
    if reason := why_not():
        raise SystemExit(reason)
    chunks = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    os.environ.update(ONE_THREAD)
    root = _workspace(Path(tempfile.mkdtemp()), chunks)
    print(
        f"{chunks:,} chunks of {WORDS} words in {PARTS} parts, {os.cpu_count()} cores, one thread a process\n"
    )
    print("| workers | s | chunks a second |\n|---|---|---|")
    try:
        for workers in (0, 1, 2):
            seconds = _seconds(root, workers)
            name = f"Ray, {workers}" if workers else "one process"
            print(f"| {name} | {seconds:.1f} | {chunks / seconds:,.0f} |")
            shutil.rmtree(root / "index")
    finally:
        shutil.rmtree(root)
    print(f"\nload {os.getloadavg()[0]:.1f}")


def _workspace(root: Path, chunks: int) -> Path:
    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefghijklmnoprstuvwyz", k=rng.randint(3, 9))) for _ in range(5000)]
    texts = [" ".join(rng.choices(words, k=WORDS)) for _ in range(chunks)]
    docs = [{"id": f"d{n}", "title": "", "text": text} for n, text in enumerate(texts)]
    case = {"id": "q", "inputs": {"question": texts[0]}, "gold": [[{"doc": "d0"}]]}
    for path, text in {
        "prompteval.toml": "", "evals/q.yaml": SUITE, "datasets/qa.jsonl": json.dumps(case) + "\n",
        "datasets/docs.jsonl": "".join(json.dumps(doc) + "\n" for doc in docs),
    }.items():  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def _seconds(root: Path, workers: int) -> float:
    """Of the whole command; a cluster is there before it begins."""
    cluster = RayCluster(max(workers, 1))
    try:
        command = (sys.executable, "-m", "prompteval", "rag", "index", "-q", "--parts", str(PARTS))
        began = time.perf_counter()
        done = cluster.run(root, *command, *(("--cluster", "ray") if workers else ()))
        if done["code"] != 0:
            raise SystemExit(done["stderr"])
        return time.perf_counter() - began
    finally:
        cluster.close()


if __name__ == "__main__":
    main()
