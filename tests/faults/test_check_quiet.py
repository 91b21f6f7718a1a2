"""`check` of a stranger's workspace opens no connection and writes nothing, whatever its suites name."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

# Notes every event by which Python connects, writes, or starts a process, then runs the command line.
WATCHED = """
import json, os, sys
WRITES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown",
          "os.truncate", "os.utime", "shutil.rmtree", "shutil.move", "tempfile.mkstemp", "tempfile.mkdtemp",
          "sqlite3.connect"}
CONNECTS = {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
seen, own = [], os.environ["PYTHONPYCACHEPREFIX"]
def watch(event, given):
    if event == "open":
        path, mode, flags = given
        writing = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        place = path if isinstance(path, str) else os.fsdecode(path) if isinstance(path, bytes) else ""
        if not writing or place in ("", os.devnull) or place.startswith(own) and os.getcwd() not in place:
            return
        seen.append([event, place])
    elif event in WRITES and not str(given[0]).startswith(own):
        seen.append([event, str(given[0])])
    elif event in CONNECTS:
        seen.append([event, str(given[1:])])
    elif event == "subprocess.Popen":
        seen.append([event, " ".join(map(str, given[1][:2]))])
sys.addaudithook(watch)
from prompteval.__main__ import main
code = main()
with os.fdopen(3, "w") as out:
    json.dump({"code": code, "seen": seen, "modules": sorted(sys.modules)}, out)
"""
PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, user
class Inputs(BaseModel):
    question: str
prompt = Prompt(inputs=Inputs, output=str, messages=[user("{% for c in question %}{% for d in c %}{{ d }}{% endfor %}{% endfor %}")])
"""
SETTINGS = """
env = ["APP_KEY"]
[models.ours]
model = "m"
base_url = "http://127.0.0.1:9/v1"
api_key_env = "OUR_KEY"
"""
RAG = """cases: ../datasets/c.jsonl
rag: {{corpus: ../datasets/docs, chunker: sentence, retriever: {retriever}, reranker: {reranker}, modes: [retrieval], {rest}}}
metrics: [retrieval.recall@2]
"""
ASKED = "cases: ../datasets/c.jsonl\nmodels: [ours, openai/gpt-x, local/minilm, scripted/m.jsonl]\n"
SUITES = {
    "prompt": "prompt: ask\n" + ASKED + "scorers: [similarity, {python: 'app.mine:score'}]\nmetrics: [mean]\n",
    "commit": "prompt: ask@git:HEAD\n" + ASKED + "scorers: [exact]\nmetrics: [accuracy]\n",
    "callable": "callable: 'app.mine:reply'\ncases: ../datasets/c.jsonl\nscorers: [exact]\n",
    "endpoint": "endpoint: {url: 'http://127.0.0.1:9/', headers_env: {x: APP_KEY}}\ncases: ../datasets/c.jsonl\n",
    "kept": RAG.format(retriever="{kind: dense, folder: ../index}", reranker="none", rest="dense: {model: ours}"),
    "local": RAG.format(retriever="{kind: dense, folder: ../other, index: hnsw}", reranker="late_interaction", rest=""),
    "hybrid": RAG.format(retriever="hybrid", reranker="{kind: cross_encoder, model: ../encoder}", rest="dense: {model: openai/e}"),
    "remote": RAG.format(retriever="{endpoint: 'http://127.0.0.1:9/'}", reranker="none", rest=""),
    "python": RAG.format(retriever="{python: 'app.mine:search'}", reranker="none", rest="bm25: {engine: rank_bm25}"),
    "run": RAG.format(retriever="{run: ../datasets/r.trec}", reranker="none", rest=""),
}  # fmt: skip


def fill(root: Path) -> None:
    """A workspace whose suites name everything that a run would open, fetch, import or keep."""
    files = {
        "prompteval.toml": SETTINGS, "prompts/ask/v1.py": PROMPT, "m.jsonl": '{"when": "", "text": "a"}\n',
        "app/mine.py": "def score(case, seen): return 1\ndef reply(question): return ''\ndef search(query, k): return []\n",
        "datasets/docs/a.md": "Apples are red. Pears are green.\n", "datasets/r.trec": "c1 Q0 a.md 1 2.0 x\n",
        "datasets/c.jsonl": json.dumps(
            {"id": "c1", "inputs": {"question": "What is red?"}, "expected": "a", "gold": [[{"doc": "a.md"}]]}
        ),
        "encoder/model.safetensors": "x",
        **{f"evals/{name}.yaml": text for name, text in SUITES.items()},
    }  # fmt: skip
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@x", "commit", "-qm", "1"],
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True)


