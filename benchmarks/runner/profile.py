"""Where the processor time of a run goes, by sampling the main thread each millisecond it works.

    .venv/bin/python benchmarks/runner/profile.py [CASES]      (default 10,000)

The run is this process's own; the server is another one, as in measure.py. Each sample counts once,
for the innermost part of the list below that is on the stack.
"""

import os
import signal
import sys
import tempfile
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from types import FrameType

from measure import CONCURRENCY, server, workspace

# Part to (pattern of a file's path, function); without a function any of the file counts. The first
# frame from the inside that matches names the sample.
PARTS = (
    ("imports", "importlib", ""),
    ("journal of attempts", "store/journal.py", ""),
    ("cache", "store/cache.py", ""),
    ("rows to the store", "store/results.py", ""),
    ("rows to JSON", "store/*_form.py", ""),
    ("request key", "core/request.py", "_texts"),
    ("body of the request", "openai/body.py", ""),
    ("reply read", "openai/reply.py", ""),
    ("prompt rendered", "prompt/prompt.py", "render"),
    ("output parsed", "prompt/parse.py", ""),
    ("scored", "scoring/", ""),
    ("cases read", "cases/", ""),
    ("statistics", "analysis/summary.py", ""),
    ("columns", "analysis/columns/", ""),
    ("report", "report/", ""),
    ("aiohttp", "aiohttp/", ""),
    ("layers", "providers/layers/", ""),
    ("chat client", "openai/provider.py", ""),
    ("limiter", "engine/limits/", ""),
    ("target", "engine/targets/", ""),
    ("runner", "engine/runner.py", ""),
    ("event loop", "asyncio/", ""),
)


def part_of(frame: FrameType | None) -> str:
    while frame is not None:
        code = frame.f_code
        for name, file, function in PARTS:
            if fnmatchcase(code.co_filename, f"*{file}*") and (not function or code.co_name == function):
                return name
        frame = frame.f_back
    return "the rest"


def main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    samples: Counter[str] = Counter()

    def sample(number: int, frame: FrameType | None) -> None:
        samples[part_of(frame)] += 1

    os.environ["FAKE_KEY"] = "sk-fake"
    with server() as (url, name), tempfile.TemporaryDirectory() as made:
        workspace(Path(made), cases, url)
        os.chdir(made)
        signal.signal(signal.SIGPROF, sample)
        signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
        try:
            from prompteval.cli.app import run

            run(["run", "-q", "-j", str(CONCURRENCY)])
        except SystemExit as ending:
            signal.setitimer(signal.ITIMER_PROF, 0)
            print(f"\n{cases:,} cases, {name}, exit {ending.code}\n")
    print("| part | share of processor time |")
    print("|---|---|")
    for title, count in samples.most_common():
        print(f"| {title} | {count / samples.total():.1%} |")


if __name__ == "__main__":
    main()
