"""Recorded outputs to a verdict: both suites run, compared, held against the published accuracies.

    python benchmarks/bbh/measure.py

Prints the seconds and processor seconds of each command, whether all 54 published accuracies come out,
and the verdict of every task.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from build import DATA, build


def command(root: Path, *arguments: str) -> tuple[str, float, float]:
    """(standard output, wall seconds, processor seconds) of one command line."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "prompteval", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, time.perf_counter() - started, used


def equal_to_published(runs: dict[str, Any]) -> int:
    """How many of the published accuracies a run's slice equals to 1e-9."""
    published = json.loads((DATA / "published_metrics.json").read_text())
    found = 0
    for name, wanted in published.items():
        task, mode = name.split("|")
        value = runs[mode]["results"][0]["slices"]["task"][task]["accuracy"]["value"]
        found += abs(100 * value - wanted["accuracy"]) < 1e-9
    return found


def main() -> None:
    if not DATA.exists():
        raise SystemExit("../shared/data/bbh_davinci002 is not here")
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        build(root)
        runs, wall, used = {}, 0.0, 0.0
        for mode in ("direct", "cot"):
            text, seconds, processor = command(root, "run", mode, "--json", "-q")
            runs[mode] = json.loads(text)
            print(f"run {mode}: {seconds:.2f} s, processor {processor:.2f} s")
            wall, used = wall + seconds, used + processor
        ids = [runs[mode]["run_id"] for mode in ("direct", "cot")]
        text, seconds, processor = command(root, "compare", *ids, "--json", "-q")
        print(f"compare: {seconds:.2f} s, processor {processor:.2f} s")
        print(f"together: {wall + seconds:.2f} s, processor {used + processor:.2f} s")
        view = json.loads(text)
    print(f"published accuracies that come out: {equal_to_published(runs)} of 54")
    print(view["sentence"])
    (result,) = view["results"]
    for task, metrics in result["slices"]["task"].items():
        found = metrics["accuracy"]
        ends = f"[{found['low']:+.3f}, {found['high']:+.3f}]"
        values = f"{found['a']:.3f} | {found['b']:.3f} | {found['delta']:+.3f} | {ends}"
        print(f"| {task} | {found['pairs']} | {values} | {found['p_adjusted']:.2g} | {found['verdict']} |")


if __name__ == "__main__":
    main()
