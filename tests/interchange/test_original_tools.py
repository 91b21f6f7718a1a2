"""Files that the original tools write, where they are installed: in this environment, or in that of a variable.

PROMPTEVAL_INSPECT, PROMPTEVAL_DEEPEVAL, PROMPTEVAL_LM_EVAL, PROMPTEVAL_RAGAS and PROMPTEVAL_EVALS name a Python with
inspect-ai, deepeval, lm_eval, ragas (which needs langchain-community below 0.4) or OpenAI's evals (`--no-deps`, and what it
imports); PROMPTEVAL_PROMPTFOO the program, which takes 1.7 GB.
"""

import importlib.util
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.forks import shared
from tests.interchange.support import imported, ran, write_lines

INSPECT = """
import sys
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.scorer import exact
from inspect_ai.solver import generate

answers = ["Oslo", "Milan", "Madrid"]
samples = [Sample(id=1, input="Capital of Norway?", target="Oslo"), Sample(id=2, input="Of Italy?", target="Rome"), Sample(id=3, input="Of Spain?", target="Madrid")]
outputs = [ModelOutput.from_content("mockllm/model", answer) for answer in answers]
model = get_model("mockllm/model", custom_outputs=outputs)
task = Task(name="capitals", dataset=samples, solver=generate(), scorer=exact())
log = eval(task, model=model, log_dir="logs", log_format=sys.argv[1], display="none", max_samples=1)[0]
if log.error:
    sys.exit(log.error.message)
print(log.results.scores[0].metrics["mean"].value)
"""
DEEPEVAL = """
import sys
from deepeval.dataset import EvaluationDataset, Golden

goldens = [Golden(input="Capital of Norway?", expected_output="Oslo", actual_output="Oslo", context=["One.", "Two."], additional_metadata={"level": "easy"}),
           Golden(input="Of Italy?", expected_output="Rome", actual_output="Milan")]
EvaluationDataset(goldens=goldens).save_as(file_type=sys.argv[1], directory="out", file_name="capitals")
"""
RAGAS = """
import json, sys, warnings
warnings.simplefilter("ignore")
from ragas import EvaluationDataset, SingleTurnSample
from ragas.metrics import BleuScore, ExactMatch, RougeScore

samples = [
    SingleTurnSample(user_input=str(n), response=response, reference=reference, retrieved_contexts=["One.", "Two."])
    for n, (response, reference) in enumerate(json.loads(sys.argv[1]))
]
EvaluationDataset(samples=samples).to_jsonl("samples.jsonl")
metrics = {"exact": ExactMatch(), "rouge_l": RougeScore(rouge_type="rougeL", mode="fmeasure"), "bleu": BleuScore()}
print(json.dumps({name: [one.single_turn_score(sample) for sample in samples] for name, one in metrics.items()}))
"""
EVALS = """
import importlib, json, os, sys, tempfile

os.environ.update(OPENAI_API_KEY="none", EVALS_SHOW_EVAL_PROGRESS="0", EVALS_THREADS="1")
from evals.base import RunSpec
from evals.record import LocalRecorder


class Recorded:
    def __init__(self, text):
        self.text = text

    def get_completions(self):
        return [self.text]


samples = [json.loads(line) for line in open("registry/data/samples.jsonl")]
said = {one["input"]: one["completion"] for one in samples}
found = {}
for name, (place, arguments) in json.loads(sys.argv[1]).items():
    module, _, kind = place.partition(":")
    spec = RunSpec(["recorded"], name, name, "test", {}, "user", "run", "2026-01-01")
    one = getattr(importlib.import_module(module), kind)(
        completion_fns=[lambda prompt, **_: Recorded(said[prompt])], eval_registry_path=".", samples_jsonl="", **arguments
    )
    one.get_samples = lambda: samples
    recorder = LocalRecorder(tempfile.mkstemp(dir=".")[1], spec)
    one.run(recorder)
    right = {event.sample_id: bool(event.data["correct"]) for event in recorder.get_events("match")}
    found[name] = [right[key] for key in sorted(right, key=lambda key: int(key.rpartition(".")[2]))]
print(json.dumps(found))
"""
LM_EVAL = {
    "choices": """output_type: multiple_choice
doc_to_text: "Capital {{n}}?"
doc_to_choice: [Oslo, Rome, Madrid]
doc_to_target: answer
metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]
""",
    "replies": """output_type: generate_until
doc_to_text: "Say {{n}}"
doc_to_target: word
generation_kwargs: {until: ["."]}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
""",
}
LM_EVAL_RUN = "import sys; from lm_eval.__main__ import cli_evaluate; sys.argv = ['lm_eval', 'run', *sys.argv[1].split()]; cli_evaluate()"
PAIRS = (
    ("Oslo", "Oslo"), ("Milan, I think.", "Rome"), ("The cat sat on the mat.", "A cat sat on a mat."), ("  Oslo", "Oslo"),
    ("le café est fermé le lundi", "Le café est ouvert le lundi"), ("Refunds take five to seven days.", "Refunds take 5-7 days."),
)  # fmt: skip


