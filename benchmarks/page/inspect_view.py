"""How large a log of Inspect is, and how soon its viewer shows it; nothing is installed here.

    pip install inspect-ai            # in an environment of its own
    python benchmarks/page/inspect_view.py ENVIRONMENT/bin/inspect 1000 20000

For each number of samples (the texts of `measure.py`, one in ten wrong, answered by no model): the time to
evaluate and the size of the log; then in headless Chromium, served by `inspect view`, the time to the first
paint and to the first sample of the list, and the heap of the script. The viewer's own files are not counted.
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from measure import row
from playwright.sync_api import Page
from viewers import free_port, look, print_table, served

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


def looked(program: str, page: Page, count: int) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        log, seconds = evaluate(program, Path(name), count)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        command = [program, "view", "start", "--log-dir", "logs", "--port", str(port)]
        with served(command, Path(name), address):
            cells = look(page, f"{address}/#/logs/{quote(log.name)}/samples")
        return [f"{seconds:.1f} s", f"{log.stat().st_size / 1e6:.1f} MB", *cells]


if __name__ == "__main__":
    print_table("log", looked)
