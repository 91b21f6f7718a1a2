"""A team's own system, scored from the results it gives: recorded, called, and over HTTP."""

import json
from typing import Any

import pytest

from tests.e2e.conftest import Workspace
from tests.e2e.rag_parts import SUITE, fill

RAG_METRICS = (
    "retrieval.recall@5, retrieval.ndcg@5, retrieval.mrr, context.recall@2000t, context.precision@30t, "
    "context.iou@30t, generation.em, generation.f1, generation.abstention, citations.precision, "
    "citations.recall, citations.exists, grounding.lexical"
)
FROM_ROWS = f"""outputs: ../rows.jsonl
cases: ../datasets/qa.jsonl
corpus: ../datasets/docs
map: {{id: case_id, output: output, retrieved: retrieved, context: context, dropped: dropped}}
metrics: [{RAG_METRICS}]
"""
CASES = [
    {"id": "q1", "inputs": {"question": "refund?"}, "answers": ["30 days"],
     "gold": [[{"doc": "a.md", "quote": "thirty  days"}]]},
    {"id": "q2", "inputs": {"question": "shipping?"}, "answers": ["free"], "gold": [[{"doc": "b.md"}]]},
    {"id": "q3", "inputs": {"question": "phone?"}, "answerable": False},
]  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {"id": "q1", "output": "30 days", "citations": [{"doc": "a.md"}], "retrieved": [
        {"doc": "b.md", "text": "shipping is free"}, {"doc": "a.md", "text": "Refunds within thirty days."}]},
    {"id": "q2", "output": "5 euros", "retrieved": [{"doc": "c.md", "text": "x"}], "context": []},
    {"id": "q3", "output": "", "abstain": True, "retrieved": []},
]  # fmt: skip
OUTPUTS_SUITE = """outputs: ../o.jsonl
cases: ../datasets/q.jsonl
metrics: [retrieval.recall@2, retrieval.mrr, context.recall@50t, generation.em, citations.precision]
"""


def lines(rows: list[Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def system(workspace: Workspace) -> Workspace:
    """Three questions with gold; the suites are the tests' own."""
    (workspace.root / "evals/s.yaml").unlink()
    workspace.write("datasets/q.jsonl", lines(CASES))
    workspace.write("o.jsonl", lines(ROWS))
    return workspace


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("", id="plain"),
        pytest.param(
            "  reranker: {kind: late_interaction, depth: 3}\n", id="reranked", marks=pytest.mark.slow
        ),
    ],
)
def test_rows_of_our_pipeline_scored_again_give_the_same_figures(workspace: Workspace, more: str) -> None:
    """Every metric and every reason of failure, to the last digit, of a pipeline and of its exported rows."""
    fill(workspace)
    suite = (SUITE % {"k": 2, "tokens": 40}).replace(
        "[retrieval, retrieved, oracle, closed_book]", "[retrieved]"
    )
    head = suite[: suite.index("metrics:")]
    workspace.write("evals/q.yaml", f"{head}{more}metrics: [{RAG_METRICS}]\n")
    (ours,) = workspace.run_json("-o", "rows.jsonl")["results"]
    (workspace.root / "evals/q.yaml").unlink()
    reranked = FROM_ROWS.replace("{id:", "{reranked: reranked, id:") if more else FROM_ROWS
    workspace.write("evals/again.yaml", reranked)
    (theirs,) = workspace.run_json()["results"]
    assert theirs["metrics"] == ours["metrics"]
    assert theirs["attribution"] == ours["attribution"] and theirs["failures"] == ours["failures"]
    assert theirs["abstention"] == ours["abstention"]


def test_recorded_passages_are_scored_without_a_corpus(system: Workspace) -> None:
    """A quote is found in a passage's text, a document by its name; citations by document."""
    system.write("evals/s.yaml", OUTPUTS_SUITE)
    (result,) = system.run_json()["results"]
    values = {name: found["value"] for name, found in result["metrics"].items()}
    assert values["retrieval.recall@2"] == 0.5 and values["retrieval.mrr"] == 0.25
    assert values["context.recall@50t"] == 0.5 and values["generation.em"] == pytest.approx(2 / 3)
    assert values["citations.precision"] == 0.5 and result["attribution"] == {"retrieval_miss": 1}


