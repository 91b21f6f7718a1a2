"""Chunks are exact spans, in order, cover all but white space, and are never over their size."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompteval.core.errors import UsageError
from prompteval.core.graphemes import end_of
from prompteval.core.registry import table
from prompteval.core.retrieval import Document
from prompteval.corpus.chunk import Fixed, Markdown, Sentence, Sized, build_chunker
from prompteval.testing.conformance import check_chunker
from prompteval.tokens import counter

COUNTER = counter("gpt-4o")
SIZED = ("fixed", "sentence", "markdown", "recursive")
MIXED = [
    "Plain words. And more! ", "שלום עולם. ", "مرحبا بالعالم؟ ", "日本語の文。次の文！", "👩‍👩‍👧‍👦 e\u0301 ",
    "\n\n", "\n# Head\n", "\n## Sub\n\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "\n- item\n- item\n",
    "```\ncode\n```\n", "\u2028", "\r", "\xa0", "x" * 50, "Dr. A. Smith went. ", "\t", "\x1c",
]  # fmt: skip
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=400),
    st.lists(st.one_of(st.sampled_from(MIXED), st.text(max_size=20)), max_size=40).map("".join),
).map(lambda text: text.encode("utf-8", "replace").decode())


@pytest.mark.parametrize("kind", SIZED)
@settings(max_examples=150, deadline=None)
@given(text=texts, size=st.integers(4, 60), share=st.floats(0, 0.9))
def test_every_chunker_keeps_its_promises_on_any_text(kind: str, text: str, size: int, share: float) -> None:
    """Exact offsets, order, coverage and size, for any script and any mixture."""
    chunker = build_chunker(kind, {"size": size, "overlap": int(size * share)}, COUNTER)
    for chunk in check_chunker(chunker, Document("d", text)):
        assert COUNTER.count(chunk.text) <= size or end_of(chunk.text, 0, len(chunk.text)) == len(chunk.text)
        assert chunk.text == chunk.text.strip()


@given(text=texts)
def test_none_is_the_whole_document(text: str) -> None:
    """One chunk, the text without the white space at its ends; none where there is no more."""
    chunks = check_chunker(build_chunker("none", {}, COUNTER), Document("d", text, "title"))
    assert [chunk.text for chunk in chunks] == ([text.strip()] if text.strip() else [])


def test_fixed_windows_are_full_and_overlap_by_what_was_asked() -> None:
    """Each window of ordinary words has `size` tokens and begins `size - overlap` after the last."""
    text = " ".join(["the", "cat", "sat", "on", "a", "mat", "and", "slept"] * 60)
    chunks = Fixed(COUNTER, 32, 8)(Document("d", text))
    assert {COUNTER.count(chunk.text) for chunk in chunks[:-1]} <= {31, 32}
    shared = [COUNTER.count(text[b.start : a.end]) for a, b in pairwise(chunks)]
    assert set(shared) <= {7, 8}


def test_sentences_are_not_cut_where_they_fit() -> None:
    """Abbreviations and initials end no sentence; a chunk ends with one."""
    text = "Dr. A. Smith arrived at 3.15 p.m. today. He met Mrs. Jones, e.g. for tea. They left! Why? 終わり。次。"
    chunks = Sentence(COUNTER, 16)(Document("d", text))
    assert [chunk.text for chunk in chunks] == [
        "Dr. A. Smith arrived at 3.15 p.m. today.",
        "He met Mrs. Jones, e.g. for tea. They left!",
        "Why? 終わり。次。",
    ]


TABLE = "| name | days |\n|---|---|\n" + "".join(f"| row {number} | {number} |\n" for number in range(8))
PAGE = f"# Leave\n\nIntro text here.\n\n## Table\n\nBefore the table.\n\n{TABLE}\nAfter.\n\n## Rest\n\n{'Words. ' * 60}"


def test_markdown_keeps_a_table_whole_where_it_fits() -> None:
    """A table smaller than the size is in one chunk; a smaller size cuts it between rows."""
    size = COUNTER.count(TABLE) + 2
    whole = Markdown(COUNTER, size)(Document("d", PAGE))
    assert any(TABLE.strip() in chunk.text for chunk in whole)
    cut = Markdown(COUNTER, size // 2)(Document("d", PAGE))
    rows = [line for chunk in cut for line in chunk.text.splitlines() if line.startswith("| row")]
    assert len(rows) == 8 and all(row.endswith("|") for row in rows)


def test_markdown_keeps_a_heading_with_what_follows_and_small_sections_whole() -> None:
    """No chunk ends in a heading, and a section that fits is not cut."""
    chunks = Markdown(COUNTER, 40, 8)(Document("d", PAGE))
    assert not [chunk for chunk in chunks if chunk.text.splitlines()[-1].startswith("#")]
    assert chunks[0].text == "# Leave\n\nIntro text here."


def test_an_overlap_does_not_cross_a_heading() -> None:
    """The chunk that begins a section begins with its heading."""
    chunks = Markdown(COUNTER, 40, 12)(Document("d", PAGE))
    assert [chunk.text.startswith("## Rest") for chunk in chunks].count(True) == 1


def test_blank_lines_of_a_code_block_are_no_chunk() -> None:
    """Lines with nothing on them, between two that do not fit, make no empty chunk."""
    page = "```\n" + "long " * 60 + "\n\n\n\n\n" + "long " * 60 + "\n```\n"
    chunks = check_chunker(Markdown(COUNTER, 16), Document("d", page))
    assert all(chunk.text for chunk in chunks)


def test_a_word_longer_than_the_size_is_cut_hard() -> None:
    """What has no place to be cut is cut between tokens, and nothing of it is lost."""
    chunks = check_chunker(Sentence(COUNTER, 5), Document("d", "x1y2" * 40))
    assert len(chunks) > 5 and "".join(chunk.text for chunk in chunks) == "x1y2" * 40


@pytest.mark.parametrize("model", ["gpt-4", "unknown"])
def test_any_counter_will_do(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another encoding, and an estimate where there is no vocabulary, keep the same promises."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    if model == "unknown":
        monkeypatch.setattr("prompteval.tokens.counting.find_spec", lambda name: None)
    found = counter(model)
    for chunk in check_chunker(Sentence(found, 20, 4), Document("d", PAGE + "日本語の文。" * 30)):
        assert found.count(chunk.text) <= 20


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("fixd", {}, "did you mean 'fixed'"),
        ("fixed", {"sise": 3}, "did you mean 'size'"),
        ("fixed", {"size": 0}, "from 1"),
        ("fixed", {"size": 8, "overlap": 8}, "smaller than the size"),
        ("none", {"size": 8}, "unknown key 'size'"),
        ("fixed", {"size": "8"}, "whole number"),
    ],
)
def test_wrong_options_are_refused(kind: str, options: dict[str, object], message: str) -> None:
    """Each mistake is a usage error that says what to write."""
    with pytest.raises(UsageError, match=message):
        build_chunker(kind, options, COUNTER)


def test_every_registered_chunker_names_what_can_change_it() -> None:
    """Kind, size, overlap and encoding are in the identity of each."""
    assert set(table("prompteval.chunkers")) == {*SIZED, "none"}
    chunker = build_chunker("fixed", {"size": 9, "overlap": 2}, COUNTER)
    assert isinstance(chunker, Sized)
    assert chunker.identity == "fixed(size=9,overlap=2,tokens=o200k_base)"
