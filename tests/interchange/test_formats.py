"""Each format, as its tool documents or writes it, to a workspace that `check` accepts and `run` runs."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from prompteval.interchange.source import rows_of
from tests.forks import shared
from tests.interchange.support import imported, ran, write_lines

MESSAGES = [
    {"role": "system", "content": "Answer in one word."},
    {"role": "user", "content": "Capital of Norway?"},
]
LINES: dict[str, list[dict[str, Any]]] = {
    "openai-evals": [
        {"input": MESSAGES, "ideal": "Oslo"},
        {"input": [MESSAGES[0], {"role": "user", "content": "Capital of Italy?"}], "ideal": ["Rome"]},
    ],
    "deepeval": [
        {"input": "Capital of Norway?", "actual_output": "Oslo", "expected_output": "Oslo", "context": ["Oslo is the capital."],
         "retrieval_context": ["Oslo is the capital.", "Bergen is a city."], "additional_metadata": {"level": "easy"}},
        {"input": "Capital of Italy?", "actual_output": "Milan", "expected_output": "Rome"},
    ],
    "ragas": [
        {"user_input": "Capital of Norway?", "response": "Oslo", "reference": "Oslo", "retrieved_contexts": ["Oslo is the capital."]},
        {"user_input": "Capital of Italy?", "response": "Milan", "reference": "Rome"},
    ],
    "langsmith": [
        {"id": "e1", "inputs": {"question": "Capital of Norway?"}, "outputs": {"answer": "Oslo"}, "reference_outputs": {"answer": "Oslo"}, "execution_time": 0.5},
        {"id": "e2", "inputs": {"question": "Capital of Italy?"}, "outputs": {"answer": "Milan"}, "reference_outputs": {"answer": "Rome"}, "execution_time": 0.25},
    ],
    "langfuse": [
        {"id": "t1", "input": {"question": "Capital of Norway?"}, "output": "Oslo", "expectedOutput": "Oslo", "sessionId": "s1", "latency": 0.2, "metadata": {"channel": "web"}},
        {"id": "t2", "input": {"question": "Capital of Italy?"}, "output": "Milan", "expectedOutput": "Rome", "sessionId": "s1"},
    ],
    "braintrust": [
        {"id": "b1", "input": "Capital of Norway?", "output": "Oslo", "expected": "Oslo", "is_root": True, "metrics": {"start": 1.0, "end": 1.5}, "tags": ["geo"]},
        {"id": "b2", "input": "Capital of Italy?", "output": "Milan", "expected": "Rome", "is_root": True},
    ],
    "lm-eval": [
        {"doc_id": 0, "doc": {"q": "Norway"}, "target": "Oslo", "arguments": [["Capital of Norway?", {"until": ["."]}]], "resps": [["Oslo"]], "filtered_resps": ["Oslo"], "filter": "none", "metrics": ["exact_match"], "exact_match": 1.0},
        {"doc_id": 1, "doc": {"q": "Italy"}, "target": "Rome", "arguments": [["Capital of Italy?", {"until": ["."]}]], "resps": [["Milan"]], "filtered_resps": ["Milan"], "filter": "none", "metrics": ["exact_match"], "exact_match": 0.0},
    ],
}  # fmt: skip


@pytest.mark.parametrize("format", sorted(LINES.keys() - {"openai-evals"}))
def test_recorded_outputs_are_scored_as_they_were(tmp_path: Path, format: str) -> None:
    """One of two is right; JSON lines and a JSON list are the same, and nothing is lost."""
    write_lines(tmp_path / "rows.jsonl", LINES[format])
    imported(tmp_path, format, "rows.jsonl", 0)
    result = ran(tmp_path)
    assert result["cases"]["passed"] == 1 and result["cases"]["failed"] == 1
    lines = (tmp_path / "made" / "datasets" / "rows.jsonl").read_text()
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "rows.json").write_text(json.dumps(LINES[format], indent=2))
    imported(tmp_path / "list", format, "rows.json", 0)
    assert (tmp_path / "list" / "made" / "datasets" / "rows.jsonl").read_text() == lines


def test_what_the_cases_keep(tmp_path: Path) -> None:
    """Contexts of a result, gold of a case, tags, time and cluster."""
    for format in ("deepeval", "langfuse"):
        (tmp_path / format).mkdir()
        write_lines(tmp_path / format / "rows.jsonl", LINES[format])
        imported(tmp_path / format, format, "rows.jsonl", 0)
    first = json.loads((tmp_path / "deepeval/made/datasets/rows.jsonl").read_text().splitlines()[0])
    row = json.loads((tmp_path / "deepeval/made/outputs/rows.jsonl").read_text().splitlines()[0])
    assert first["gold"] == [[{"quote": "Oslo is the capital."}]] and first["tags"] == {"level": "easy"}
    assert [passage["text"] for passage in row["context"]] == LINES["deepeval"][0]["retrieval_context"]
    case = json.loads((tmp_path / "langfuse/made/datasets/rows.jsonl").read_text().splitlines()[0])
    out = json.loads((tmp_path / "langfuse/made/outputs/rows.jsonl").read_text().splitlines()[0])
    assert (case["cluster"], case["tags"], out["latency_ms"]) == ("s1", {"channel": "web"}, 200.0)


def test_samples_of_openai_evals_become_a_prompt(tmp_path: Path) -> None:
    """The system message that all share is the prompt's; a scripted model answers."""
    write_lines(tmp_path / "capitals.jsonl", LINES["openai-evals"])
    imported(tmp_path, "openai-evals", "capitals.jsonl", 0)
    write_lines(
        tmp_path / "made" / "m.jsonl", [{"when": "Norway", "text": "Oslo"}, {"when": "", "text": "Milan"}]
    )
    assert ran(tmp_path, "--model", "scripted/m.jsonl")["cases"]["passed"] == 1
    assert "Answer in one word." in (tmp_path / "made/prompts/capitals/v1.py").read_text()