def test_a_passage_that_was_neither_seen_nor_dropped_is_a_rank_miss(system: Workspace) -> None:
    """The context need not be the first of the ranking; only a dropped passage was cut by the budget."""
    found, other = {"doc": "a.md", "text": "Refunds within thirty days."}, {"doc": "z.md", "text": "other"}
    for dropped, reason in (([], "rank_miss"), ([found], "budget_miss")):
        row = {"id": "q1", "output": "?", "retrieved": [found, other], "context": [other], "dropped": dropped}
        system.write("o.jsonl", lines([row, *ROWS[1:]]))
        system.write("evals/s.yaml", OUTPUTS_SUITE)
        (result,) = system.run_json("-k", "q1")["results"]
        assert result["attribution"] == {reason: 1}


def test_a_metric_that_no_row_can_serve_is_refused_with_the_key(system: Workspace) -> None:
    """The line of the metric, the key, the file."""
    system.write("evals/s.yaml", OUTPUTS_SUITE.replace("retrieval.recall@2", "rerank.recall@2"))
    told = system.run("check", code=2).stdout
    assert "evals/s.yaml:3:11 PE277 rerank.recall@2 reads 'reranked', and no row of o.jsonl has it" in told


def test_a_map_reads_any_shape_and_names_what_it_does_not_find(system: Workspace) -> None:
    """The same figures through JMESPath; an expression without a match names the key and shows a row."""
    raw = [{"id": r["id"], "answer": {"text": r["output"]}, "docs": [
        {"page_content": p["text"], "metadata": {"source": p["doc"]}} for p in r["retrieved"]]} for r in ROWS]  # fmt: skip
    system.write("o.jsonl", lines(raw))
    mapped = (
        OUTPUTS_SUITE
        + 'map: {output: answer.text, retrieved: "docs[*].{doc: metadata.source, text: page_content}"}\n'
    )
    system.write("evals/s.yaml", mapped.replace(", citations.precision", ""))
    (result,) = system.run_json()["results"]
    assert result["metrics"]["retrieval.recall@2"]["value"] == 0.5
    system.write("evals/s.yaml", mapped.replace("answer.text", "answer.txt"))
    told = system.run("check", code=2).stdout
    assert "PE215" not in told.replace(
        "evals/s.yaml:4:1 PE215 map: output matches nothing: answer.txt is in no row, such as", ""
    )
    assert '{"id": "q1", "answer": {"text": "30 days"}' in told


APP = """
from prompteval import Passage, Result

def typed(question):
    if question == "refund?":
        passages = [Passage(doc="a.md", text="Refunds within thirty days.")]
        return Result(output="30 days", retrieved=passages, citations=[{"n": 1}])
    return Result(output="?", retrieved=[])

def mapping(question):
    return {"output": {"answer": "30 days", "citations": [{"n": 1}]}, "retrieved": [{"doc": "a.md", "text": "thirty days"}]}

def broken(question):
    return {"output": "30 days", "retreived": []}

def bare(question):
    return {"output": "30 days"}
"""


def test_a_callable_gives_results(system: Workspace) -> None:
    """As a `Result`, or as a mapping where the suite says so; a wrong key is the case's error with its name."""
    system.write("app/__init__.py", "")
    system.write("app/answer.py", APP)
    suite = 'callable: "app.answer:{}"\ncases: ../datasets/q.jsonl\nmetrics: [retrieval.recall@2, generation.em]\n{}'
    system.write("evals/s.yaml", suite.format("typed", ""))
    (result,) = system.run_json()["results"]
    assert result["metrics"]["retrieval.recall@2"]["value"] == 0.5
    system.write("evals/s.yaml", suite.format("mapping", "result: true\n"))
    (result,) = system.run_json()["results"]
    assert result["metrics"]["generation.em"]["value"] == pytest.approx(1 / 3)
    system.write("evals/s.yaml", suite.format("broken", "result: true\n"))
    told = " ".join(system.run("run", code=3).stdout.split())
    assert "what it returned is not a result: retreived: unknown key (did you mean 'retrieved'?)" in told


