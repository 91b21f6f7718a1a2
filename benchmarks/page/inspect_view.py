"""How large a log of Inspect is, and how soon its viewer shows it; nothing is installed here.

    pip install inspect-ai            # in an environment of its own
    python benchmarks/page/inspect_view.py ENVIRONMENT/bin/inspect 1000 20000

For each number of samples (the texts of `measure.py`, one in ten wrong, answered by no model): the time to
evaluate and the size of the log; then in headless Chromium, served by `inspect view`, the time to the first
paint and to the first sample of the list, and the heap of the script. The viewer's own files are not counted.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from measure import row
from playwright.sync_api import Page, sync_playwright

TASK = """
import json
from pathlib import Path
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageAssistant, ModelOutput
from inspect_ai.scorer import includes
from inspect_ai.solver import solver

@solver
def answers():
    async def solve(state, generate):
        state.messages.append(ChatMessageAssistant(content="general"))
        state.output = ModelOutput.from_content("mockllm/model", "general")
        return state
    return solve

@task
def support():
    lines = Path(__file__).with_name("samples.jsonl").read_text().splitlines()
    samples = [Sample(**json.loads(line)) for line in lines]
    return Task(dataset=samples, solver=[answers()], scorer=includes())
"""
DEADLINE_S = 600


def evaluate(program: str, folder: Path, count: int) -> tuple[Path, float]:
    """The log of so many samples, and the seconds that it took."""
    lines = []
    for number in range(count):
        case = row(number).case
        target = "general" if number % 10 else "billing"
        lines.append(json.dumps({"id": case.id, "input": case.inputs["message"], "target": target}))
    (folder / "task.py").write_text(TASK)
    (folder / "samples.jsonl").write_text("\n".join(lines))
    began = time.perf_counter()
    command = [
        program,
        "eval",
        "task.py",
        "--model",
        "mockllm/model",
        "--display",
        "none",
        "--log-dir",
        "logs",
    ]
    subprocess.run(command, cwd=folder, check=True, timeout=DEADLINE_S)
    (log,) = (folder / "logs").glob("*.eval")
    return log, time.perf_counter() - began


@contextmanager
def served(program: str, folder: Path) -> Iterator[str]:
    """The address of the viewer, which answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "view", "start", "--log-dir", "logs", "--port", str(port)]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while True:
            try:
                urlopen(address, timeout=5).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def look(page: Page, address: str, log: Path) -> dict[str, float]:
    """Milliseconds to the first paint and to the first sample, and the heap in MB."""
    began = time.perf_counter()
    page.goto(f"{address}/#/logs/{quote(log.name)}/samples", wait_until="commit", timeout=120_000)
    page.get_by_text(row(0).case.inputs["message"][:20]).first.wait_for(timeout=120_000)
    listed = time.perf_counter() - began
    paint = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1")
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    return {"paint_ms": paint, "list_ms": 1e3 * listed, "heap_mb": heap}


def main() -> None:
    program = str(Path(sys.argv[1]).absolute())
    print("| samples | evaluated in | log | first paint | first samples | heap |\n|---|---|---|---|---|---|")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for count in map(int, sys.argv[2:] or ("1000",)):
            with tempfile.TemporaryDirectory() as name:
                log, seconds = evaluate(program, Path(name), count)
                with served(program, Path(name)) as address:
                    found = look(browser.new_page(), address, log)
                cells = [f"{count:,}", f"{seconds:.1f} s", f"{log.stat().st_size / 1e6:.1f} MB"]
                cells += [f"{found[key]:,.0f} ms" for key in ("paint_ms", "list_ms")]
                print("|", " | ".join([*cells, f"{found['heap_mb']:.0f} MB"]), "|", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
