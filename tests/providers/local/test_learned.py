"""What a local model learned from data: a map of confidences, a threshold of likeness."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prompteval.cases.load import load_cases
from prompteval.core.request import Message, Request, Response
from prompteval.data.fitted import hashes
from prompteval.data.rows import DataRow
from prompteval.providers.local.classifier import LocalProvider
from prompteval.providers.local.learned import THRESHOLDS, Learned, abstain_below
from prompteval.transforms.calibration import Isotonic
from prompteval.transforms.fitted import Fitted, parse_fitted
from prompteval.workspace.tree import WorkingTree

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = {"type": "object", "properties": {"side": {"enum": ["left", "right"]}}}
HALF = Fitted(Isotonic([0.0, 1.0], [0.0, 0.5]), "confidence", "train", 2, frozenset())


class Letters:
    """Vectors of how often each letter is in a text."""

    identity = "letters"

    def embed(self, texts: Sequence[str]) -> tuple[Any, int]:
        counts = [[text.count(chr(97 + n)) + 0.01 for n in range(26)] for text in texts]
        vectors = np.array(counts, dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), 0

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        return [False] * len(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]


def reply(learned: Learned, text: str = "left", schema: Any = SCHEMA) -> Response:
    request = Request("local/x", (Message("user", text),), schema=schema)
    return asyncio.run(LocalProvider(Letters(), learned).complete(request))


def test_a_calibration_maps_the_confidence_of_an_answer_and_nothing_else() -> None:
    """The text stays, and confidences still add up to 1; another map is another identity, for the cache."""
    raw, mapped = reply(Learned(0.5)), reply(Learned(0.5, HALF))
    assert raw.confidence is not None and mapped.confidence == pytest.approx(raw.confidence / 2, abs=1e-6)
    assert raw.text == mapped.text
    assert mapped.details["confidence"] == {"side": mapped.confidence}
    assert sum(mapped.details["probabilities"]["side"].values()) == pytest.approx(1, abs=1e-5)
    plain = LocalProvider(Letters(), Learned(0.5)).identity
    assert LocalProvider(Letters(), Learned(0.5, HALF)).identity.startswith(plain + ":sha256:")


def test_a_quoted_answer_abstains_below_the_threshold() -> None:
    """The same sentence is quoted under one threshold and not under another; its confidence is mapped too."""
    asked = "Context:\n[1] Rules\nThe bell rings at noon.\n\nQuestion: when does the bell ring?"
    quoted, silent = reply(Learned(0.1, HALF), asked, None), reply(Learned(0.999), asked, None)
    assert "noon" in quoted.text and silent.text == ""
    assert quoted.confidence == pytest.approx(float(quoted.details["likeness"]) / 2, abs=1e-6)


@pytest.mark.parametrize("encoder", ["use", "minilm", "e5"])
def test_b12_no_threshold_of_an_encoder_has_seen_a_test_question(encoder: str) -> None:
    """They were fitted on dev of the handbook, by the same code as any other."""
    fitted = parse_fitted((THRESHOLDS / f"{encoder}.json").read_bytes(), encoder)
    cases = load_cases(WorkingTree(ROOT), "datasets/handbook_qa.jsonl", validate=None)
    seen = {
        case.split
        for case in cases
        if fitted.has_seen(hashes(DataRow("", 0, case.id, str(case.inputs["question"]))))
    }
    assert (fitted.transform.name, fitted.side, seen) == ("threshold", "dev", {"dev"})
    assert abstain_below(encoder) == fitted.transform.state()["threshold"]


def test_a_directory_of_weights_abstains_as_minilm() -> None:
    """Whatever its name is."""
    assert abstain_below("../thresholds/use") == abstain_below("models/own") == abstain_below("minilm")