def test_an_output_with_a_field_output_stays_an_output(system: Workspace) -> None:
    """Without `result:` a mapping is the output; a metric of passages then says which key is missing."""
    system.write("app/__init__.py", "")
    system.write("app/answer.py", APP)
    system.write(
        "evals/s.yaml",
        'callable: "app.answer:bare"\ncases: ../datasets/q.jsonl\nmetrics: [retrieval.recall@2]\n',
    )
    done = system.run("run", code=3)
    assert "the result has no 'retrieved'" in done.stdout


def test_a_result_that_says_only_its_context_is_scored_by_it(system: Workspace) -> None:
    """The evidence is there: recall is 1, and a wrong answer is a generation_miss."""
    context = [{"doc": "a.md", "text": "Refunds within thirty days."}]
    rows = [{"id": "q1", "output": "40", "context": context}, *({**r, "context": []} for r in ROWS[1:])]
    system.write("o.jsonl", lines([{k: v for k, v in row.items() if k != "retrieved"} for row in rows]))
    system.write(
        "evals/s.yaml",
        "outputs: ../o.jsonl\ncases: ../datasets/q.jsonl\nmetrics: [context.recall@50t, generation.em]\n",
    )
    (result,) = system.run_json()["results"]
    assert result["metrics"]["context.recall@50t"]["value"] == 0.5
    assert result["failures"]["cases"] == {"retrieval_miss": ["q2"], "generation_miss": ["q1"]}


def test_abstention_is_shown_where_an_answer_can_abstain(system: Workspace) -> None:
    """A row says so here; without it there is no table; the details are for -v."""
    system.write("evals/s.yaml", OUTPUTS_SUITE)
    assert "abstention, by what" in system.run("run", "-v").stdout
    system.write("o.jsonl", lines([{k: v for k, v in row.items() if k != "abstain"} for row in ROWS]))
    assert "abstention" not in system.run("run", "-v").stdout


def test_a_result_is_shown_with_gold_in_its_order(system: Workspace) -> None:
    """Rank, gold and place in the context of every passage; what the citation names."""
    system.write("evals/s.yaml", OUTPUTS_SUITE)
    system.run("run")
    shown = system.run("show", "--case", "q1").stdout
    assert "  2  a.md  gold  [2]\n" in shown and "  1  b.md  [1]\n" in shown
    assert "  [2]  a.md  right\n" in shown and "answer  30 days" in shown and "null" not in shown


def test_reported_costs_add_up_and_are_never_guessed(system: Workspace) -> None:
    """To the last digit, to a gate too; a row without one makes the cost of the run unknown."""
    suite = OUTPUTS_SUITE + "gate: [cost_usd <= 0.5]\n"
    system.write("evals/s.yaml", suite)
    system.write("o.jsonl", lines([{**row, "cost_usd": 0.1} for row in ROWS]))
    found = system.run_json("-o", "r.jsonl")
    assert found["results"][0]["usage"]["cost_usd"] == 0.3
    assert "0.3000 USD as reported" in system.run("show").stdout
    assert [json.loads(line)["cost_usd"] for line in (system.root / "r.jsonl").read_text().splitlines()] == [
        0.1
    ] * 3
    system.write("o.jsonl", lines([{**ROWS[0], "cost_usd": 0.1}, *ROWS[1:]]))
    (result,) = system.run_json(code=1)["results"]
    assert result["usage"]["cost_usd"] is None
    assert result["usage"]["reported"] == {"cost_usd": 0.1, "rows": 1, "of": 3}
    assert "0.1000 USD reported by 1 of 3 rows" in system.run("show").stdout


def test_what_a_callable_reports_is_not_priced_beside(system: Workspace) -> None:
    """Its tokens count, its cost is its own."""
    system.write("app/__init__.py", "")
    reply = {"output": "x", "retrieved": [], "cost_usd": 0.25, "usage": {"prompt_tokens": 7}}
    system.write("app/answer.py", f"def reply(question):\n    return {reply!r}\n")
    system.write(
        "evals/s.yaml",
        'callable: "app.answer:reply"\nresult: true\ncases: ../datasets/q.jsonl\nmetrics: [generation.em]\n',
    )
    (result,) = system.run_json()["results"]
    assert result["usage"]["cost_usd"] == 0.75 and result["usage"]["prompt_tokens"] == 21