def python_with(package: str, variable: str) -> str:
    """The Python that has a package; the test is skipped where none has."""
    if os.environ.get(variable):
        return os.environ[variable]
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:  # a directory of that name, such as evals/, is none
        pytest.skip(f"{package} is not installed, and {variable} names no Python that has it")
    return sys.executable


def run(python: str, code: str, argument: str, root: Path) -> str:
    own = {"DEEPEVAL_TELEMETRY_OPT_OUT": "YES", "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    environment = os.environ | own
    command = [python, "-c", code, argument]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=250)
    if "openaipublic" in done.stdout + done.stderr:
        pytest.skip("the tool wants to load a vocabulary from the network (TIKTOKEN_CACHE_DIR)")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "eval"])
def test_a_log_that_inspect_wrote_is_scored_as_inspect_scored_it(tmp_path: Path, form: str) -> None:
    """Both forms of its logs, of a run with a model of its own for tests: the same mean, and nothing is lost."""
    mean = float(run(python_with("inspect_ai", "PROMPTEVAL_INSPECT"), INSPECT, form, tmp_path).split()[-1])
    (log,) = (tmp_path / "logs").iterdir()
    imported(tmp_path, "inspect", str(log), 0)
    assert ran(tmp_path)["metrics"]["accuracy"]["value"] == pytest.approx(mean)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "csv", "jsonl"])
def test_a_data_set_that_deepeval_wrote_is_read(tmp_path: Path, form: str) -> None:
    """Every form that it saves: outputs, contexts and metadata, and nothing is lost."""
    run(python_with("deepeval", "PROMPTEVAL_DEEPEVAL"), DEEPEVAL, form, tmp_path)
    imported(tmp_path, "deepeval", f"out/capitals.{form}", 0)
    assert ran(tmp_path)["cases"]["passed"] == 1
    case = json.loads((tmp_path / "made/datasets/capitals.jsonl").read_text().splitlines()[0])
    assert case["gold"] == [[{"quote": "One."}], [{"quote": "Two."}]] and case["tags"] == {"level": "easy"}


@pytest.mark.slow
def test_samples_that_ragas_wrote_are_scored_as_ragas_scored_them(tmp_path: Path) -> None:
    """Its metrics that need no model, of each sample; BLEU of texts under four words aside, which are 0 there."""
    told = run(python_with("ragas", "PROMPTEVAL_RAGAS"), RAGAS, json.dumps(PAIRS), tmp_path)
    wanted = json.loads(told.splitlines()[-1])
    imported(tmp_path, "ragas", "samples.jsonl", 0)
    suite = tmp_path / "made" / "evals" / "samples.yaml"
    suite.write_text(suite.read_text().replace('scorers: ["exact"]', "scorers: [exact, rouge_l, bleu]"))
    ran(tmp_path)
    assert shared().run(tmp_path / "made", "export", "last", "-o", "rows.jsonl").code == 0
    rows = [json.loads(line) for line in (tmp_path / "made" / "rows.jsonl").read_text().splitlines()]
    found = {name: [row["scores"][name]["value"] for row in rows] for name in wanted}
    long = [place for place, (response, _) in enumerate(PAIRS) if len(response.split()) > 3]
    assert found["exact"] == wanted["exact"] and found["rouge_l"] == pytest.approx(wanted["rouge_l"])
    assert [found["bleu"][n] for n in long] == pytest.approx([wanted["bleu"][n] for n in long])


