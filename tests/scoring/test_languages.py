"""ROUGE-L, overlap and BLEU of two sentences in twelve languages, by values worked out by hand."""

import re
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.rag.score.overlap import content_overlap
from prompteval.scoring.overlap import rouge_l
from prompteval.scoring.translation import Bleu, tokenizer_for
from prompteval.workspace.scorer_options import check_options
from prompteval.workspace.suite import ScorerSpec

DOCS = Path(__file__).parents[2] / "docs" / "languages.md"
# Reference, answer; words they have in common in order, words of each; overlap; tokens of sacrebleu
# that match as 1- to 4-grams, of all the answer has.
ROWS = {
    "English": (
        "The capital of France is Paris.", "The capital of Spain is Madrid.",
        (4, 6, 6), 1 / 3, "13a", (5, 2, 1, 0), (7, 6, 5, 4),
    ),
    "German": (
        "Die Hauptstadt von Österreich ist Wien.", "Die größte Stadt von Österreich ist Wien.",
        (5, 6, 7), 5 / 7, "13a", (6, 4, 3, 2), (8, 7, 6, 5),
    ),
    "French": (
        "Le café est fermé le dimanche.", "Le café est ouvert le dimanche.",
        (5, 6, 6), 5 / 6, "13a", (6, 4, 2, 0), (7, 6, 5, 4),
    ),
    "Spanish": (
        "¿Dónde está la estación?", "¿Dónde está la plaza?", (3, 4, 4), 3 / 4, "13a", (4, 2, 1, 0), (5, 4, 3, 2),
    ),
    "Turkish": (
        "İstanbul büyük bir şehirdir.", "istanbul güzel bir şehirdir.",
        (3, 4, 4), 3 / 4, "13a", (3, 2, 1, 0), (5, 4, 3, 2),
    ),
    "Russian": (
        "Столица Франции — Париж.", "Столица Италии — Рим.", (1, 3, 3), 1 / 3, "13a", (3, 0, 0, 0), (5, 4, 3, 2),
    ),
    "Arabic": (
        "عاصمة فرنسا هي باريس", "عاصمة إيطاليا هي روما", (2, 4, 4), 2 / 4, "13a", (2, 0, 0, 0), (4, 3, 2, 1),
    ),
    "Hindi": (
        "फ्रांस की राजधानी पेरिस है", "इटली की राजधानी रोम है", (3, 5, 5), 3 / 5, "13a", (3, 1, 0, 0), (5, 4, 3, 2),
    ),
    "Chinese": (
        "法国的首都是巴黎。", "法国的首都是里昂。", (5, 7, 7), 5 / 7, "zh", (7, 5, 4, 3), (9, 8, 7, 6),
    ),
    "Japanese": (
        "首都は東京です。", "首都は京都です。", (3, 6, 6), 3 / 6, "char", (7, 4, 2, 0), (8, 7, 6, 5),
    ),
    "Korean": (
        "서울은 수도이다.", "서울은 도시이다.", (3, 5, 5), 3 / 5, "13a", (2, 0, 0, 0), (3, 2, 1, 0),
    ),
    "Vietnamese": (
        "Thủ đô của Ý là Roma.", "Thủ đô của Mỹ là Roma.", (5, 6, 6), 5 / 6, "13a", (6, 4, 2, 0), (7, 6, 5, 4),
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", ROWS)
def test_values_of_twelve_languages(language: str) -> None:
    """Worked out by hand: shared words in order, shared content words, shared n-grams."""
    reference, answer, (shared, wanted, given), overlap, tokenizer, matched, total = ROWS[language]
    assert rouge_l(reference, answer) == pytest.approx(2 * shared / (wanted + given))
    assert content_overlap(answer, [reference]) == pytest.approx(overlap)
    assert tokenizer_for(reference) == tokenizer
    counts, _ = Bleu(name="bleu").count([reference], answer)
    assert (tuple(counts[2:6]), tuple(counts[6:])) == (matched, total)


@pytest.mark.parametrize("language", ROWS)
def test_equal_texts_score_1_in_any_language(language: str) -> None:
    """And texts that share nothing 0, whatever the script."""
    reference = ROWS[language][0]
    assert rouge_l(reference, reference) == content_overlap(reference, [reference]) == 1.0
    assert Bleu(name="bleu").count([reference], reference)[1] == pytest.approx(1.0)
    assert rouge_l(reference, "qqq") == content_overlap("Ωξψ", [reference]) == 0.0


def test_the_table_of_the_documentation_is_what_comes_out() -> None:
    """docs/languages.md, row by row."""
    found = dict(re.findall(r"^\| (\w+) \| (.*) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    for language, (reference, answer, (shared, wanted, given), overlap, tokenizer, *_) in ROWS.items():
        bleu = Bleu(name="bleu").count([reference], answer)[1] * 100
        shown = f"{2 * shared / (wanted + given):.3f} | {overlap:.3f} | {bleu:.1f} | `{tokenizer}`"
        assert found[language] == f"{reference} | {answer} | {shown}", shown


def test_a_tokenizer_may_be_named() -> None:
    """What is not installed, or not there, is refused with what to do."""
    assert Bleu(name="b", tokenize="char").count(["ab"], "ab")[0][0] == 2
    with pytest.raises(InvalidInput, match=r"tokenize must be auto, 13a, .* or ko-mecab, not 'spm'"):
        check_options(ScorerSpec("bleu", {"tokenize": "spm"}, "b", 1, 1), Bleu.options)
