"""Task metrics against the libraries that the field trusts."""

import numpy as np
import pytest
import sacrebleu
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from scipy import stats as scipy_stats
from sklearn import metrics as sklearn_metrics

from prompteval.core.case import Case
from prompteval.core.observation import Observation
from prompteval.metrics import classification, curves, ngrams, regression
from prompteval.metrics.calibration import ece, null_ece, reliability
from prompteval.metrics.columns import confusion_table
from prompteval.metrics.defined import undefined_reason
from prompteval.metrics.names import PARAMETERS, parse_metric
from prompteval.scoring.overlap import rouge_n
from prompteval.scoring.translation import Bleu, Chrf
from tests.metrics.builders import from_rows

PAIRS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=60)
SCORED = st.lists(st.tuples(st.integers(0, 8).map(lambda n: n / 8), st.booleans()), min_size=2, max_size=60)
NUMBERS = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=60)
TEXTS = st.lists(
    st.tuples(*[st.lists(st.sampled_from(["the", "cat", "sat", "on", "a", "mat", "dog"]), max_size=12)] * 2),
    min_size=1, max_size=8,
)  # fmt: skip


@given(PAIRS)
def test_mcc_and_kappa_equal_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    """Both over the same confusion table, to 1e-9, where they are defined."""
    expected, predicted = [e for e, _ in pairs], [p for _, p in pairs]
    assume(len(set(expected)) > 1 and len(set(predicted)) > 1)
    names = sorted({*expected, *predicted})
    codes = [np.asarray([names.index(label) for label in side], np.int32) for side in (expected, predicted)]
    table = confusion_table(codes[0], codes[1], len(names))
    assert float(classification.mcc(table)) == pytest.approx(
        sklearn_metrics.matthews_corrcoef(expected, predicted), abs=1e-9
    )
    assert float(classification.kappa(table)) == pytest.approx(
        sklearn_metrics.cohen_kappa_score(expected, predicted), abs=1e-9
    )


@given(SCORED)
def test_areas_equal_scikit_learn(rows: list[tuple[float, bool]]) -> None:
    """ROC-AUC with ties one half, and average precision, to 1e-9."""
    scores, positive = np.asarray([s for s, _ in rows]), np.asarray([p for _, p in rows])
    assume(0 < positive.sum() < len(positive))
    assert float(curves.weighted_roc_auc(scores, positive)(np.ones(len(rows)))) == pytest.approx(
        sklearn_metrics.roc_auc_score(positive, scores), abs=1e-9
    )
    found = curves.average_precision(scores, positive)(np.ones(len(rows)))
    assert float(found) == pytest.approx(sklearn_metrics.average_precision_score(positive, scores), abs=1e-9)


@given(SCORED, st.sampled_from([0.5, 0.75, 0.9]))
def test_recall_at_precision_is_the_best_point_of_the_curve(
    rows: list[tuple[float, bool]], wanted: float
) -> None:
    """The greatest recall of scikit-learn's curve at which the precision is reached."""
    scores, positive = np.asarray([s for s, _ in rows]), np.asarray([p for _, p in rows])
    assume(positive.any())
    precision, recall, _ = sklearn_metrics.precision_recall_curve(positive, scores)
    best = max(r for p, r in zip(precision, recall, strict=True) if p >= wanted)
    assert float(curves.recall_at_precision(scores, positive, wanted)(np.ones(len(rows)))) == pytest.approx(
        best, abs=1e-9
    )


@given(NUMBERS)
def test_errors_of_numbers_equal_scikit_learn_and_scipy(rows: list[tuple[int, int]]) -> None:
    """RMSE, R² and Spearman, to 1e-9."""
    left, right = (np.asarray(side, float) for side in zip(*rows, strict=True))
    assume(np.ptp(left) > 0 and np.ptp(right) > 0)
    ones, squared = np.ones(len(rows)), (left - right) ** 2
    assert float(regression.rmse(squared)(ones)) == pytest.approx(
        sklearn_metrics.root_mean_squared_error(left, right), abs=1e-9
    )
    assert float(regression.r2(left, squared)(ones)) == pytest.approx(
        sklearn_metrics.r2_score(left, right), rel=1e-9, abs=1e-9
    )
    assert float(regression.spearman(left, right)(ones)) == pytest.approx(
        scipy_stats.spearmanr(left, right)[0], abs=1e-9
    )


