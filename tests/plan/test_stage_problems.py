"""What `check` says of a retrieval suite that its outputs, its recorded run or its depth cannot serve."""

import json
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.corpus.answers.parsed_answer import read_answer
from prompteval.plan.stage_problems import stage_problems
from prompteval.plan.suite_plan import SuitePlan, plan_suite
from prompteval.workspace.settings import find_workspace

PROMPT = """from pydantic import BaseModel

from prompteval import Answer, Passage, Prompt, user


class Inputs(BaseModel):
    question: str
    context: list[Passage]


prompt = Prompt(inputs=Inputs, output=%s, messages=[user("{{ question }}{{ context }}")])
"""


def planned(root: Path, rag: str, metrics: str, more: str = "", output: str = "str") -> SuitePlan:
    """A workspace of two documents and two cases, its suite planned."""
    cases = [
        {"id": name, "inputs": {"question": name}, "gold": [[{"doc": f"{name}.txt"}]]} for name in ("a", "b")
    ]
    files = {
        "prompteval.toml": "", "corpus/a.txt": "alpha", "corpus/b.txt": "beta", "corpus/logo.png": "x",
        "cases.jsonl": "".join(json.dumps(case) + "\n" for case in cases),
        "prompts/ask/v1.py": PROMPT % output, "run.trec": "a Q0 a.txt 1 2 r\n", "other.trec": "1 Q0 a.txt 1 2 r\n",
        "strange.trec": "a Q0 z.txt 1 2 r\nb Q0 y.txt 1 2 r\n",
        "evals/s.yaml": f"cases: ../cases.jsonl\nrag:\n  corpus: ../corpus\n  chunker: none\n{rag}\n"
        f"metrics: [{metrics}]\n{more}\n",
    }  # fmt: skip
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return plan_suite(find_workspace(root), "evals/s.yaml")


ASKS = "  retriever: bm25\n  modes: [retrieved]\nprompt: ask\nmodels: [scripted/replies.jsonl]"


def codes(problems: list[Problem]) -> list[str]:
    return [f"{problem.code} {problem.severity}" for problem in problems]


def test_abstention_needs_an_output_that_can_say_it(tmp_path: Path) -> None:
    """A text has `abstain:` of the suite, an Answer its flag; a metric that needs neither is no matter."""
    wanted = "generation.abstention, generation.em"
    (tmp_path / "replies.jsonl").write_text('{"when": ".", "text": "x"}\n')
    found = stage_problems(planned(tmp_path, ASKS, wanted))
    assert codes(found) == ["PE274 error"] and (found[0].line, found[0].col) == (9, 11)
    assert not stage_problems(planned(tmp_path, ASKS, wanted, 'abstain: "(?i)do not know"'))
    assert not stage_problems(planned(tmp_path, ASKS, wanted, output="Answer"))
    assert not stage_problems(planned(tmp_path, ASKS, "generation.em"))
    with pytest.raises(InvalidInput, match="PE274 abstain is not a regular expression"):
        planned(tmp_path, ASKS, wanted, 'abstain: "("')


def test_a_text_abstains_by_the_pattern_of_the_suite() -> None:
    """Of the words without marks; without a pattern nothing is known."""
    silent = read_answer("I do not know [1].", lambda text: text == "I do not know.")
    assert silent.abstained and silent.may_abstain and not read_answer("I do not know.").may_abstain
    assert not read_answer("Paris [1].", lambda text: "know" in text).abstained


def test_a_recorded_run_is_held_against_cases_and_corpus(tmp_path: Path) -> None:
    """None of its queries a case, or none of its documents there, is an error; some missing are told."""
    kind = "  retriever: {run: ../%s}\n  modes: [retrieval]"
    with pytest.raises(
        InvalidInput, match=r"s.yaml:5:14 PE276 no query of the run is the id of a case: .*'1'"
    ):
        planned(tmp_path, kind % "other.trec", "retrieval.recall@1")
    with pytest.raises(
        InvalidInput, match=r"PE276 no document of the run is in the corpus: the run has 'z.txt'"
    ):
        planned(tmp_path, kind % "strange.trec", "retrieval.recall@1")
    plan = planned(tmp_path, kind % "run.trec", "retrieval.recall@1")
    assert "PE276 warning" in codes(list(plan.warnings))
    assert plan.rag is not None
    assert "the run has no ranking for 1 case, such as 'b': they find nothing" in plan.rag.notes()


def test_a_cut_off_beyond_the_depth_is_said(tmp_path: Path) -> None:
    """By check, and beside the values of a run."""
    rag = "  retriever: {kind: bm25, depth: 5}\n  modes: [retrieval]"
    plan = planned(tmp_path, rag, "retrieval.recall@100, retrieval.recall@5, retrieval.mrr@10")
    found = stage_problems(plan)
    assert codes(found) == ["PE275 warning"] * 2
    text = (tmp_path / plan.suite.path).read_text()
    assert [text.split("\n")[one.line - 1][one.col - 1 :].split(",")[0].rstrip("]") for one in found] == [
        "retrieval.recall@100", "retrieval.mrr@10",
    ]  # fmt: skip
    assert plan.rag is not None
    assert "retrieval.recall@100 reads 5 candidates, the depth of the retriever" in plan.rag.notes()


def test_documents_that_are_left_out_and_gold_without_a_document_are_warnings(tmp_path: Path) -> None:
    """By name and place."""
    planned(tmp_path, "  retriever: bm25\n  modes: [retrieval]", "retrieval.recall@1")
    (tmp_path / "corpus" / "b.txt").rename(tmp_path / "corpus" / "bb.txt")
    warned = [str(problem) for problem in plan_suite(find_workspace(tmp_path), "evals/s.yaml").warnings]
    assert any("corpus/logo.png" in text and "PE273" in text for text in warned)
    assert any("cases.jsonl:2:1 PE353" in text and "did you mean 'bb.txt'" in text for text in warned)
