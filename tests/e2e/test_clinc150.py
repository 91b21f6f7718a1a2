"""Naive Bayes on CLINC150 (Larson et al. 2019), scored as recorded outputs: published counts come out."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from .conftest import Workspace

DATA = Path(__file__).parents[3] / "shared" / "data" / "clinc150"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason=f"the data are not at {DATA}"),
]
Texts = list[tuple[str, str]]
SUITE = "outputs: ../{name}-outputs.jsonl\ncases: ../{name}.jsonl\nscorers: [exact]\nmetrics: [{metrics}]\n"


class NaiveBayes:
    """Multinomial, add-one smoothing, unseen words skipped, the first intent in order wins a tie."""

    def __init__(self, train: Texts) -> None:
        self.intents = sorted({intent for _, intent in train})
        self._words: dict[str, int] = {}
        rows = [(self.intents.index(intent), words(text)) for text, intent in train]
        for _, found in rows:
            for word in found:
                self._words.setdefault(word, len(self._words))
        counts = np.ones((len(self.intents), len(self._words)))
        prior = np.zeros(len(self.intents))
        for row, found in rows:
            prior[row] += 1
            for word in found:
                counts[row, self._words[word]] += 1
        self._likelihood = np.log(counts / counts.sum(axis=1, keepdims=True))
        self._prior = np.log(prior / prior.sum())

    def posterior(self, text: str) -> NDArray[np.float64]:
        known = [self._words[word] for word in words(text) if word in self._words]
        joint = self._prior + self._likelihood[:, known].sum(axis=1)
        shares = np.exp(joint - joint.max())
        return np.asarray(shares / shares.sum())


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def suite(workspace: Workspace, name: str, metrics: str, rows: list[tuple[str, str, str, float]]) -> None:
    """A suite of recorded outputs: (text, expected, output, confidence) each."""
    cases = [{"id": str(i), "inputs": text, "expected": wanted} for i, (text, wanted, *_) in enumerate(rows)]
    outputs = [{"id": str(i), "output": row[2], "confidence": row[3]} for i, row in enumerate(rows)]
    for file, lines in ((name, cases), (f"{name}-outputs", outputs)):
        workspace.write(f"{file}.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    workspace.write(f"evals/{name}.yaml", SUITE.format(name=name, metrics=metrics))


def test_accuracy_macro_f1_and_auroc_are_the_published_ones(workspace: Workspace) -> None:
    """3,798 of 4,500 intents; macro F1 over 150 classes; domains; in scope against out of scope."""
    data = json.loads((DATA / "data_full.json").read_text(encoding="utf-8"))
    domains = json.loads((DATA / "domains.json").read_text(encoding="utf-8"))
    domain_of = {intent: domain for domain, intents in domains.items() for intent in intents}
    model = NaiveBayes(data["train"])
    answers = []
    for text, intent in (*data["test"], *data["oos_test"]):
        shares = model.posterior(text)
        answers.append((text, intent, model.intents[int(shares.argmax())], float(shares.max())))
    inside = answers[: len(data["test"])]
    told = [(text, domain_of[wanted], domain_of[given], share) for text, wanted, given, share in inside]
    scope = [(text, str(wanted != "oos").lower(), "true", share) for text, wanted, _, share in answers]
    suite(workspace, "intents", "accuracy, f1(average=macro)", inside)
    suite(workspace, "domains", "accuracy", told)
    suite(workspace, "scope", "roc_auc(label=true)", scope)
    results = {r["suite"]: r["metrics"] for r in workspace.run_json("intents", "domains", "scope")["results"]}
    assert results["intents"]["accuracy"]["value"] == 3798 / 4500
    assert results["intents"]["f1(average=macro)"]["value"] == pytest.approx(0.8416, abs=5e-5)
    assert results["domains"]["accuracy"]["value"] == pytest.approx(0.9160, abs=5e-5)
    assert results["scope"]["roc_auc(label=true)"]["value"] == pytest.approx(0.8693, abs=5e-5)
    assert results["scope"]["roc_auc(label=true)"]["n"] == 5500