@pytest.mark.slow
@pytest.mark.parametrize("task", sorted(LM_EVAL))
def test_samples_that_lm_eval_wrote_are_scored_as_lm_eval_scored_them(tmp_path: Path, task: str) -> None:
    """Its model `dummy`, which chooses at random and says "lol": the same mean of both kinds of task."""
    python = python_with("lm_eval", "PROMPTEVAL_LM_EVAL")
    rows = [{"n": n, "answer": n % 3, "word": ("lol", "no")[n % 5 > 2]} for n in range(30)]
    write_lines(tmp_path / "rows.jsonl", rows)
    source = "dataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\ntest_split: test\n"
    (tmp_path / "task.yaml").write_text(f"task: {task}\n{source}{LM_EVAL[task]}")
    arguments = f"--model dummy --tasks {task} --include_path . --output_path out --log_samples"
    run(python, LM_EVAL_RUN, arguments, tmp_path)
    (results,), (samples,) = tmp_path.glob("out/*/results_*.json"), tmp_path.glob("out/*/samples_*.jsonl")
    told = json.loads(results.read_text())["results"][task]
    imported(tmp_path, "lm-eval", str(samples), 0)
    mean = told.get("acc,none", told.get("exact_match,none"))
    assert ran(tmp_path)["metrics"]["accuracy"]["value"] == pytest.approx(mean)


BASIC = {
    "match": ("evals.elsuite.basic.match:Match", {}),
    "includes": ("evals.elsuite.basic.includes:Includes", {}),
    "includes-fold": ("evals.elsuite.basic.includes:Includes", {"ignore_case": True}),
    "fuzzy": ("evals.elsuite.basic.fuzzy_match:FuzzyMatch", {}),
    "json": ("evals.elsuite.basic.json_match:JsonMatch", {}),
}
IDEALS: tuple[tuple[str, ...], ...] = (
    ('{"a": 1, "b": [1, null]}',), ('"Oslo"', '"oslo"'), ("1",), ('{"b": [1, 2], "a": 1}', "true"), ("[]",), ("null",),
)  # fmt: skip
SAID = (
    '{"a": 1, "b": [1, null]}', '{"b": [1, 2], "a": 1.0}', '"Oslo"', '"oslo", I think', "Oslo", " The Oslo! ", "1", "1.0", "true",
    "[]", "null", "", "not JSON {", "İ",
)  # fmt: skip


@pytest.mark.slow
def test_recorded_answers_are_scored_as_openai_evals_scores_them(tmp_path: Path) -> None:
    """Its evaluations that text alone decides, from a file of its registry: each sample alike."""
    python = python_with("evals", "PROMPTEVAL_EVALS")
    samples = [
        {
            "id": f"s{number:03}",
            "input": f"question {number}",
            "ideal": list(ideal) if len(ideal) > 1 else ideal[0],
            "completion": text,
        }
        for number, (ideal, text) in enumerate(itertools.product(IDEALS, SAID))
    ]
    for name in ("evals", "data"):
        (tmp_path / "registry" / name).mkdir(parents=True)
    write_lines(tmp_path / "registry/data/samples.jsonl", samples)
    entries = {
        name: {"class": place, "args": {"samples_jsonl": "samples.jsonl", **arguments}}
        for name, (place, arguments) in BASIC.items()
    }
    (tmp_path / "registry/evals/basic.yaml").write_text(json.dumps(entries))
    wanted = json.loads(run(python, EVALS, json.dumps(BASIC), tmp_path).splitlines()[-1])
    imported(tmp_path, "openai-evals", "registry/evals/basic.yaml", 0)
    assert shared().run(tmp_path / "made", "run", "-q").code == 0
    assert shared().run(tmp_path / "made", "export", "last", "-o", "rows.jsonl").code == 0
    found: dict[str, list[bool]] = {name: [] for name in BASIC}
    for line in (tmp_path / "made/rows.jsonl").read_text().splitlines():
        row = json.loads(line)
        (score,) = row["scores"].values()
        found[row["suite"].replace("_", "-")].append(score["value"] == 1.0)
    assert found == wanted and all(0 < sum(of) < len(of) for of in wanted.values())


