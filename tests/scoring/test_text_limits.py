"""Scorers whose time grows with the square of a text stop at a length, and say so."""

import time

import pytest

from prompteval.core.case import Case
from prompteval.core.observation import Observation
from prompteval.core.protocols import Scorer
from prompteval.scoring import overlap, translation
from prompteval.scoring.overlap import RougeL
from prompteval.scoring.translation import Bleu, Chrf

LIMITS = [
    (Bleu("s"), "bleu", translation.MAX_CHARACTERS, "characters", "a"),
    (Chrf("s"), "chrf", translation.MAX_CHARACTERS, "characters", "a"),
    (RougeL("s"), "rouge_l", overlap.MAX_TOKENS, "words", "a "),
]


@pytest.mark.parametrize(("scorer", "name", "limit", "unit", "part"), LIMITS, ids=[one[1] for one in LIMITS])
@pytest.mark.parametrize("where", ["answer", "reference"])
def test_b24_a_text_over_the_limit_is_a_failed_score(
    scorer: Scorer, name: str, limit: int, unit: str, part: str, where: str
) -> None:
    """B24: at once, with the size and the limit in its reason, whichever of the two texts is too long."""
    texts = {"answer": "a b", "reference": "a b", where: part * (limit + 1)}
    started = time.process_time()
    score = scorer.score(
        Case("c", {}, expected=texts["reference"]), Observation("ok", output=texts["answer"])
    )
    assert (score.value, score.status) == (None, "failed")
    assert score.reason.endswith(f"{where} of {limit + 1:,} {unit} is over the limit of {name}, {limit:,}")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(("scorer", "name", "limit", "unit", "part"), LIMITS, ids=[one[1] for one in LIMITS])
def test_a_text_under_the_limit_is_scored(
    scorer: Scorer, name: str, limit: int, unit: str, part: str
) -> None:
    """A hundredth of the limit is an answer like any other."""
    text = part * (limit // 100)
    assert scorer.score(Case("c", {}, expected=text), Observation("ok", output=text)).value == pytest.approx(
        1.0
    )
