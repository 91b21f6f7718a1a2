"""The peak memory of a command line, as the kernel saw it."""

import os
import subprocess
import sys
from pathlib import Path

# A process counts what its parent held when it was started, so a small one stands between.
PEAK_OF_CHILD = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], check=False).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, flush=True)
sys.exit(code)
"""
START = "import sys; {before}; from prompteval.__main__ import main; sys.exit(main())"


def peak_mb(root: Path, *arguments: str, before: str = "pass", env: dict[str, str] | None = None) -> float:
    """Megabytes of `prompteval ARGUMENTS`, which must end with 0; `before` is Python that runs first."""
    program = [sys.executable, "-c", START.format(before=before), *arguments]
    command = [sys.executable, "-c", PEAK_OF_CHILD, *program]
    given = {**os.environ, **(env or {})}
    done = subprocess.run(command, cwd=root, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return float(done.stdout.split()[-1]) / 1024
