"""A TREC run of a million lines scored by `prompteval trec` and by pytrec_eval, whole processes in turn.

    python benchmarks/retrieval/trec_run.py [QUERIES] [DEPTH]      (default 10,000 x 100)

The run is synthetic. Wall time, processor time and peak memory are those of each process, as the kernel
saw them, import of Python included; "parse and score" is what pytrec_eval takes inside of its process.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

ROUNDS = 7
METRICS = {"ndcg@10": "ndcg_cut_10", "recall@10": "recall_10", "mrr": "recip_rank", "map": "map"}
ORACLE = """
import json, sys, time, pytrec_eval
started = time.perf_counter()
with open(sys.argv[1]) as file:
    qrels = pytrec_eval.parse_qrel(file)
with open(sys.argv[2]) as file:
    run = pytrec_eval.parse_run(file)
measures = {"ndcg_cut.10", "recall.10", "recip_rank", "map"}
found = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)
means = {name: sum(one[name] for one in found.values()) / len(found) for name in next(iter(found.values()))}
print(json.dumps({"means": means, "seconds": time.perf_counter() - started}))
"""


@dataclass(frozen=True, slots=True)
class Process:
    """What one process took, and what it printed."""

    wall: float
    cpu: float
    peak_mb: float
    answer: dict[str, object]


def main() -> None:
    queries = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    depth = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write(directory, queries, depth)
        chosen = [part for metric in METRICS for part in ("-m", metric)]
        ours = ["-m", "prompteval", "trec", "qrels", "run", "--ties", "trec", "--complete-only", "--json"]
        commands = {"ours": [*ours, *chosen], "pytrec_eval": ["-c", ORACLE, "qrels", "run"]}
        rounds = [
            {key: process(directory, command) for key, command in commands.items()} for _ in range(ROUNDS)
        ]
    print(f"{queries * depth:,} lines, {queries:,} queries; median of {ROUNDS} rounds in turn\n")
    print("| | wall s | processor s | peak MB |")
    print("|---|---|---|---|")
    for key, title in (("ours", "`prompteval trec`"), ("pytrec_eval", "pytrec_eval, whole process")):
        took = [one[key] for one in rounds]
        columns = (median(t.wall for t in took), median(t.cpu for t in took), max(t.peak_mb for t in took))
        print(f"| {title} | {columns[0]:.2f} | {columns[1]:.2f} | {columns[2]:.0f} |")
    inside = median(float(str(one["pytrec_eval"].answer["seconds"])) for one in rounds)
    print(f"| pytrec_eval, parse and score | {inside:.2f} | | |")
    ratio = median(one["ours"].wall / float(str(one["pytrec_eval"].answer["seconds"])) for one in rounds)
    print(f"\nwall time, ours whole against its parse and score, median ratio: {ratio:.2f}")
    print(f"largest difference of a mean: {difference(rounds[0]['ours'], rounds[0]['pytrec_eval']):.1e}")


def write(directory: Path, queries: int, depth: int) -> None:
    """A run with falling scores of six decimals, and eight judgments a query, three of them retrieved."""
    generator = np.random.default_rng(0)
    with (directory / "run").open("w") as run, (directory / "qrels").open("w") as qrels:
        for query in range(queries):
            documents = generator.choice(200_000, size=depth, replace=False)
            scores = np.sort(generator.random(depth) * 20)[::-1]
            run.writelines(
                f"q{query} Q0 doc{document} {rank} {score:.6f} tag\n"
                for rank, (document, score) in enumerate(zip(documents, scores, strict=True), 1)
            )
            judged = [*generator.choice(documents, 3, replace=False), *generator.choice(200_000, 5)]
            qrels.writelines(
                f"q{query} 0 doc{document} {generator.integers(0, 3)}\n" for document in dict.fromkeys(judged)
            )


def process(directory: Path, command: list[str]) -> Process:
    started = time.monotonic()
    child = subprocess.Popen([sys.executable, *command], cwd=directory, stdout=subprocess.PIPE)
    assert child.stdout is not None
    printed = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"exit {child.returncode}: {' '.join(command[:4])}")
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    wall = time.monotonic() - started
    return Process(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, json.loads(printed))


def difference(ours: Process, theirs: Process) -> float:
    """The largest over the four means."""
    found: dict[str, dict[str, float]] = ours.answer["metrics"]  # type: ignore[assignment]
    means: dict[str, float] = theirs.answer["means"]  # type: ignore[assignment]
    return max(abs(found[name]["value"] - means[other]) for name, other in METRICS.items())


if __name__ == "__main__":
    main()
