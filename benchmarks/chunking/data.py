"""The questions and corpora of the sweep, and the cache of what was encoded."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from prompteval.core.retrieval import Document
from prompteval.corpus.documents import load_corpus
from prompteval.metrics.spans import Span
from prompteval.workspace.tree import WorkingTree

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "chroma_chunking"


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its excerpts; each is a group of its own, since all are wanted."""

    id: str
    text: str
    gold: tuple[tuple[Span, ...], ...]


def documents() -> dict[str, Document]:
    """The five corpora, one document each."""
    return dict(load_corpus(WorkingTree(DATA), "corpora").by_id())


def questions() -> list[Question]:
    """The 472 questions, by their place in the file."""
    found = []
    with (DATA / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            doc = f"{row['corpus_id']}.md"
            excerpts = json.loads(row["references"])
            gold = tuple(((doc, item["start_index"], item["end_index"]),) for item in excerpts)
            found.append(Question(f"q{number:03d}", row["question"], gold))
    return found