REGISTRY = """capitals: {id: capitals.test.v0, metrics: [accuracy]}
capitals.test.v0:
  class: evals.elsuite.basic.match:Match
  args: {samples_jsonl: capitals/samples.jsonl}
"""


def test_a_registry_of_openai_evals_says_how_its_samples_are_scored(tmp_path: Path) -> None:
    """`Match` takes an answer that begins as a right one does, where `exact` would not."""
    place = tmp_path / "registry/data/capitals/samples.jsonl"
    place.parent.mkdir(parents=True)
    (tmp_path / "registry/evals").mkdir()
    said = [("Oslo, of course", "Oslo"), ("It is Rome", ["Rome", "Roma"])]
    write_lines(place, [{"input": "?", "ideal": ideal, "completion": text} for text, ideal in said])
    (tmp_path / "registry/evals/capitals.yaml").write_text(REGISTRY)
    imported(tmp_path, "openai-evals", "registry/evals/capitals.yaml", 0)
    assert ran(tmp_path)["metrics"]["accuracy"]["value"] == 0.5


@pytest.mark.parametrize(
    ("old", "new", "code", "told"),
    [
        ("basic.match:Match", "modelgraded.classify:ModelBasedClassify", 3, "is not carried over (write a scorer for it)"),
        ("samples.jsonl}", "samples.jsonl, num_few_shot: 2}", 3, "capitals.yaml:4:1 PI101 argument 'num_few_shot' is"),
        ("capitals/samples.jsonl", "../../outside.jsonl", 2, "capitals.yaml:2:1 PI101 evaluation 'capitals.test.v0' has no"),
        ("class:", "klass:", 2, "the file has no evaluation with a class"),
    ],
)  # fmt: skip
def test_what_a_registry_asks_for_and_is_not_carried_over_is_said(
    tmp_path: Path, old: str, new: str, code: int, told: str
) -> None:
    """At its line; samples are read from the registry and from nowhere else."""
    place = tmp_path / "registry/data/capitals/samples.jsonl"
    place.parent.mkdir(parents=True)
    (tmp_path / "registry/evals").mkdir()
    for one in (place, tmp_path / "outside.jsonl"):
        write_lines(one, [{"input": "?", "ideal": "Oslo", "completion": "Oslo"}])
    (tmp_path / "registry/evals/capitals.yaml").write_text(REGISTRY.replace(old, new))
    done = shared().run(tmp_path, "import", "openai-evals", "registry/evals/capitals.yaml", "-o", "made")
    assert done.code == code and told in done.stdout + done.stderr