def watched(root: Path, *arguments: str, **more: str) -> dict[str, Any]:
    """What the command line of `prompteval ARGUMENTS` did, as audit events of its process."""
    read, write = os.pipe()
    home = root.parent / "home"
    home.mkdir(exist_ok=True)
    environment = {
        **os.environ, "PYTHONPYCACHEPREFIX": str(root.parent / "bytecode"), "HOME": str(home),
        "OUR_KEY": "sk-key", "APP_KEY": "key", "OPENAI_API_KEY": "sk-key", **more,
    }  # fmt: skip
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = f"import os; os.dup2({write}, 3); import sys; sys.argv[0] = 'prompteval'\n{WATCHED}"
    done = subprocess.run(
        [sys.executable, "-c", command, *arguments], cwd=root, env=environment, pass_fds=[write],
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as told:
        found: dict[str, Any] = json.loads(told.read() or "{}")
    assert found and "Traceback" not in done.stderr, done.stderr
    return {**found, "stdout": done.stdout, "stderr": done.stderr}


def files(root: Path) -> Sequence[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if ".git" not in path.parts)


@pytest.mark.slow
def test_s32_check_opens_no_connection_and_writes_nothing(tmp_path: Path) -> None:
    """Dense indexes, their directories, encoders, endpoints, caches, bytecode; only git and our worker are started."""
    root = tmp_path / "ws"
    fill(root)
    before = files(root)
    found = watched(root, "check")
    assert found["code"] == 0, found["stdout"] + found["stderr"]
    started = {what for event, what in found["seen"] if event == "subprocess.Popen"}
    assert {what.split()[0] for what in started} <= {"git", sys.executable}
    assert [item for item in found["seen"] if item[0] != "subprocess.Popen"] == []
    assert files(root) == before and not list((tmp_path / "home").iterdir())
    assert not {"torch", "openai", "aiohttp", "sqlite3"} & set(found["modules"])


TRAP = "import os, sys\nopen(os.environ['MARK'], 'a').write(__name__)\nos._exit(9)\n"


@pytest.mark.slow
def test_s32_check_without_imports_runs_no_python_of_the_workspace(tmp_path: Path) -> None:
    """Neither a prompt, of the tree or of a commit, nor a function; what that hides is said."""
    root = tmp_path / "ws"
    fill(root)
    for trap in (
        "prompts/ask/v1.py",
        "app/mine.py",
        "prompts/__init__.py",
        "conftest.py",
        "sitecustomize.py",
    ):
        (root / trap).write_text(TRAP)
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@x", "commit", "-qam", "2"], cwd=root, check=True
    )
    before = files(root)
    found = watched(root, "check", "--no-import", MARK=str(tmp_path / "ran"))
    assert found["code"] == 0, found["stdout"] + found["stderr"]
    assert not (tmp_path / "ran").exists() and files(root) == before
    assert [item for item in found["seen"] if item[0] != "subprocess.Popen"] == []
    assert (
        "not checked without importing: inputs, output and templates of 1 prompt version, and the cases "
        "against them; the content of app.mine:reply, app.mine:score, app.mine:search\n"
    ) in found["stderr"]
    told = watched(root, "check", MARK=str(tmp_path / "ran"))
    assert told["code"] == 2 and (tmp_path / "ran").exists()
