"""Entailment by a model in a directory: a tiny one, made here; what is refused before anything is loaded."""

import json
from pathlib import Path

import pytest

from prompteval.core.errors import UsageError
from prompteval.rag.score.entailment import EntailmentModel, label_of

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "yes", "no", "filler", "claim"]


def tiny(directory: Path, labels: list[str], window: int = 32) -> Path:
    """A classifier of one layer whose first label is the likelier, the more of its first tokens is `yes`."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
        max_position_embeddings=window, num_labels=len(labels),
        id2label=dict(enumerate(labels)), label2id={name: place for place, name in enumerate(labels)},
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    directory.mkdir()
    model.save_pretrained(directory, safe_serialization=True)
    (directory / "vocab.txt").write_text("\n".join(WORDS))
    BertTokenizerFast(vocab_file=str(directory / "vocab.txt"), model_max_length=window).save_pretrained(
        directory
    )
    return directory


@pytest.mark.parametrize(
    ("labels", "place"),
    [
        (["entailment", "neutral", "contradiction"], 0),
        (["contradiction", "neutral", "ENTAILMENT"], 2),
        (["not_entailment", "entailment"], 1),
        (["hallucinated", "consistent"], 1),
        (["inconsistent", "consistent"], 1),
        (["unsupported", "supported"], 1),
        (["score"], None),
    ],
)
def test_the_label_that_means_support_is_found(tmp_path: Path, labels: list[str], place: int | None) -> None:
    """In models of inference and of consistency; a single output needs no name."""
    (tmp_path / "config.json").write_text(json.dumps({"id2label": dict(enumerate(labels))}))
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert label_of(tmp_path) == place


@pytest.mark.parametrize(
    ("config", "files", "message"),
    [
        (None, [], "config.json: No such file"),
        ({"id2label": {"0": "a", "1": "b"}}, ["model.safetensors"], "no label of"),
        ({"id2label": {"0": "entailment"}}, ["pytorch_model.bin"], "has no model.safetensors"),
        ({"auto_map": {"AutoModel": "m.M"}}, ["model.safetensors"], "brings code of its own"),
        ({"id2label": {"0": "entailment"}}, ["model.safetensors", "modeling.py"], "brings code of its own"),
        ([], ["model.safetensors"], "is not an object"),
    ],
)
def test_a_directory_that_cannot_be_used_is_refused(
    tmp_path: Path, config: object, files: list[str], message: str
) -> None:
    """Nothing of it is loaded, and no code of it runs."""
    if config is not None:
        (tmp_path / "config.json").write_text(json.dumps(config))
    for name in files:
        (tmp_path / name).write_bytes(b"raise SystemExit")
    with pytest.raises(UsageError, match=message):
        EntailmentModel(tmp_path)


@pytest.mark.slow
def test_probabilities_are_those_of_the_model_and_the_best_window_counts(tmp_path: Path) -> None:
    """A long passage is read in windows; without evidence there is no support."""
    torch = pytest.importorskip("torch")
    directory = tiny(tmp_path / "m", ["contradiction", "entailment"])
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    support = EntailmentModel(directory)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForSequenceClassification.from_pretrained(directory).eval()

    def plain(premise: str) -> float:
        with torch.inference_mode():
            logits = model(**tokenizer(premise, "claim", return_tensors="pt")).logits
        return float(torch.softmax(logits, -1)[0, 1])

    assert support("claim", ["yes yes"]) == pytest.approx(plain("yes yes"), abs=1e-6)
    assert support("claim", []) == 0.0
    long = " ".join(["filler"] * 100)
    assert 0.0 <= support("claim", [long]) <= 1.0
    assert support("claim", [f"{long} yes yes", "no"]) >= min(plain("filler"), 0.0)
    assert support.identity.startswith("entailment(sha256:")


@pytest.mark.slow
def test_a_head_with_one_output_gives_its_sigmoid(tmp_path: Path) -> None:
    """As consistency models do."""
    value = EntailmentModel(tiny(tmp_path / "m", ["consistent"]))("claim", ["yes"])
    assert 0.0 < value < 1.0


@pytest.mark.slow
def test_a_suite_asks_the_model_that_it_names(tmp_path: Path) -> None:
    """Over recorded answers with their passages; without a model the metric is refused at its line."""
    from prompteval.core.errors import InvalidInput
    from tests.small_workspace import Place

    place = Place(tmp_path)
    (tmp_path / "models").mkdir()
    tiny(tmp_path / "models/m", ["contradiction", "entailment"])
    place.write("prompteval.toml", "")
    place.write("datasets/c.jsonl", '{"id": "c", "inputs": {}}\n')
    row = {"id": "c", "output": "claim", "context": [{"doc": "d", "text": "yes yes"}]}
    place.write("datasets/o.jsonl", json.dumps(row) + "\n")
    suite = "outputs: ../datasets/o.jsonl\ncases: ../datasets/c.jsonl\nmetrics: [grounding.entailment]\n"
    place.write("evals/s.yaml", suite)
    with pytest.raises(InvalidInput, match="name the directory of a sequence classifier with `entailment:`"):
        place.run()
    place.write("evals/s.yaml", suite + "entailment: ../models/m\n")
    value = place.run().results[0].metrics["grounding.entailment"].value
    assert value == pytest.approx(EntailmentModel(tmp_path / "models/m")("claim", ["yes yes"]))
