"""Turns SQuAD files into workspaces: paragraphs as documents, questions with span gold, a suite.

    python benchmarks/squad/build.py xquad|squad2 FOLDER [--questions N]

Nothing of the data is kept in this project; it is read from ../shared/data. Each paragraph is a
document, titled by its article; an answer's span is its gold; an article is a cluster, since its
questions share paragraphs. `--questions` takes the N with the smallest SHA-256 of their ids.
"""

import argparse
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
FILES = {
    "xquad": DATA / "squad1_xquad_en" / "xquad.en.json",
    "squad2": DATA / "squad2_halfdev" / "dev-v2.0.json",
}
SUITE = """\
prompt: answer_with_citations
cases: ../datasets/questions.jsonl
models: [local/minilm]
rag:
  corpus: ../datasets/paragraphs.jsonl
  chunker: none
  retriever: {kind: hybrid, depth: 50}
  k: 5
  budget: {context_tokens: 2000}
  modes: [retrieval, retrieved, oracle]
  correct: f1
metrics:
  - retrieval.recall@1
  - retrieval.recall@5
  - retrieval.recall@50
  - retrieval.mrr
  - context.recall@2000t
  - generation.em
  - generation.f1
  - generation.correct
  - oracle.generation.f1
  - generation.abstention
  - generation.false_answers
  - generation.false_abstentions
  - citations.precision
  - citations.quote
"""


def build(name: str, directory: Path, questions: int | None = None) -> int:
    """Write the workspace; how many questions it has."""
    rows = list(cases(name))
    if questions is not None:
        rows = sorted(rows, key=lambda row: hashlib.sha256(row["id"].encode()).hexdigest())[:questions]
    for part in ("datasets", "evals"):
        (directory / part).mkdir(parents=True, exist_ok=True)
    shutil.copytree(
        ROOT / "prompts/answer_with_citations",
        directory / "prompts/answer_with_citations",
        dirs_exist_ok=True,
    )
    write_lines(directory / "datasets/questions.jsonl", rows)
    write_lines(directory / "datasets/paragraphs.jsonl", documents(name))
    (directory / "evals/squad.yaml").write_text(SUITE, encoding="utf-8")
    (directory / "prompteval.toml").touch()
    return len(rows)


def paragraphs(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(document id, article, paragraph) in the order of the file."""
    for article in json.loads(FILES[name].read_text(encoding="utf-8"))["data"]:
        for number, paragraph in enumerate(article["paragraphs"]):
            yield f"{article['title']}/{number}", article["title"], paragraph


def documents(name: str) -> Iterator[dict[str, Any]]:
    for doc, article, paragraph in paragraphs(name):
        yield {"id": doc, "title": article.replace("_", " "), "text": paragraph["context"]}


def cases(name: str) -> Iterator[dict[str, Any]]:
    """One case a question; several references of one answer are alternatives of one gold group."""
    for doc, article, paragraph in paragraphs(name):
        for item in paragraph["qas"]:
            answers = item["answers"]
            spans = sorted({(a["answer_start"], a["answer_start"] + len(a["text"])) for a in answers})
            yield {
                "id": item["id"],
                "inputs": {"question": item["question"]},
                "answers": sorted({answer["text"] for answer in answers}),
                "answerable": bool(answers),
                "cluster": article,
                **({"gold": [[{"doc": doc, "start": a, "end": b} for a, b in spans]]} if spans else {}),
            }


def write_lines(path: Path, rows: Any) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("name", choices=FILES)
    options.add_argument("directory", type=Path)
    options.add_argument("--questions", type=int)
    chosen = options.parse_args()
    print(build(chosen.name, chosen.directory, chosen.questions), "questions")


if __name__ == "__main__":
    main()