@given(NUMBERS, st.integers(0, 2**32 - 1))
def test_weights_mean_how_often_a_case_counts(rows: list[tuple[int, int]], seed: int) -> None:
    """A weighted statistic equals that of the repeated cases: the bootstrap rests on it."""
    left, right = (np.asarray(side, float) for side in zip(*rows, strict=True))
    weights = np.random.default_rng(seed).integers(0, 4, len(rows))
    many = np.repeat(left, weights), np.repeat(right, weights)
    assume(len(many[0]) > 1 and np.ptp(many[0]) > 0 and np.ptp(many[1]) > 0)
    ones = np.ones(len(many[0]))
    assert float(regression.spearman(left, right)(weights)) == pytest.approx(
        float(regression.spearman(*many)(ones)), abs=1e-9
    )


def corpus(scorer: Bleu | Chrf, rows: list[tuple[list[str], list[str]]]) -> np.ndarray:
    """The scorer's evidence, added up over cases."""
    key = scorer.reports[0]
    seen = [
        scorer.score(Case("x", {}, expected=" ".join(wanted)), Observation("ok", output=" ".join(given_)))
        for wanted, given_ in rows
    ]
    return np.sum([score.evidence[key] for score in seen], axis=0)


@settings(max_examples=60)
@given(TEXTS)
def test_bleu_and_chrf_of_a_corpus_equal_sacrebleu(rows: list[tuple[list[str], list[str]]]) -> None:
    """From sums of per-case counts, to 1e-9."""
    answers, references = [" ".join(g) for _, g in rows], [[" ".join(w) for w, _ in rows]]
    bleu = sacrebleu.corpus_bleu(answers, references).score
    assert float(ngrams.bleu(corpus(Bleu("bleu"), rows).astype(float))) == pytest.approx(bleu, abs=1e-9)
    chrf = sacrebleu.corpus_chrf(answers, references).score
    assert float(ngrams.chrf(corpus(Chrf("chrf"), rows))) == pytest.approx(chrf, abs=1e-9)


@given(st.text("abc ", max_size=30), st.text("abc ", max_size=30), st.sampled_from([1, 2]))
def test_rouge_n_equals_rouge_score(reference: str, answer: str, n: int) -> None:
    """ROUGE-1 and ROUGE-2 F1 without stemming."""
    found = RougeScorer([f"rouge{n}"]).score(reference, answer)[f"rouge{n}"].fmeasure
    assert rouge_n(reference, answer, n) == pytest.approx(found, abs=1e-9)


def test_ece_and_its_null() -> None:
    """Two bins, by hand; and a calibrated model's 95th percentile at n = 50 is about .11 to .19, never 0."""
    confidence, came_true = np.asarray([0.9, 0.9, 0.3, 0.3]), np.asarray([1.0, 0.0, 0.0, 0.0])
    assert ece(confidence, came_true, 10) == pytest.approx((2 * 0.4 + 2 * 0.3) / 4)
    lines = {line.low: line for line in reliability(confidence, came_true, 10) if line.n}
    assert (lines[0.9].n, lines[0.9].hits, lines[0.3].hits) == (2, 1.0, 0.0)
    assert 0.05 < null_ece(np.full(50, 0.8), 10, seed=1) < 0.2
    assert null_ece(np.full(50, 0.8), 10, seed=1) == null_ece(np.full(50, 0.8), 10, seed=1)


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_every_metric_prints_as_it_parses(name: str) -> None:
    """With each of its parameters too."""
    values = {"average": "macro", "label": "a", "precision": "0.9", "bins": "5", "reduce": "any"}
    values |= {"corrected": "ppi", "length_controlled": ""}
    for text in (name, *(f"{name}({key}={values[key]})".replace("=)", ")") for key in PARAMETERS[name])):
        assert str(parse_metric(text)) == text and parse_metric(str(parse_metric(text))) == parse_metric(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [("mcc", "only one class is expected"), ("kappa", "only one class is expected"), ("accuracy", "")],
)
def test_b13_one_class_is_undefined_with_a_reason(text: str, told: str) -> None:
    """Never NaN, never 0 or 1."""
    assert undefined_reason(parse_metric(text), from_rows([(1.0, ("a", "a")), (0.0, ("a", "b"))])) == told
