"""A small retrieval workspace: three documents, seven questions, a scripted model."""

import json

from tests.e2e.conftest import Workspace

PROMPT = """
from pydantic import BaseModel
from prompteval import Answer, Passage, Prompt, user

class Inputs(BaseModel):
    question: str
    context: list[Passage]

prompt = Prompt(
    inputs=Inputs, output=Answer, params={"max_output_tokens": 50},
    messages=[user("{% for p in context %}[{{ p.n }}] {{ p.title }}\\n{{ p.text }}\\n\\n{% endfor %}Question: {{ question }}")],
)
"""
SUITE = """prompt: answer
cases: ../datasets/qa.jsonl
models: [scripted/model.jsonl]
rag:
  corpus: ../datasets/docs
  chunker: none
  retriever: {kind: bm25, depth: 5}
  k: %(k)d
  budget: {context_tokens: %(tokens)d}
  modes: [retrieval, retrieved, oracle, closed_book]
metrics: [retrieval.recall@5, context.recall@%(tokens)dt, generation.em, generation.abstention, citations.precision, oracle.generation.em]
gate: [retrieval.recall@5 >= 0.5]
"""
DOCS = {
    "apples.md": "# Apples\n\nApples are red. A crate of apples holds forty apples.\n",
    "pears.md": "# Pears\n\nPears are green. A crate of pears holds thirty pears.\n",
    "plums.md": "# Plums\n\nPlums are blue. A crate of plums holds ninety plums. Apples are not plums.\n",
}
CASES = [
    {"id": "right", "inputs": {"question": "How many apples does a crate hold?"}, "answers": ["forty"],
     "gold": [[{"doc": "apples.md", "quote": "A crate of apples holds forty apples."}]]},
    {"id": "wrong", "inputs": {"question": "Which colour are pears?"}, "answers": ["green"],
     "gold": [[{"doc": "pears.md", "quote": "Pears are green."}]]},
    {"id": "miscited", "inputs": {"question": "Which colour are plums?"}, "answers": ["blue"],
     "gold": [[{"doc": "plums.md", "quote": "Plums are blue."}]]},
    {"id": "silent", "inputs": {"question": "What holds ninety plums?"}, "answers": ["a crate"],
     "gold": [[{"doc": "plums.md", "quote": "A crate of plums holds ninety plums."}]]},
    {"id": "far", "inputs": {"question": "zzz qqq"}, "answers": ["red"],
     "gold": [[{"doc": "apples.md", "quote": "Apples are red."}]]},
    {"id": "none", "inputs": {"question": "Who owns the apples?"}, "answerable": False},
    {"id": "made-up", "inputs": {"question": "Who owns the pears?"}, "answerable": False},
]  # fmt: skip


def answer(text: str, *numbers: int, abstain: bool = False) -> dict[str, object]:
    return {"answer": text, "citations": [{"n": n, "quote": None} for n in numbers], "abstain": abstain}


RULES = [
    {"when": "How many apples", "output": answer("Forty", 1)},
    {"when": "colour are pears", "output": answer("blue", 1)},
    {"when": "colour are plums", "output": answer("blue", 9)},
    {"when": "owns the pears", "output": answer("Ann", 1)},
    {"when": "", "output": answer("", abstain=True)},
]


def fill(workspace: Workspace) -> Workspace:
    """Three documents, seven questions: one right, each other failing in a way of its own."""
    for name, text in DOCS.items():
        workspace.write(f"datasets/docs/{name}", text)
    workspace.write("datasets/qa.jsonl", "".join(json.dumps(case) + "\n" for case in CASES))
    workspace.write("prompts/answer/v1.py", PROMPT)
    (workspace.root / "evals/s.yaml").unlink()
    workspace.write("evals/q.yaml", SUITE % {"k": 3, "tokens": 2000})
    workspace.script(*RULES)
    return workspace