TEXTS = (
    "Oslo", "oslo", "  Oslo ", "{}", "[]", "1", "1.0", "null", "The answer is Oslo, Norway.", '```json\n{"a": 1}\n```',
    "a\nb", "STRASSE straße", "İstanbul", "{bad json}", "x,y", "", '{"a":1}', "[1,2,3] tail", "NaN", '{"a":1,}', "Oslo\n",
)  # fmt: skip
VALUES: tuple[tuple[str, Any], ...] = (
    *(("equals", value) for value in ("Oslo", 1, True, {"a": 1}, [1, 2], "{}", "")),
    *(("contains", value) for value in ("Oslo", ".", "a\nb", 1)),
    *(("icontains", value) for value in ("OSLO", "strasse", "straße", "İ")),
    *(("contains-all", value) for value in (["Oslo", "Norway"], "x,y", "Oslo, Norway", [])),
    *(("icontains-any", value) for value in (["OSLO"], "zzz, OSLO", [])),
    *(("starts-with", value) for value in ("Oslo", "  ")),
    *(
        ("regex", value)
        for value in ("^Oslo$", r"\d", "(?<n>O)slo", r"\p{L}", "[[:alpha:]]", "a{,2}", r"[\s\S]b")
    ),
    ("is-json", None),
    ("contains-json", None),
)


@pytest.mark.slow
def test_results_that_promptfoo_wrote_are_scored_as_promptfoo_scored_them(tmp_path: Path) -> None:
    """Its provider `echo` answers with the prompt: every deterministic assertion, and not it, over every text."""
    program = os.environ.get("PROMPTEVAL_PROMPTFOO") or shutil.which("promptfoo")
    if program is None:
        pytest.skip("promptfoo is not installed (npm, 1.7 GB), and PROMPTEVAL_PROMPTFOO names none")
    tests = [
        {
            "vars": {"x": text},
            "assert": [{"type": not_ + kind, **({} if value is None else {"value": value})}],
        }
        for text in TEXTS
        for kind, value in VALUES
        for not_ in ("", "not-")
    ]
    config = {"prompts": ["{{x}}"], "providers": ["echo"], "tests": tests}
    (tmp_path / "promptfooconfig.json").write_text(json.dumps(config))
    command = [
        program,
        "eval",
        "-c",
        "promptfooconfig.json",
        "-o",
        "results.json",
        "--no-cache",
        "--no-table",
    ]
    own = {
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_CONFIG_DIR": str(tmp_path),
    }
    subprocess.run(command, cwd=tmp_path, env=os.environ | own, capture_output=True, timeout=280, check=False)
    rows = json.loads((tmp_path / "results.json").read_text())["results"]["results"]
    imported(tmp_path, "promptfoo", "results.json", 0)
    ran(tmp_path)
    exported = shared().run(tmp_path / "made", "export", "last", "-o", "rows.jsonl")
    assert exported.code == 0, exported.stderr
    found = map(json.loads, (tmp_path / "made" / "rows.jsonl").read_text().splitlines())
    passed = {row["case_id"]: row["verdict"] == "pass" for row in found}
    wrong = [row["testCase"] for row in rows if passed[f"test-{row['testIdx']}"] != row["success"]]
    assert len(rows) == len(tests) and wrong == []