def test_plain_csv(tmp_path: Path) -> None:
    """Columns are inputs but for id, expected value and output; separators are seen in the header."""
    (tmp_path / "cases.csv").write_text(
        'id;question;expected;output\nc1;"Capital;\nof Norway?";Oslo;Oslo\nc2;Of Italy?;Rome;Milan\n'
    )
    imported(tmp_path, "csv", "cases.csv", 0)
    assert ran(tmp_path)["cases"]["passed"] == 1
    (tmp_path / "bad.csv").write_text("a,b\n1,2,3\n")
    done = shared().run(tmp_path, "import", "csv", "bad.csv", "-o", "bad", env={"NO_COLOR": "1"})
    assert done.code == 2 and "bad.csv:2:1 PI100 3 cells, and the header has 2" in done.stderr


def test_a_table_of_one_column_has_commas_for_separators() -> None:
    """As a case file and a data file have: a tab inside a cell is text."""
    assert [line.value for line in rows_of("question\na\tb\n", "cases.csv")] == [{"question": "a\tb"}]


INSPECT: dict[str, Any] = {
    "version": 2, "status": "success", "eval": {"task": "pkg/capitals", "model": "openai/m"},
    "results": {"scores": [{"name": "includes", "scorer": "includes"}]},
    "samples": [
        {"id": 1, "epoch": epoch, "input": "Capital of Norway?", "target": "Oslo", "metadata": {"level": "easy"},
         "messages": [], "scores": {"includes": {"value": "C"}}, "output": {"model": "openai/m", "completion": text, "time": 0.5,
         "choices": [{"message": {"role": "assistant", "content": text}}], "usage": {"input_tokens": 5, "output_tokens": 1, "total_tokens": 6}}}
        for epoch, text in ((1, "Oslo"), (2, "Bergen"))
    ],
}  # fmt: skip


