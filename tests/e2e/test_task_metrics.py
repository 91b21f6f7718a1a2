"""Task metrics from recorded outputs to `run --json`, with intervals and slices."""

import json

import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, confusion_matrix, precision_recall_curve

from tests.e2e.conftest import Workspace
from tests.report.reading_page import read_page

SUITE = """outputs: o.jsonl
cases: c.jsonl
scorers: [{exact: {field: label}}, {number: {field: price, abs_tol: 1}}]
metrics: [accuracy, mcc, kappa, roc_auc(label=yes), pr_auc(label=yes), "recall_at_precision(precision=0.5, label=yes)", brier, ece, reliability, mae, rmse, r2, spearman, perplexity]
slices: [half]
"""


@pytest.fixture
def recorded(workspace: Workspace) -> Workspace:
    """Forty cases; every fifth answer is wrong, prices are off by one now and then."""
    cases, outputs = [], []
    for n in range(40):
        label = "yes" if n % 2 else "no"
        given = label if n % 5 else ("no" if n % 2 else "yes")
        expected = {"label": label, "price": float(n)}
        tags = {"half": "first" if n < 20 else "second"}
        cases.append({"id": f"c{n:02}", "inputs": "x", "expected": expected, "tags": tags})
        answer = {"label": given, "price": float(n + n % 3)}
        outputs.append(
            {"id": f"c{n:02}", "output": answer, "confidence": 0.6 + (n % 4) / 10, "logprob": [-0.5, -1.5]}
        )
    workspace.write("evals/c.jsonl", "".join(json.dumps(line) + "\n" for line in cases))
    workspace.write("evals/o.jsonl", "".join(json.dumps(line) + "\n" for line in outputs))
    workspace.write("evals/s.yaml", SUITE)
    return workspace


def test_every_task_metric_has_a_value_an_interval_and_slices(recorded: Workspace) -> None:
    """The value is in its interval; ECE stands beside its null and never gates."""
    (result,) = recorded.run_json()["results"]
    found = result["metrics"]
    assert found["mae"]["value"] == pytest.approx(sum(n % 3 for n in range(40)) / 40)
    assert found["perplexity"]["value"] == pytest.approx(2.718281828459045)
    right, stated = [n % 5 != 0 for n in range(40)], [0.6 + (n % 4) / 10 for n in range(40)]
    assert found["brier"]["value"] == pytest.approx(brier_score_loss(right, stated), abs=1e-9)
    for name, estimate in found.items():
        assert estimate["value"] is not None, (name, estimate)
        if name != "ece":
            assert estimate["low"] <= estimate["value"] <= estimate["high"], name
    assert found["ece"]["null_high"] > 0 and found["ece"]["gateable"] is False
    assert set(result["slices"]["half"]["first"]) == set(found)
    assert sum(line["n"] for line in result["reliability"]["reliability"]["bins"]) == 40


def test_matrix_diagram_and_curve_are_those_of_scikit_learn(recorded: Workspace) -> None:
    """Of confidences with ties, one of which is missing; the page has the same document."""
    cases, outputs = (
        [json.loads(line) for line in (recorded.root / f"evals/{name}.jsonl").read_text().splitlines()]
        for name in "co"
    )
    del outputs[7]["confidence"]
    recorded.write("evals/o.jsonl", "".join(json.dumps(line) + "\n" for line in outputs))
    recorded.write("evals/s.yaml", SUITE.replace("accuracy, ", "accuracy, confusion, "))
    (result,) = recorded.run_json("-o", "r.html")["results"]
    truth, given = (
        [line[key]["label"] for line in lines] for lines, key in ((cases, "expected"), (outputs, "output"))
    )
    labels = result["confusion"]["labels"]
    assert [row[:-1] for row in result["confusion"]["counts"]] == confusion_matrix(
        truth, given, labels=labels
    ).tolist()
    known = [place for place in range(40) if place != 7]
    right, stated = [truth[n] == given[n] for n in known], [outputs[n]["confidence"] for n in known]
    share, confidence = calibration_curve(right, stated, n_bins=10)
    bins = [line for line in result["reliability"]["reliability"]["bins"] if line["n"]]
    assert [line["share"] for line in bins] == pytest.approx(share.tolist())
    assert [line["confidence"] for line in bins] == pytest.approx(confidence.tolist())
    scores = [stated[at] if given[n] == "yes" else 1 - stated[at] for at, n in enumerate(known)]
    precision, recall, thresholds = precision_recall_curve([truth[n] == "yes" for n in known], scores)
    (curve,) = result["precision_recall"]
    wanted = zip(recall[-2::-1], precision[-2::-1], thresholds[::-1], strict=True)
    assert [tuple(point) for point in curve["points"]] == [pytest.approx(point) for point in wanted]
    assert (curve["label"], curve["n"], curve["missing"]) == ("yes", 39, 1)
    page = read_page((recorded.root / "r.html").read_text("utf-8"))
    assert page.document["run"]["results"][0]["precision_recall"] == [curve]


def test_an_output_without_a_number_keeps_a_gate_on_errors_from_passing(recorded: Workspace) -> None:
    """MAE leaves it out and says so; the gate cannot pass."""
    lines = (recorded.root / "evals/o.jsonl").read_text().splitlines()
    lines[0] = json.dumps({**json.loads(lines[0]), "output": {"label": "no", "price": "dear"}})
    recorded.write("evals/o.jsonl", "\n".join(lines) + "\n")
    recorded.write("evals/s.yaml", SUITE + 'gate: ["mae <= 5"]\n')
    told = json.loads(recorded.run("run", "--json", "-q").stdout)["results"][0]
    assert (told["metrics"]["mae"]["n"], told["metrics"]["mae"]["left_out"]) == (39, 1)
    assert told["gates"][0]["verdict"] != "pass"


def test_clustered_cases_have_wider_intervals_than_lone_ones(recorded: Workspace) -> None:
    """Cases of one thread are not independent."""
    alone = recorded.run_json()["results"][0]["metrics"]["accuracy"]
    lines = [json.loads(line) for line in (recorded.root / "evals/c.jsonl").read_text().splitlines()]
    clustered = [{**line, "cluster": str(n % 5 == 0) + str(n % 8)} for n, line in enumerate(lines)]
    recorded.write("evals/c.jsonl", "".join(json.dumps(line) + "\n" for line in clustered))
    found = recorded.run_json()["results"][0]["metrics"]["accuracy"]
    assert found["value"] == alone["value"]
    assert found["high"] - found["low"] > alone["high"] - alone["low"]
