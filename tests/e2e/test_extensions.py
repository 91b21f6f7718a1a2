"""An installed package with a plug-in of every kind works in `check` and `run`, and a broken one is one line."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.forks import Done, shared

EXTENSION = Path(__file__).parents[1] / "fixtures" / "extension"
PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

prompt = Prompt(inputs=Inputs, output=str, messages=[user("{{ message }}")])
"""
SUITE = """prompt: say
cases: ../datasets/c.jsonl
models: [echo/loud]
scorers:
  - polite: {words: [PLEASE, THANKS], name: manners}
  - length: {most: 20}
  - asks
metrics: [mean(scorer=length), worst_quarter(scorer=length), accuracy(scorer=manners)]
gate: [worst_quarter(scorer=length) >= 0.1, accuracy(scorer=manners) >= 0.4]
"""
RAG = """cases: ../datasets/q.jsonl
rag:
  corpus: ../datasets/docs
  chunker: {kind: line, most: 1}
  retriever: overlap
  reranker: {kind: shortest, depth: 5}
  k: 2
  modes: [retrieval]
metrics: [retrieval.recall@5, rerank.mrr]
gate: [retrieval.recall@5 >= 0.9]
"""
Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`prompteval ARGUMENTS` in a workspace, with the test distribution installed beside it."""
    site, root = tmp_path / "site", tmp_path / "ws"
    shutil.copytree(EXTENSION, site)
    for path, text in {
        "prompteval.toml": "",
        "prompts/say/v1.py": PROMPT,
        "evals/s.yaml": SUITE,
        "evals/r.yaml": RAG,
        "datasets/docs/a.md": "Apples are red.\nPears are green, and grow on old trees.\nPlums are blue.\n",
        "datasets/c.jsonl": "".join(
            json.dumps({"id": f"c{i}", "inputs": {"message": text}}) + "\n"
            for i, text in enumerate(["please sit", "thanks", "go away", "no"])
        ),
        "datasets/q.jsonl": json.dumps(
            {
                "id": "q1",
                "inputs": {"question": "pears are"},
                "gold": [[{"doc": "a.md", "quote": "Pears are green"}]],
            }
        ),
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    def command(*arguments: str, code: int) -> Done:
        env = {"PYTHONPATH": str(site), "NO_COLOR": "1"}
        done = shared().run(root, *arguments, env=env, memory=None, deadline_s=120)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.code == code, f"exit {done.code}\n{done.stdout}\n{done.stderr}"
        return done

    return command


def test_plug_ins_of_every_kind_work(run: Run, tmp_path: Path) -> None:
    """Scorers of three forms, a metric, a gate on it, a provider and a reporter; a pipeline of three more."""
    run("check", code=0)
    body = json.loads(run("run", "s", "--json", "-q", "-o", "r.tap", "-o", "r.jsonl", code=0).stdout)
    metrics = body["results"][0]["metrics"]
    assert metrics["accuracy(scorer=manners)"]["value"] == 0.5
    worst = metrics["worst_quarter(scorer=length)"]
    assert worst["value"] == pytest.approx(0.5) and worst["low"] <= worst["value"] <= worst["high"]
    assert (tmp_path / "ws/r.tap").read_text().splitlines()[1:3] == [
        "1..2", "ok 1 - s: worst_quarter(scorer=length) >= 0.1",
    ]  # fmt: skip
    scores = [json.loads(line)["scores"] for line in (tmp_path / "ws/r.jsonl").read_text().splitlines()]
    assert {name: score["value"] for name, score in scores[0].items()} == {
        "manners": 1.0, "length": 0.5, "asks": 1.0,
    }  # fmt: skip
    assert scores[2]["manners"]["reason"] == "none of the words"
    found = json.loads(run("run", "r", "--json", "-q", code=0).stdout)["results"][0]["metrics"]
    assert (found["retrieval.recall@5"]["value"], found["rerank.mrr"]["value"]) == (1.0, pytest.approx(1 / 3))
    run("schema", "suite", code=0)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("words: [PLEASE, THANKS], ", "", "s.yaml:5:5 PE223 polite: "),
        ("most: 20", "mots: 20", "length has no option 'mots' (did you mean 'most'?)"),
        ("most: 20", "most: long", "length: most must be a whole number, not 'long'"),
        ("- asks", "- aks", "unknown scorer 'aks' (did you mean 'asks'?)"),
        ("mean(scorer=length), worst_quarter", "mean(scorer=length), worst_quarte", "did you mean 'worst_quarter'?"),
    ],
)  # fmt: skip
def test_a_wrong_use_of_a_plug_in_is_one_line(
    run: Run, tmp_path: Path, old: str, new: str, told: str
) -> None:
    """At its line of the suite, as for what is built in."""
    suite = tmp_path / "ws/evals/s.yaml"
    suite.write_text(SUITE.replace(old, new))
    assert told in run("check", code=2).stdout


BROKEN = {
    "scorer": ("def score(self, case: Case, observation: Observation) -> dict", "def mark(self, case: Case, observation: Observation) -> dict", 2,
               "Polite is not a scorer: it has no method score(case, observation)"),
    "module": ("import asyncio\n", "import no_such_module\n", 2, "ModuleNotFoundError: No module named 'no_such_module'"),
    "metric": ("order = np.argsort(values", "order = np.no_sort(values", 1, "the plug-in's compute() raised AttributeError"),
    "reporter": ("    gates = [", "    1 / 0\n    gates = [", 2, "reporter 'tap' of the plug-in prompteval_extension: ZeroDivisionError"),
    "provider": ("        text = request", "        1 / 0\n        text = request", 3, "provider 'echo': ZeroDivisionError"),
    "name": ("", "", 2, "two packages register 'exact' in prompteval.scorers"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plug_in_is_one_line(run: Run, tmp_path: Path, kind: str) -> None:
    """That names it, with the exit code of its fault; never a traceback."""
    old, new, code, told = BROKEN[kind]
    module = tmp_path / "site/prompteval_extension.py"
    module.write_text(module.read_text().replace(old, new))
    if kind == "name":
        points = tmp_path / "site/prompteval_extension-1.0.dist-info/entry_points.txt"
        points.write_text(points.read_text().replace("polite =", "exact ="))
    done = run("run", "s", "-o", "r.tap", code=code)
    assert told in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("        words = set(", "        1 / 0\n        words = set(", "retriever 'overlap': ZeroDivisionError"),
        ("return Ranking.of([(chunk.id, -", 'return Ranking.of([("x", -', "other ids than those of its candidates"),
        ("document.text[start:end], document.title", '"other", document.title', "is not a span of a.md"),
        ("return Shortest()", "return object()", "made a object without identity, rerank"),
    ],
)  # fmt: skip
def test_a_broken_part_of_a_pipeline_is_one_line(
    run: Run, tmp_path: Path, old: str, new: str, told: str
) -> None:
    """While it is built, and at the question that it fails on."""
    module = tmp_path / "site/prompteval_extension.py"
    module.write_text(module.read_text().replace(old, new))
    code = 2 if "made a" in told or "span" in told else 3
    done = run("run", "r", "-o", "r.jsonl", code=code)
    rows = (tmp_path / "ws/r.jsonl").read_text() if code == 3 else ""
    assert told in done.stdout + done.stderr + rows


def test_the_extending_page_shows_what_is_tested() -> None:
    """Each block of Python and of entry points is in the test distribution, each of YAML in a suite here."""
    blocks = re.findall(r"```(python|toml|yaml)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    code = (EXTENSION / "prompteval_extension.py").read_text()
    points = (EXTENSION / "prompteval_extension-1.0.dist-info/entry_points.txt").read_text()
    assert {kind for kind, _ in blocks} == {"python", "toml", "yaml"}
    for kind, block in blocks:
        if kind == "python":
            assert all(part.strip() in code for part in block.split("\n\n\n")), block
        elif kind == "toml":
            pairs = re.findall(r'^(\w+) = "(.*)"$', block, re.MULTILINE)
            assert pairs and all(f"{name} = {value}" in points for name, value in pairs), block
        else:
            assert all(line.strip() in SUITE + RAG for line in block.splitlines()), block
