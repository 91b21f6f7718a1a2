"""Recall and precision of citations as ALCE has them, by a judge of faithfulness."""

from pathlib import Path

from prompteval.core.observation import Row
from tests.judging.judged_workspace import lines
from tests.small_workspace import Place

JUDGE = """
from typing import Literal
from pydantic import BaseModel
from prompteval import Prompt, system, user

class Inputs(BaseModel):
    output: str
    context: str

class Claim(BaseModel):
    claim: str
    passage: int
    quote: str
    verdict: Literal["supported", "contradicted", "not_found"]

class Claims(BaseModel):
    claims: list[Claim]

prompt = Prompt(
    inputs=Inputs, output=Claims, messages=[system("Find the claims."), user("{{ output }}\\n---\\n{{ context }}")]
)
"""
PASSAGES = ["At most four cards in one order.", "Shops open at nine.", "Shops close at six."]


def claim(passage: int, quote: str, verdict: str = "supported") -> dict[str, object]:
    return {"claims": [{"claim": "x", "passage": passage, "quote": quote, "verdict": verdict}]}


# The scripted judge reads what it is shown: the sentence, and then the passages.
REPLIES = [
    {"when": "(?s)open at nine.*---.*Shops open at nine", "output": claim(2, "open at nine")},
    {"when": "(?s)four cards.*---.*four cards", "output": claim(2, "four cards")},  # another passage's words
    {"when": "", "output": {"claims": [{"claim": "x", "passage": 1, "quote": "", "verdict": "not_found"}]}},
]
ANSWERS = {
    "right": "Shops open at nine [2].",
    "needless": "Shops open at nine [2][1].",
    "wrong": "Shops open at nine [3].",
    "uncited": "Shops open at nine.",
    "quote": "Four cards, four cards [1].",
}


def judged(tmp_path: Path) -> dict[str, Row]:
    place = Place(tmp_path)
    place.write("prompteval.toml", "")
    place.write("prompts/grounded/v1.py", JUDGE)
    place.write("j.jsonl", lines(REPLIES))
    place.write("datasets/c.jsonl", lines({"id": name, "inputs": {}} for name in ANSWERS))
    context = [{"doc": f"d{n}", "text": text} for n, text in enumerate(PASSAGES)]
    place.write(
        "datasets/o.jsonl",
        lines({"id": name, "output": text, "context": context} for name, text in ANSWERS.items()),
    )
    scorer = "faithfulness: {prompt: grounded, model: scripted/j.jsonl, name: NAME, citations: NAME}"
    scorers = "".join(f"  - {scorer.replace('NAME', name)}\n" for name in ("recall", "precision"))
    place.write(
        "evals/s.yaml",
        "outputs: ../datasets/o.jsonl\ncases: ../datasets/c.jsonl\n"
        f"scorers:\n{scorers}metrics: [mean(scorer=recall), mean(scorer=precision)]\n",
    )
    done = place.run()
    return {row.case.id: row for row in done.rows()}


def test_a_sentence_is_judged_by_the_passages_that_it_cites(tmp_path: Path) -> None:
    """Each sentence with its own passages; a quote counts in those that were shown only."""
    values = {name: tuple(score.value for score in row.scores) for name, row in judged(tmp_path).items()}
    assert values == {
        "right": (1.0, 1.0),
        "needless": (1.0, 0.5),
        "wrong": (0.0, 0.0),
        "uncited": (0.0, 0.0),
        "quote": (0.0, 0.0),
    }


def test_what_the_judge_found_is_beside_the_score(tmp_path: Path) -> None:
    """By sentence and passages; the precision asks about each citation alone and about the others too."""
    _, score = judged(tmp_path)["needless"].scores
    assert score.evidence["supported"] == {
        "Shops open at nine. [2][1]": 1.0,
        "Shops open at nine. [2]": 1.0,
        "Shops open at nine. [1]": 0.0,
    }


def test_a_quote_that_is_elsewhere_is_counted_in_the_reason(tmp_path: Path) -> None:
    """One quote is one: the words of a message are those of its number."""
    recall, _ = judged(tmp_path)["quote"].scores
    assert recall.reason == "1 quote not found in the passage named"
