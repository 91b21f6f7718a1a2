"""F36: processes that overlap on one store lose nothing, whoever begins, ends or dies in between."""

import subprocess
import sys
from pathlib import Path

from prompteval.store.results import SqliteStore

# Begins and ends between two writes of another process.
SHORT = (
    "import sys; from pathlib import Path; from prompteval.store.results import SqliteStore\n"
    "store = SqliteStore.open(Path(sys.argv[1])); store.begin_run(sys.argv[2], {}, 'now'); store.close()\n"
)
# A whole life of a workspace in one process, which notes every file that Python itself opens.
LIFE = """
import os, sys
opened = []
sys.addaudithook(lambda event, found: opened.append(found) if event == "open" else None)
from prompteval.cli.app import run
for line in ("run -q", "run -q -o a.json -o b.html", "run --dry-run", "show last", "show last --case a",
             "gate last", "baseline set", "compare baseline last", "compare last", "report last -o r.md",
             "runs", "runs prune --keep 1 --cache", "run -q --no-cache", "runs rm last"):
    try:
        run(line.split())
    except SystemExit as ended:
        assert not ended.code, line
for path, mode, flags in opened:
    if isinstance(path, str) and ".sqlite" in path and not path.endswith("-lock"):
        assert flags & os.O_EXCL, path
sys.stderr.write(str(sum(".sqlite" in str(path) for path, _, _ in opened)))
"""


def short_run(path: Path, run_id: str) -> None:
    subprocess.run([sys.executable, "-B", "-c", SHORT, str(path), run_id], check=True, timeout=60)


def test_f36_a_reader_of_the_same_process_keeps_its_locks(tmp_path: Path) -> None:
    """Else the short run would be the last to close the file, and delete the log under the long one."""
    path = tmp_path / "r.sqlite"
    store = SqliteStore.open(path)
    store.begin_run("long", {}, "now")
    store.flush()
    SqliteStore.open(path).close()
    SqliteStore.open(path, readonly=True).close()
    log = (tmp_path / "r.sqlite-wal").stat().st_ino
    short_run(path, "short")
    assert (tmp_path / "r.sqlite-wal").stat().st_ino == log
    store.begin_run("later", {}, "now")
    store.close()
    store = SqliteStore.open(path, readonly=True)
    assert sorted(run.run_id for run in store.runs()) == ["later", "long", "short"]
    store.close()


def test_f36_no_descriptor_of_a_database_is_ours(tmp_path: Path) -> None:
    """From the first run to the last `runs prune`, but for the one that makes a new file."""
    files = {
        "prompteval.toml": "",
        "prompts/say/v1.py": "from pydantic import BaseModel\nfrom prompteval import Prompt, user\n"
        "class Inputs(BaseModel):\n    message: str\n"
        "prompt = Prompt(inputs=Inputs, output=str, messages=[user('{{ message }}')])\n",
        "models/m.jsonl": '{"when": ".", "text": "hello"}\n',
        "datasets/c.jsonl": '{"id": "a", "inputs": {"message": "a"}, "expected": "hello"}\n'
        '{"id": "b", "inputs": {"message": "b"}, "expected": "hello"}\n',
        "evals/s.yaml": "prompt: say\ncases: ../datasets/c.jsonl\nmodels: [scripted/models/m.jsonl]\n"
        "scorers: [exact]\nmetrics: [accuracy]\ngate: [accuracy >= 0.9]\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    life = [sys.executable, "-B", "-c", LIFE]
    done = subprocess.run(life, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stderr.split()[-1]) > 2


def test_f36_six_first_runs_at_once(tmp_path: Path) -> None:
    """Each makes the database, or finds it made; every run is there."""
    path = tmp_path / "r.sqlite"
    runs = [f"r{number}" for number in range(6)]
    started = [subprocess.Popen([sys.executable, "-B", "-c", SHORT, str(path), run]) for run in runs]
    assert [process.wait(60) for process in started] == [0] * 6
    store = SqliteStore.open(path, readonly=True)
    assert sorted(run.run_id for run in store.runs()) == runs
    store.close()