def test_recorded_tokens_are_those_of_the_run(system: Workspace) -> None:
    """As a callable's are: they say what the system took, whenever it did; JUnit and Markdown show its output."""
    system.write(
        "o.jsonl", lines([{**row, "usage": {"prompt_tokens": 7, "completion_tokens": 2}} for row in ROWS])
    )
    system.write("evals/s.yaml", OUTPUTS_SUITE)
    usage = system.run_json()["results"][0]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["replayed"]) == (21, 6, 3)
    assert "27 tokens" in system.run("show").stdout


def test_reports_show_the_output_and_not_all_that_was_received(system: Workspace) -> None:
    """The table of failing cases and JUnit have the answer that the map found; the case has the rest."""
    system.write("app/__init__.py", "")
    system.write("app/answer.py", EMPTY)
    suite = 'callable: "app.answer:other"\ncases: ../datasets/q.jsonl\nmap: {output: reply.words}\n'
    system.write("evals/s.yaml", suite + "scorers: [{contains: {value: never}}]\nmetrics: [accuracy]\n")
    system.run("run", "-o", "r.md", "-o", "r.xml", code=0)
    table = (system.root / "r.md").read_text().split("#### ")[0]
    assert "| 30 days |" in table and "words" not in table
    assert ">30 days</failure>" in (system.root / "r.xml").read_text()


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        ("retrieval.recall@2", "retrieval.recall@2: the result has no 'retrieved'; return it, or say where"),
        ("rerank.recall@2", "rerank.recall@2: the result has no 'reranked'; return it"),
        ("context.recall@50t", "context.recall@50t: the result has no 'retrieved', 'reranked' or 'context'"),
        ("citations.precision", "citations.precision: the result has no 'context', 'retrieved' or 'reranked'"),
        ("generation.false_abstentions", "generation.false_abstentions: the output does not say whether it abstains"),
    ],
)  # fmt: skip
def test_a_metric_whose_data_no_result_has_leaves_the_run_incomplete(
    system: Workspace, metric: str, told: str
) -> None:
    """Known when the system has answered: exit 3, with the key, once and not for each case."""
    system.write("app/__init__.py", "")
    system.write("app/answer.py", APP)
    system.write(
        "evals/s.yaml",
        f'callable: "app.answer:bare"\nresult: true\ncases: ../datasets/q.jsonl\nmetrics: [generation.em, {metric}]\n',
    )
    done = system.run("run", code=3)
    assert told in done.stdout.splitlines()[-1]
    assert len([line for line in done.stdout.splitlines()[:-1] if told in line]) <= 1


def test_an_output_that_holds_the_key_says_how_it_is_read(system: Workspace) -> None:
    """The suite lacks `result: true`."""
    system.write("app/__init__.py", "")
    system.write("app/answer.py", APP)
    system.write(
        "evals/s.yaml",
        'callable: "app.answer:mapping"\ncases: ../datasets/q.jsonl\nmetrics: [retrieval.recall@2]\n',
    )
    assert "'retrieved' is a field of the output; `result: true`" in system.run("run", code=3).stdout


def test_a_row_that_a_map_cannot_read_is_a_problem_at_its_line(system: Workspace) -> None:
    """The other rows are read; the message has the key, the expression and the reason."""
    system.write("o.jsonl", lines([*ROWS[:2], {"id": "q3", "output": 3}]))
    suite = "outputs: ../o.jsonl\ncases: ../datasets/q.jsonl\nmap: {output: length(output)}\nmetrics: [generation.em]\n"
    system.write("evals/s.yaml", suite)
    told = system.run("check", code=2).stdout
    assert "o.jsonl:3:1 PE340 map: output (length(output)): " in told and "o.jsonl:1" not in told


