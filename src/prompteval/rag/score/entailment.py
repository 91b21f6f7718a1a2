"""How far evidence entails a claim, by a sequence-classification model in a directory that the user names."""

import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prompteval.core.errors import MissingExtra, UsageError
from prompteval.isolate.quiet import quiet_loading

WEIGHTS_FILE = "model.safetensors"
PAIRS_A_BATCH = 32
# Tokens of evidence that two neighbouring windows share.
SHARED_TOKENS = 64
# What the label that says that evidence supports a claim is called, in models of either kind.
SUPPORTS = ("entail", "support", "consistent", "faithful", "factual")
NEGATIONS = ("not", "non", "un", "in", "no_", "no-", "contra")


class EntailmentModel:
    """A Support over a directory with `config.json`, a tokenizer and safetensors weights; nothing is fetched.

    The probability of the label that means support, of the best window of the evidence. A model with one
    output gives the sigmoid of it (a consistency head).
    """

    def __init__(self, directory: Path) -> None:
        """Raises UsageError for a directory without weights, with code, or whose labels are not clear.

        MissingExtra without the library that reads it.
        """
        self._label = label_of(directory)
        if find_spec("transformers") is None or find_spec("torch") is None:
            raise MissingExtra("entailment", "rag")
        self._directory = directory.resolve()

    @property
    def identity(self) -> str:
        return f"entailment({_digest(self._directory)})"

    def __call__(self, claim: str, evidence: Sequence[str]) -> float:
        """From 0 to 1; 0 without evidence."""
        windows = _windows(self._directory, claim, "\n".join(evidence))
        values = [
            value
            for start in range(0, len(windows), PAIRS_A_BATCH)
            for value in _probabilities(self._directory, windows[start : start + PAIRS_A_BATCH], self._label)
        ]
        return max(values, default=0.0)


def label_of(directory: Path) -> int | None:
    """The place of the label that means support; None where the model has one output.

    Raises UsageError as EntailmentModel, without loading anything.
    """
    try:
        config = json.loads((directory / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not JSON"
        raise UsageError(
            f"entailment: {directory}/config.json: {why}", "give the directory of a sequence classifier"
        ) from None
    if not isinstance(config, Mapping):
        raise UsageError(f"entailment: {directory}/config.json is not an object")
    if "auto_map" in config or any(directory.glob("*.py")):
        raise UsageError(f"entailment: {directory} brings code of its own", "choose a model without")
    if not (directory / WEIGHTS_FILE).is_file():
        raise UsageError(f"entailment: {directory} has no {WEIGHTS_FILE}", "save it with safe serialization")
    names = config.get("id2label")
    known = {int(place): str(name).casefold() for place, name in names.items()} if names else {}
    if len(known) == 1 or config.get("num_labels") == 1:
        return None
    found = [
        place
        for place, name in known.items()
        if any(word in name for word in SUPPORTS) and not name.startswith(NEGATIONS)
    ]
    if len(found) != 1:
        labels = ", ".join(known.values()) or "none"
        raise UsageError(
            f"entailment: no label of {directory} means support (its labels: {labels})",
            "name one `entailment` or `supported` in id2label of its config.json",
        )
    return found[0]


def _windows(directory: Path, claim: str, evidence: str) -> list[tuple[str, str]]:
    """(evidence, claim) pairs, the evidence cut where both are longer than the model's window."""
    if not evidence.strip():
        return []
    tokenizer, _ = _load(directory)
    claim, evidence = _clean(claim), _clean(evidence)
    of_claim = tokenizer(claim, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
    encoded = tokenizer(
        evidence, add_special_tokens=False, truncation=False, verbose=False, return_offsets_mapping=True
    )
    places = encoded["offset_mapping"]
    room = _window(directory) - tokenizer.num_special_tokens_to_add(pair=True)
    size = max(room - len(of_claim), room // 2, 1)
    if len(places) <= size:
        return [(evidence, claim)]
    starts = range(0, len(places) - min(SHARED_TOKENS, size // 2), max(size - SHARED_TOKENS, size // 2, 1))
    cuts = (places[start : start + size] for start in starts)
    return [(evidence[cut[0][0] : cut[-1][1]], claim) for cut in cuts]


def _probabilities(directory: Path, pairs: Sequence[tuple[str, str]], label: int | None) -> list[float]:
    import torch

    tokenizer, model = _load(directory)
    premises, claims = [premise for premise, _ in pairs], [claim for _, claim in pairs]
    window = _window(directory)
    batch = tokenizer(
        premises, claims, padding=True, truncation="longest_first", max_length=window, return_tensors="pt"
    )
    with torch.inference_mode():
        logits = model(**batch).logits.float()
    if label is None:
        found = torch.sigmoid(logits[:, 0])
    else:
        found = torch.softmax(logits, dim=-1)[:, label]
    values = [float(value) for value in found]
    if not all(map(math.isfinite, values)):
        raise UsageError(f"entailment: {directory} gives no number", "choose another model")
    return values


def _window(directory: Path) -> int:
    tokenizer, model = _load(directory)
    known = getattr(model.config, "max_position_embeddings", None) or 512
    return int(min(known, tokenizer.model_max_length, 8192))


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _load(directory: Path) -> tuple[Any, Any]:
    """(tokenizer, model), from the directory alone."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
    except ModuleNotFoundError:
        raise MissingExtra("entailment", "rag") from None
    plain = {"local_files_only": True, "trust_remote_code": False}
    with quiet_loading():
        tokenizer = AutoTokenizer.from_pretrained(str(directory), **plain)
        model = AutoModelForSequenceClassification.from_pretrained(
            str(directory), use_safetensors=True, **plain
        )
    return tokenizer, model.eval()


@cache
def _digest(directory: Path) -> str:
    with (directory / WEIGHTS_FILE).open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