@pytest.mark.parametrize("form", ["json", "eval"])
def test_logs_of_inspect(tmp_path: Path, form: str) -> None:
    """Epochs are repeats of one case; the scorer of the log is a loss where it is another."""
    if form == "json":
        (tmp_path / "log.json").write_text(json.dumps(INSPECT, indent=2))
    else:
        with zipfile.ZipFile(tmp_path / "log.eval", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("header.json", json.dumps({key: INSPECT[key] for key in ("eval", "results")}))
            for sample in INSPECT["samples"]:
                archive.writestr(f"samples/1_epoch_{sample['epoch']}.json", json.dumps(sample))
    done = imported(tmp_path, "inspect", f"log.{form}", 3)
    assert "scorer 'includes' of the log" in done.stdout
    rows = [json.loads(line) for line in (tmp_path / "made/outputs/capitals.jsonl").read_text().splitlines()]
    assert [(row["output"], row.get("replicate", 0)) for row in rows] == [("Oslo", 0), ("Bergen", 1)]
    assert rows[0]["latency_ms"] == 500.0 and rows[0]["usage"] == {"prompt_tokens": 5, "completion_tokens": 1}


def attribute(key: str, value: object) -> dict[str, Any]:
    kind = "intValue" if isinstance(value, int) else "stringValue"
    return {"key": key, "value": {kind: str(value) if kind == "intValue" else value}}


def span(number: int, *attributes: dict[str, Any], events: object = ()) -> dict[str, Any]:
    return {"traceId": "ab" * 16, "spanId": f"{number:016x}", "name": "chat m", "startTimeUnixNano": "1000000000",
            "endTimeUnixNano": "1250000000", "attributes": list(attributes), "events": events}  # fmt: skip


def test_traces_with_names_of_today_and_of_before(tmp_path: Path) -> None:
    """Messages as one attribute, as numbered ones, and as events; a span without content is a loss."""
    today = [{"role": "user", "parts": [{"type": "text", "content": "Capital of Norway?"}]}]
    reply = [{"role": "assistant", "parts": [{"type": "text", "content": "Oslo"}], "finish_reason": "stop"}]
    spans = [
        span(1, attribute("gen_ai.operation.name", "chat"), attribute("gen_ai.input.messages", json.dumps(today)),
             attribute("gen_ai.output.messages", json.dumps(reply)), attribute("gen_ai.usage.input_tokens", 4),
             attribute("gen_ai.usage.output_tokens", 1), attribute("gen_ai.response.model", "m-1")),
        span(2, attribute("gen_ai.system", "openai"), attribute("gen_ai.prompt.0.role", "user"), attribute("gen_ai.prompt.0.content", "Capital of Norway?"),
             attribute("gen_ai.completion.0.content", "Oslo"), attribute("gen_ai.usage.prompt_tokens", 4), attribute("gen_ai.usage.completion_tokens", 1)),
        span(3, attribute("gen_ai.system", "openai"), events=[
            {"name": "gen_ai.content.prompt", "attributes": [attribute("gen_ai.prompt", "Capital of Norway?")]},
            {"name": "gen_ai.content.completion", "attributes": [attribute("gen_ai.completion", "Oslo")]}]),
        span(4, attribute("gen_ai.operation.name", "chat")),
        span(5, attribute("http.method", "GET")),
    ]  # fmt: skip
    document = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": spans}]}]}
    (tmp_path / "traces.json").write_text(json.dumps(document))
    done = imported(tmp_path, "otlp", "traces.json", 3)
    assert done.stdout.count("PI101") == 1 and "has no input" in done.stdout
    cases = [json.loads(line) for line in (tmp_path / "made/datasets/traces.jsonl").read_text().splitlines()]
    rows = [json.loads(line) for line in (tmp_path / "made/outputs/traces.jsonl").read_text().splitlines()]
    assert [case["inputs"] for case in cases] == [{"input": "Capital of Norway?"}] * 3
    assert [row["output"] for row in rows] == ["Oslo"] * 3 and rows[0]["latency_ms"] == 250.0
    assert rows[0]["usage"] == rows[1]["usage"] == {"prompt_tokens": 4, "completion_tokens": 1}
    assert ran(tmp_path)["cases"]["passed"] == 3


BEIR = {
    "corpus.jsonl": '{"_id": "d1", "title": "Oslo", "text": "The capital of Norway."}\n{"_id": "d2", "title": "", "text": "Rome is in Italy."}\n',
    "queries.jsonl": '{"_id": "q1", "text": "capital of Norway"}\n{"_id": "q2", "text": "city in Italy"}\n',
    "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td2\t1\n",
}


@pytest.mark.parametrize("form", ["directory", "zip"])
def test_beir(tmp_path: Path, form: str) -> None:
    """Documents, questions and judgments to a suite of retrieval; another split is a loss."""
    if form == "zip":
        with zipfile.ZipFile(tmp_path / "small.zip", "w") as archive:
            for name, text in BEIR.items():
                archive.writestr(f"small/{name}", text)
        imported(tmp_path, "beir", "small.zip", 0)
    else:
        for name, text in {**BEIR, "qrels/dev.tsv": BEIR["qrels/test.tsv"]}.items():
            (tmp_path / "small" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "small" / name).write_text(text)
        assert "qrels/dev.tsv" in imported(tmp_path, "beir", "small", 3).stdout
    metrics = ran(tmp_path)["metrics"]
    assert metrics["retrieval.ndcg@10"]["value"] == 1.0


def test_trec(tmp_path: Path) -> None:
    """Judgments, a run and topics; a run that ranks the right document second has 0.63."""
    root = tmp_path / "robust"
    root.mkdir()
    (root / "qrels.txt").write_text("301 0 d1 1\n301 0 d2 0\n")
    (root / "run.bm25.txt").write_text("301 Q0 d2 1 9.0 x\n301 Q0 d1 2 8.0 x\n")
    (root / "topics.txt").write_text(
        "<top>\n<num> Number: 301\n<title> organised crime\n<desc> Description:\nx\n</top>\n"
    )
    imported(tmp_path, "trec", "robust", 0)
    assert ran(tmp_path)["metrics"]["retrieval.ndcg@10"]["value"] == pytest.approx(0.6309, abs=1e-4)
    assert "organised crime" in (tmp_path / "made/datasets/robust.jsonl").read_text()


def test_columns_whose_names_are_alike_as_identifiers_are_all_inputs(tmp_path: Path) -> None:
    """In other scripts, and with signs that no identifier has: nothing is dropped quietly."""
    (tmp_path / "t.csv").write_text(
        "id,a b,a_b,a-b,\u554f\u984c,\u7b54\u3048,Gr\u00f6\u00dfe,expected\n1,p,q,r,s,t,u,v\n",
        encoding="utf-8",
    )
    imported(tmp_path, "csv", "t.csv", 0)
    case = json.loads((tmp_path / "made/datasets/t.jsonl").read_text("utf-8"))
    assert list(case["inputs"].values()) == list("pqrstu")
    assert list(case["inputs"])[:4] == ["a_b", "a_b_2", "a_b_3", "\u554f\u984c"]


def test_records_of_unlike_inputs_and_expected_values_pass_check(tmp_path: Path) -> None:
    """An input that a record lacks is empty; a number is compared as text, an object is listed."""
    rows = [
        {"input": {"a": "x"}, "expected": 5},
        {"input": {"b": "y"}, "expected": {"k": 1, "l": 2}},
        {"input": "z", "expected": True},
    ]
    (tmp_path / "b.json").write_text(json.dumps(rows))
    done = imported(tmp_path, "braintrust", "b.json", 3)
    assert done.stdout.count(" PI101 ") == 1 and "'case-2' is compared as the text of its JSON" in done.stdout
    cases = [json.loads(line) for line in (tmp_path / "made/datasets/b.jsonl").read_text().splitlines()]
    assert [case["expected"] for case in cases] == ["5", '{"k": 1, "l": 2}', "true"]


def test_cases_of_one_and_of_several_right_answers_are_all_scored(tmp_path: Path) -> None:
    """Both in one file: `exact` would leave those of several unscored, without a word."""
    write_lines(tmp_path / "s.jsonl", [{"input": "p", "ideal": ["4", "four"]}, {"input": "q", "ideal": "5"}])
    imported(tmp_path, "openai-evals", "s.jsonl", 0)
    write_lines(tmp_path / "made/m.jsonl", [{"when": "p", "text": "four"}, {"when": "q", "text": "5"}])
    metric = ran(tmp_path, "--model", "scripted/m.jsonl")["metrics"]["generation.em"]
    assert (metric["n"], metric["value"]) == (2, 1.0)


def test_a_second_value_for_one_place_is_listed(tmp_path: Path) -> None:
    """Of two keys that would be the expected value the first is, and the other is not dropped quietly."""
    write_lines(tmp_path / "d.jsonl", [{"input": "q", "expected_output": "a", "expectedOutput": "b"}])
    done = imported(tmp_path, "deepeval", "d.jsonl", 3)
    assert "key 'expectedOutput' is not carried over" in done.stdout


@pytest.mark.parametrize("digits", ["\u00b2", "--5", "9" * 5000, "1e5", ""])
def test_digits_that_are_no_number_are_no_crash(digits: str, tmp_path: Path) -> None:
    """In counts and times of a trace, and in the relevance of a judgment, which is refused at its line."""
    attributes = [
        {"key": "gen_ai.prompt.0.content", "value": {"stringValue": "q"}},
        {"key": "gen_ai.completion.0.content", "value": {"stringValue": "a"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": digits}},
    ]
    span = {
        "traceId": "t",
        "spanId": "s",
        "startTimeUnixNano": digits,
        "endTimeUnixNano": "9" * 20,
        "attributes": attributes,
    }
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    (tmp_path / "t.json").write_text(json.dumps(document, indent=1))  # one object over several lines
    assert "1 recorded output" in imported(tmp_path, "otlp", "t.json", 0).stderr
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "qrels.txt").write_text(f"1 0 d1 1\n1 0 d2 {digits or 'x'}\n")
    (tmp_path / "c" / "run.txt").write_text("1 Q0 d1 1 2.5 r\n")
    done = shared().run(tmp_path, "import", "trec", "c", "-o", "other")
    assert done.code == 2 and "qrels.txt:2:1 PI100 the relevance must be a whole number" in done.stderr


@pytest.mark.parametrize("score", ["nan", "inf", "-Infinity"])
def test_a_score_of_a_run_that_is_no_number_is_refused(score: str, tmp_path: Path) -> None:
    """It has no place in an order, and no file of JSON holds it."""
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "qrels.txt").write_text("1 0 d1 1\n")
    (tmp_path / "c" / "run.txt").write_text(f"1 Q0 d1 1 2.5 r\n1 Q0 d2 2 {score} r\n")
    done = shared().run(tmp_path, "import", "trec", "c", "-o", "made")
    assert done.code == 2 and f"run.txt:2:1 PI100 the score is {score}" in done.stderr


def test_durations_that_cannot_be_are_left_out(tmp_path: Path) -> None:
    """Negative, enormous or true: `check` would refuse the file of outputs."""
    rows = [{"input": "q", "output": "a", "latency": one, "totalCost": one} for one in (-1, 10**400, True, 2)]
    (tmp_path / "l.json").write_text(json.dumps(rows))
    imported(tmp_path, "langfuse", "l.json", 0)
    found = [json.loads(line) for line in (tmp_path / "made/outputs/l.jsonl").read_text().splitlines()]
    assert [one.get("latency_ms") for one in found] == [None, None, None, 2000]
    assert [one.get("cost_usd") for one in found] == [None, None, None, 2]