def test_a_map_that_fails_on_what_a_callable_returns_is_that_cases_error(system: Workspace) -> None:
    """A case's error with the key, not the end of the run."""
    system.write("app/__init__.py", "")
    system.write("app/answer.py", APP)
    suite = 'callable: "app.answer:bare"\ncases: ../datasets/q.jsonl\nmap: {output: abs(output)}\nmetrics: [generation.em]\n'
    system.write("evals/s.yaml", suite)
    told = " ".join(system.run("run", code=3).stdout.split())
    assert "(bad_result)" in told and "map: output (abs(output))" in told


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        ("retrieval.recall@2", "retrieval.recall@2 reads 'retrieved', and `map:` does not give it; add `retrieved: ...`"),
        ("generation.em", "generation.em reads 'output', and `map:` does not give it; add `output: ...`"),
    ],
)  # fmt: skip
def test_a_metric_that_no_map_can_serve_is_refused_before_the_run(
    system: Workspace, metric: str, told: str
) -> None:
    """A map names the keys that a result will have: what reads another is found at its line."""
    key = "context" if metric.startswith("gen") else "output"
    suite = f"endpoint: {{url: 'http://127.0.0.1:9/x'}}\nmap: {{{key}: x}}\ncases: ../datasets/q.jsonl\n"
    system.write("evals/s.yaml", suite + f"metrics: [{metric}]\n")
    assert f"evals/s.yaml:4:11 PE226 {told}" in system.run("check", code=2).stdout
    system.write("evals/s.yaml", suite + "scorers: [tool_calls]\nmetrics: [accuracy]\n")
    assert "'tool_calls' or 'messages', and `map:` does not give it" in system.run("check", code=2).stdout


def test_rows_of_a_search_alone_need_no_output(system: Workspace) -> None:
    """Where no row has one only the search was recorded; where some have, the others lack it."""
    searched = [{"id": row["id"], "retrieved": row["retrieved"]} for row in ROWS]
    system.write("o.jsonl", lines(searched))
    suite = "outputs: ../o.jsonl\ncases: ../datasets/q.jsonl\nmetrics: [{}]\n"
    system.write("evals/s.yaml", suite.format("retrieval.recall@2"))
    (result,) = system.run_json()["results"]
    assert result["metrics"]["retrieval.recall@2"]["value"] == 0.5
    system.write("evals/s.yaml", suite.format("generation.em"))
    assert "generation.em reads 'output', and no row of o.jsonl has it" in system.run("check", code=2).stdout
    system.write("o.jsonl", lines([ROWS[0], *searched[1:]]))
    told = system.run("check", code=2).stdout
    assert "o.jsonl:2:1 PE340 output is missing" in told and "o.jsonl:3:1 PE340" in told


def test_cases_without_a_recorded_output_are_named_by_check(system: Workspace) -> None:
    """With the id of a row that nobody asks for, which is probably the same case."""
    system.write("o.jsonl", lines([ROWS[0], {**ROWS[1], "id": "Q2"}]))
    system.write("evals/s.yaml", OUTPUTS_SUITE)
    told = system.run("check").stdout
    assert "evals/s.yaml:1:1 PE341 o.jsonl has no output for 2 of 3 cases, such as 'q2'" in told
    assert "(1 id of its rows no case has, such as 'Q2')" in told


EMPTY = """
def nothing(question):
    return {}

def other(question):
    return {"reply": {"words": "30 days"}}
"""


def test_a_result_that_says_nothing_is_an_error_of_its_case(system: Workspace) -> None:
    """Not an empty answer: the shape is another than the suite says, which shows what came."""
    system.write("app/__init__.py", "")
    system.write("app/answer.py", EMPTY)
    suite = 'callable: "app.answer:{}"\ncases: ../datasets/q.jsonl\n{}\nmetrics: [generation.em]\n'
    system.write("evals/s.yaml", suite.format("nothing", "result: true"))
    told = system.run_json(code=3)["results"][0]["cases"]
    assert told["errors"] == 3
    system.write("evals/s.yaml", suite.format("other", "map: {output: answer.text}"))
    out = " ".join(system.run("run", code=3).stdout.split())
    assert 'not a result: the map finds no output in {"reply": {"words": "30 days"}}' in out
