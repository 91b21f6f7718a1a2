"""How large a report of promptfoo is, and how soon its viewer shows a run; nothing is installed here.

    npm install promptfoo             # in a folder of its own
    python benchmarks/page/promptfoo_view.py FOLDER/node_modules/.bin/promptfoo 1000 20000

For each number of cases (the texts of `measure.py`, one in ten wrong, answered by the provider `echo`): the
time to evaluate and the size of the HTML that `-o` writes; then in headless Chromium, served by `promptfoo
view`, the time to the first paint and to the first case of the list, and the heap of the script. Its state
is kept in a temporary folder, and what it would send home is turned off.
"""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from measure import row
from playwright.sync_api import Page
from viewers import free_port, look, print_table, served

DEADLINE_S = 1800
FAILED = 100  # how `promptfoo eval` ends where a case failed


def write(folder: Path, count: int) -> None:
    """A configuration of so many cases."""
    tests = []
    for number in range(count):
        message = row(number).case.inputs["message"]
        wanted = message if number % 10 else "billing"
        tests.append({"vars": {"message": message}, "assert": [{"type": "equals", "value": wanted}]})
    (folder / "tests.json").write_text(json.dumps(tests))
    config = "prompts: ['{{message}}']\nproviders: [echo]\ntests: file://tests.json\n"
    (folder / "promptfooconfig.yaml").write_text(config)


def looked(program: str, page: Page, count: int) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, count)
        off = {f"PROMPTFOO_DISABLE_{what}": "1" for what in ("TELEMETRY", "UPDATE", "DEBUG_LOG", "ERROR_LOG")}
        environment = {**os.environ, **off, "PROMPTFOO_CONFIG_DIR": name}
        began = time.perf_counter()
        quiet = ("--no-table", "--no-progress-bar", "-o", "report.html")
        done = subprocess.run(
            [program, "eval", *quiet],
            cwd=folder,
            env=environment,
            timeout=DEADLINE_S,
            check=False,
            capture_output=True,
        )
        if done.returncode != FAILED:
            raise SystemExit(done.stderr.decode() or f"promptfoo ended with {done.returncode}")
        seconds = time.perf_counter() - began
        size = (folder / "report.html").stat().st_size / 1e6
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        with served([program, "view", "-n", "-p", str(port)], folder, address, environment):
            return [f"{seconds:.1f} s", f"{size:.1f} MB", *look(page, f"{address}/eval")]


if __name__ == "__main__":
    print_table("HTML", looked)
