"""Transforms against reference implementations; what has seen a test row is refused."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from prompteval.cli.app import command_line
from prompteval.core.errors import UsageError
from prompteval.core.transform import Features
from prompteval.data.fitted import Example, fit, hashes, read_fitted
from prompteval.data.rows import DataRow
from prompteval.transforms import TRANSFORMS
from prompteval.transforms.calibration import Isotonic, Platt
from prompteval.transforms.threshold import Threshold
from tests.data.test_data_verbs import code, read, write


def scored(count: int, seed: int = 0) -> tuple[list[Features], list[str]]:
    """Scores and whether they came true, steeper than they say."""
    draw = random.Random(seed)
    rows = [(round(draw.random(), 2),) for _ in range(count)]
    return rows, ["true" if draw.random() < row[0] ** 2 else "false" for row in rows]


def test_isotonic_is_that_of_scikit_learn() -> None:
    """Between the points and beyond them."""
    rows, labels = scored(400)
    made = Isotonic()
    made.fit(rows, labels)
    oracle = IsotonicRegression(out_of_bounds="clip").fit(
        [row[0] for row in rows], [label == "true" for label in labels]
    )
    at = np.linspace(-0.5, 1.5, 201)
    assert [made.transform((x,)) for x in at] == pytest.approx(oracle.predict(at).tolist(), abs=1e-12)


def test_platt_is_logistic_regression_on_smoothed_targets() -> None:
    """Weights of both classes for each row, as Platt's targets are."""
    rows, labels = scored(400)
    made = Platt()
    made.fit(rows, labels)
    x = np.array([row[0] for row in rows])
    truth = np.array([label == "true" for label in labels])
    high, low = (truth.sum() + 1) / (truth.sum() + 2), 1 / ((~truth).sum() + 2)
    target = np.where(truth, high, low)
    twice, sides = np.concatenate([x, x])[:, None], np.concatenate([np.ones(400), np.zeros(400)])
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    oracle.fit(twice, sides, sample_weight=np.concatenate([target, 1 - target]))
    assert (-made.a, -made.b) == pytest.approx((oracle.coef_[0, 0], oracle.intercept_[0]), rel=1e-3)


def test_the_threshold_has_the_best_f1_of_all() -> None:
    """No other cut between two scores has a better one."""
    rows, labels = scored(200, seed=2)
    made = Threshold()
    made.fit(rows, labels)

    def f1(cut: float) -> float:
        said = [row[0] >= cut for row in rows]
        true = [label == "true" for label in labels]
        return 2 * sum(a and b for a, b in zip(said, true, strict=True)) / max(sum(said) + sum(true), 1)

    assert f1(made.threshold) == pytest.approx(max(f1(cut / 200) for cut in range(201)))


def test_scaling_and_prototypes() -> None:
    """Mean 0 and deviation 1, a constant becomes 0; the nearest direction by cosine."""
    scaling, prototypes = TRANSFORMS["scaling"](), TRANSFORMS["prototypes"]()
    scaling.fit([(1.0, 5.0), (3.0, 5.0)], ["", ""])
    assert scaling.transform((3.0, 7.0)) == [1.0, 0.0]
    prototypes.fit([(1.0, 0.0), (9.0, 1.0), (0.0, 2.0)], ["x", "x", "y"])
    assert [prototypes.transform(row) for row in ((5.0, 1.0), (0.1, 1.0))] == ["x", "y"]


@given(values=st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=40))
def test_a_state_read_back_is_the_same_transform(values: list[tuple[float, bool]]) -> None:
    """Through JSON, for any data that can be fitted; probabilities are between 0 and 1."""
    rows, labels = [(value,) for value, _ in values], [str(truth) for _, truth in values]
    for name in ("platt", "isotonic", "threshold"):
        made = TRANSFORMS[name]()
        if len(set(labels)) < 2:
            with pytest.raises(ValueError, match="all labels are the same"):
                made.fit(rows, labels)
            continue
        made.fit(rows, labels)
        again = TRANSFORMS[name].from_state(json.loads(json.dumps(made.state())))
        assert [again.transform(row) for row in rows] == [made.transform(row) for row in rows]
        assert all(0 <= float(str(made.transform(row))) <= 1 for row in rows if name != "threshold")


