"""Where a text may be cut, against the grapheme clusters of the regex package (UAX 29)."""

import pytest
import regex

from prompteval.core.graphemes import LONGEST, end_of, is_inside, start_of
from prompteval.core.retrieval import Document
from prompteval.corpus.chunk import build_chunker
from prompteval.tokens import counter

TEXTS = [
    "cafe\u0301 naïve", "a\r\nb\n", "👨‍👩‍👧 👍🏽 ❤️‍🔥 1️⃣", "🇫🇷🇩🇪🇯🇵x🇫🇷", "हिन्दी में क्षत्रिय", "বাংলা ক্ষ", "தமிழ் நிலை", "ภาษาไทย น้ำ",
    "한국어 각 ᄒᆞᆫ", "שָׁלוֹם مُحَمَّد", "ｶﾞｷﾞ が", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "© ™ → é", "က္က မြန်", "ខ្មែរ", "a\u200db \u0600١",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_clusters_are_those_of_uax_29(text: str) -> None:
    """Accents, emoji of families, flags, conjuncts, syllables of jamo."""
    wanted = [match.start() for match in regex.finditer(r"\X", text)]
    assert [place for place in range(len(text)) if not is_inside(text, place)] == wanted


@pytest.mark.parametrize("kind", ["fixed", "sentence", "recursive", "markdown"])
@pytest.mark.parametrize("text", TEXTS)
def test_no_chunk_border_is_inside_a_character(kind: str, text: str) -> None:
    """However small the chunks are; nothing but white space is lost."""
    text = text.replace("\r\n", "\n") * 20
    cuts = {match.start() for match in regex.finditer(r"\X", text)} | {len(text)}
    chunks = build_chunker(kind, {"size": 3, "overlap": 1}, counter(""))(Document("d", text, "", "d"))
    assert {edge for chunk in chunks for edge in (chunk.start, chunk.end)} <= cuts
    covered = {place for chunk in chunks for place in range(chunk.start, chunk.end)}
    assert all(place in covered or mark.isspace() for place, mark in enumerate(text))


def test_a_cluster_without_end_is_cut() -> None:
    """A million accents on one letter are no reason for a chunk of a million characters."""
    text = "a" + "\u0301" * 1000
    assert end_of(text, 0, len(text)) == LONGEST and start_of(text, 500, 0) == 500
