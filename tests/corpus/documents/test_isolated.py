"""What is parsed in the worker stays inside a budget of time and memory, and is an outcome beyond it."""

import zlib
from pathlib import Path

import pytest

from prompteval.core.errors import DeadlineExceeded
from prompteval.corpus.documents import isolated, load_corpus
from prompteval.isolate import worker
from prompteval.workspace.tree import WorkingTree


def pdf_with_stream(stream: bytes) -> bytes:
    """A PDF file of one page whose content is compressed twice."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (len(stream), stream),
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 5\n0000000000 65535 f \n%strailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return body + end % (table, len(body))


def test_b24_a_bomb_is_an_outcome_and_its_neighbours_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B24: pages and PDF files that stand for gigabytes are over_budget; the same batch continues."""
    monkeypatch.setattr(worker, "MEMORY_BYTES", 100_000_000)
    isolated.shared().close()
    opened = b"<p>" + b"".join(b"<b a=%d>" % number for number in range(600)) + b"<p>x" * 1200
    (tmp_path / "a.html").write_text("<p>Shops open at nine.")
    (tmp_path / "b.html").write_bytes(opened)
    (tmp_path / "c.pdf").write_bytes(pdf_with_stream(zlib.compress(zlib.compress(b" " * 120_000_000, 1))))
    (tmp_path / "d.md").write_text("Plain.")
    (tmp_path / "e.html").write_text("<p>They close at five.")
    corpus = load_corpus(WorkingTree(tmp_path), ".")
    isolated.shared().close()
    assert [(item.id, item.status) for item in corpus.outcomes] == [
        ("a.html", "loaded"), ("b.html", "over_budget"), ("c.pdf", "over_budget"), ("d.md", "loaded"),
        ("e.html", "loaded"),
    ]  # fmt: skip
    assert "more than 100 MB of memory" in corpus.faults[0].message


def test_b24_a_file_that_takes_too_long_is_an_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B24: of a batch that did not end each file is read alone, within a time of its own."""
    asked = []

    def call(self: object, place: str, heads: list[list[object]], *, timeout_s: float, data: bytes) -> object:
        asked.append(len(heads))
        if any(head[1] == "slow.html" for head in heads):
            raise DeadlineExceeded(place, timeout_s)
        return isolated.read_here(data, heads)  # type: ignore[arg-type]

    monkeypatch.setattr(worker.Worker, "call", call)
    for name in ("fast", "slow", "zero"):
        (tmp_path / f"{name}.html").write_text(f"<p>{name}")
    corpus = load_corpus(WorkingTree(tmp_path), ".")
    assert corpus.counts == {"loaded": 2, "over_budget": 1}
    assert corpus.faults[0].message == "reading it did not end within 8 s"
    assert asked == [3, 1, 1, 1]


def test_b24_a_text_that_unfolds_without_end_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """B24: what a file unfolds to has the limit that a file has."""
    monkeypatch.setattr(isolated, "MAX_CHARACTERS", 10)
    found = isolated.read_here(b"<p>more than ten characters", [(".html", "x", 27)])
    assert found == [{"fault": "too_large", "message": "over 10 characters of text"}]