def examples(sides: list[str]) -> list[Example]:
    rows, labels = scored(len(sides))
    made = zip(range(len(sides)), sides, labels, rows, strict=True)
    return [
        Example(DataRow("d", n, f"c{n}", f"text {n}", label, split=side), row) for n, side, label, row in made
    ]


def test_only_rows_of_the_side_are_seen() -> None:
    """By id and by text; a test row that repeats a text of train is one that was seen."""
    given = examples((["train"] * 3 + ["dev", "test"]) * 40)
    fitted = fit("calibration", "confidence", given, "train")
    assert {example.row.split for example in given if fitted.has_seen(hashes(example.row))} == {"train"}
    assert fitted.rows == 120 and set(fitted.chosen_on) == {"platt", "isotonic"}
    assert fitted.has_seen(hashes(DataRow("d", 1, "new", " TEXT  0 ")))
    assert not fitted.has_seen(hashes(DataRow("d", 1, "new", "other")))
    with pytest.raises(UsageError, match="no row is of the side 'trian'"):
        fit("platt", "confidence", given, "trian")


ROWS: list[dict[str, Any]] = [
    {"id": f"c{n}", "inputs": {"m": f"question {n}"}, "confidence": row[0], "correct": label == "true",
     "split": ("train", "train", "dev", "test")[n % 4]}
    for n, (row, label) in enumerate(zip(*scored(200), strict=True))
]  # fmt: skip


def test_fit_and_apply_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chosen on dev, written to each row; one that was fitted on all rows is refused, by `apply` and by `check`."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.jsonl", ROWS)
    fit_it = ("data", "fit", "calibration", "a.jsonl", "--label", "correct")
    assert code(*fit_it, "-o", "t.json") == 0
    assert code("data", "apply", "t.json", "a.jsonl", "-o", "b.jsonl", "--into", "p") == 0
    assert all(0 <= row["p"] <= 1 for row in read(tmp_path / "b.jsonl"))
    assert code("data", "check", "a.jsonl", "--near", 1, "--label", "correct", "--transform", "t.json") == 0
    write(tmp_path / "all.jsonl", [{**row, "split": "train"} for row in ROWS])
    assert code("data", "fit", "platt", "all.jsonl", "--label", "correct", "-o", "all.json") == 0
    assert code("data", "apply", "all.json", "a.jsonl", "-o", "c.jsonl") == 2
    assert code("data", "check", "a.jsonl", "--near", 1, "--label", "correct", "--transform", "all.json") == 1
    assert not (tmp_path / "c.jsonl").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "nope"},
        {"state": {}},
        {"state": {"a": "x", "b": 1}},
        {"more": 1},
        {"schema": "prompteval/transform@2"},
    ],
)
def test_a_file_that_is_no_transform_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    """With what is wrong, and no traceback."""
    sound = {"schema": "prompteval/transform@1", "kind": "platt", "value": "c", "state": {"a": 1, "b": 1},
             "fitted_on": "train", "rows": 1, "seen": []}  # fmt: skip
    path = tmp_path / "t.json"
    path.write_text(json.dumps({**sound, **change}))
    with pytest.raises(UsageError, match="not a transform"):
        read_fitted(path)


@pytest.mark.parametrize("kind", [*TRANSFORMS, "calibration"])
def test_a_number_whose_square_is_none_is_refused_at_its_line(kind: str, tmp_path: Path) -> None:
    """It would be an overflow in the fit, and no file of JSON holds what comes of it."""
    rows = [{"id": "a", "confidence": 1e308, "expected": "true", "split": "train"}]
    source = write(tmp_path / "a.jsonl", rows)
    with pytest.raises(UsageError, match=r"a\.jsonl:1: 1e\+308 in 'confidence' is beyond 1e\+30"):
        command_line(["data", "fit", kind, str(source), "-o", str(tmp_path / "t.json")])
