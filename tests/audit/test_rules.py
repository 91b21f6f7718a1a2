"""The rules beside prompts: models, parameters, keys, notebooks, artifacts, scripts, baselines."""

import json
import pickle
import zipfile
from datetime import date
from pathlib import Path

import pytest

from prompteval.audit.models import model_table
from prompteval.audit.run import audit

DAY = date(2026, 11, 28)
KEY = "sk-proj-" + "Ab1" * 10


def found(root: Path, files: dict[str, str | bytes]) -> set[tuple[str, int, str]]:
    """(path, line, code) of every finding in a directory with these files."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return {(f.problem.path, f.problem.line, f.problem.code) for f in audit(root, DAY).findings}


def codes(root: Path, files: dict[str, str | bytes]) -> set[str]:
    return {code for _, _, code in found(root, files)}


CALL = """from openai import OpenAI

client = OpenAI(timeout=30)
client.chat.completions.create({})
"""


def test_a_model_that_was_shut_down_is_an_error_with_its_date_and_source(tmp_path: Path) -> None:
    """On and after its day; before it a warning."""
    (tmp_path / "a.py").write_text(
        CALL.format("model='o1-mini-2024-09-12', messages=m, temperature=0, max_tokens=5")
    )
    old, new = audit(tmp_path, date(2025, 10, 26)).findings, audit(tmp_path, date(2025, 10, 27)).findings
    assert [f.problem.severity for f in old] == ["warning"] and [f.problem.severity for f in new] == ["error"]
    assert "2025-10-27" in new[0].problem.message and "developers.openai.com" in new[0].problem.help


def test_every_date_has_its_source() -> None:
    """Each is an address where the date can be read, and no model has two dates."""
    table = model_table()
    assert len(table.shutdowns) > 80
    assert all(row.source.startswith("https://") for row in table.shutdowns.values())


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-5.4", {"PA104"}),
        ("openai/gpt-4o", {"PA104", "PA105"}),
        ("gpt-5.4-2026-03-05", set()),
        ("claude-sonnet-4-5", {"PA104"}),
        ("claude-sonnet-4-5-20250929", set()),
        ("mistral-large-latest", {"PA104"}),
        ("llama3.2:latest", {"PA104"}),
        ("my-own-deployment", set()),
    ],
)
def test_a_name_without_a_version(tmp_path: Path, model: str, expected: set[str]) -> None:
    """An alias of dated snapshots, or `latest`; other names are not judged."""
    call = CALL.format(f"model='{model}', messages=m, temperature=0, max_tokens=5")
    assert codes(tmp_path, {"a.py": call}) == expected


def test_parameters_that_are_left_to_defaults(tmp_path: Path) -> None:
    """Temperature and limit of a call, timeout and retries of a client; those in unpacked settings count."""
    bare = "from openai import OpenAI\nOpenAI(max_retries=0).chat.completions.create(model='m', messages=x)\n"
    assert codes(tmp_path, {"a.py": bare}) == {"PA106", "PA107", "PA108", "PA109"}
    unpacked = (
        CALL.format("model='m', messages=x, **SETTINGS") + "SETTINGS = {'temperature': 0, 'max_tokens': 9}\n"
    )
    assert codes(tmp_path, {"a.py": unpacked}) == set()
    unknown = CALL.format("model='m', messages=x, **settings")
    assert codes(tmp_path, {"a.py": unknown}) == set()
    schema = CALL.format("model='m', messages=x, response_format=Answer, max_completion_tokens=9")
    assert codes(tmp_path, {"a.py": schema}) == set()


def test_s21_a_key_is_found_in_any_text_and_printed_redacted(tmp_path: Path) -> None:
    """In code, in settings and in notebooks an error, in a test a warning; its characters are nowhere."""
    cell = {"cell_type": "code", "source": [f"KEY = '{KEY}'\n"], "outputs": []}
    files = {
        "a.py": f"K = '{KEY}'\n",
        ".env": f"OPENAI_API_KEY={KEY}\n",
        "n.ipynb": json.dumps({"cells": [cell]}),
    }
    assert {path for path, _, code in found(tmp_path, files) if code == "PA110"} == set(files)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text(f"K = '{KEY}'\n")
    report = audit(tmp_path, DAY)
    assert KEY[8:] not in "".join(str(f.problem) for f in report.findings)
    levels = {f.problem.path: f.problem.severity for f in report.findings}
    assert levels["tests/test_a.py"] == "warning" and levels["a.py"] == "error"


def test_prompts_and_outputs_of_notebooks_have_the_lines_of_the_file(tmp_path: Path) -> None:
    """Commands of the notebook are skipped; a notebook that asks no model may keep its outputs."""
    source = ["%pip install openai\n", "from openai import OpenAI\n", "client = OpenAI(timeout=9)\n", "client.responses.create(\n",
              "    model='m', temperature=0, max_output_tokens=9,\n", "    input='Say hello to Ünal')"]  # fmt: skip
    prose = {"cell_type": "markdown", "source": ["a\u2028b\x85c"]}  # no ends of lines in a file of JSON
    cells = [{"cell_type": "code", "source": source, "outputs": [{"text": "hi"}]}]
    text = json.dumps({"cells": [prose, *cells]}, indent=1, ensure_ascii=False)
    line = next(number for number, row in enumerate(text.split("\n"), 1) if "Say hello" in row)
    files = {"asks.ipynb": text, "plots.ipynb": json.dumps({"cells": [{**cells[0], "source": "1 + 1"}]})}
    assert found(tmp_path, files) == {("asks.ipynb", line, "PA111"), ("asks.ipynb", 0, "PA112")}


def test_artifacts_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    """Whatever they are called; what only has the name of one is nothing."""
    archive = tmp_path / "weights.bin"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("model/data.pkl", b"x")
    header = b'{"a":{}}'
    files: dict[str, str | bytes] = {
        "a.dat": pickle.dumps({"a": [1.5]}), "b.dat": pickle.dumps([1], protocol=2),
        "c.bin": b"GGUF\x03\x00\x00\x00", "d.bin": len(header).to_bytes(8, "little") + header,
        "e.pkl": b"not a pickle", "f.gguf": b"text", "g.zip": b"PK\x03\x04 damaged",
    }  # fmt: skip
    expected = {("a.dat", "PA116"), ("b.dat", "PA116"), ("c.bin", "PA115"), ("d.bin", "PA115")}
    expected |= {("weights.bin", "PA115"), ("weights.bin", "PA116")}
    assert {(path, code) for path, _, code in found(tmp_path, files)} == expected


def test_scripts_evaluations_and_prompts_without_tests(tmp_path: Path) -> None:
    """A repository without evaluation; with one, and with a test that imports the prompts, nothing is left."""
    train = "from transformers import Trainer\ntrainer = Trainer(model=m)\ntrainer.train()\n"
    serve = "from fastapi import FastAPI\nfrom openai import OpenAI\n\napp = FastAPI()\nclient = OpenAI(timeout=9)\n"
    serve += "client.responses.create(model='m', temperature=0, max_output_tokens=9, input='Greet the user.')  # prompteval: ignore[PA101] short\n"
    files: dict[str, str | bytes] = {"train.py": train, "app/serve.py": serve}
    expected = {("train.py", 3, "PA113"), ("app/serve.py", 4, "PA114"), ("app/serve.py", 6, "PA118")}
    assert found(tmp_path, files) == expected
    more: dict[str, str | bytes] = {
        "tests/test_serve.py": "from app.serve import app\n",
        "evals/s.yaml": "prompt: p\n",
        "prompts/p/v1.py": "",
    }
    assert found(tmp_path, more) == {("evals/s.yaml", 1, "PA117")}
    assert found(tmp_path, {"evals/baselines/s.json": "{}"}) == set()


def test_another_tool_without_a_baseline(tmp_path: Path) -> None:
    """A script of DeepEval, a configuration of promptfoo; a stored baseline of any kind is enough."""
    script = "from deepeval import evaluate\n\nevaluate([], [])\n"
    files: dict[str, str | bytes] = {"run_eval.py": script, "promptfooconfig.yaml": "prompts: []\n"}
    assert found(tmp_path, files) == {("run_eval.py", 3, "PA117"), ("promptfooconfig.yaml", 1, "PA117")}
    assert found(tmp_path, {"results/baseline.json": "{}"}) == set()


def test_the_stack_is_what_is_declared_and_imported(tmp_path: Path) -> None:
    """Requirements as they are written; a library that only a test imports is not the stack."""
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["openai>=3", "rich"]\n')
    (tmp_path / "requirements.txt").write_text("anthropic==2.14.0  # pinned\n")
    (tmp_path / "a.py").write_text("import litellm\n")
    (tmp_path / "test_a.py").write_text("import cohere\n")
    stack = audit(tmp_path).stack
    assert (stack.declared, stack.imported) == (("anthropic==2.14.0", "openai>=3"), ("litellm",))
