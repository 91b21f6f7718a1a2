"""Token counts: exact by the vocabulary at hand, estimated and marked without one, never fetched."""

import hashlib
import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest

import prompteval.tokens.counting as module
from prompteval.tokens import counter
from prompteval.tokens.encodings import cached_vocabulary, encoding_of

VOCABULARY = Path(__file__).parents[2] / ".." / "shared" / "data" / "tiktoken"
TEXTS = [
    "Where is my refund for order 123456789?",
    "  two spaces,\n\n\ttabs and new lines\r\n",
    "Où est ma commande ? Ich möchte kündigen. ご注文の品はどこですか。 Где мой заказ? 🤷🏽‍♀️",
    "<|endoftext|> is plain text here <|im_start|>",
    '{"intent": "billing", "reason": null, "n": [1, 2.5e-3]}',
    "x" * 3000,
]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize(
    ("model", "encoding", "known"),
    [
        ("openai/gpt-4o-mini", "o200k_base", True),
        ("gpt-4-turbo", "cl100k_base", True),
        ("gpt-4.1-nano", "o200k_base", True),
        ("ft:gpt-3.5-turbo:team::id", "cl100k_base", True),
        ("text-embedding-3-small", "cl100k_base", True),
        ("openai/gpt-6-luna", "o200k_base", False),
        ("o200-made-up", "o200k_base", False),
    ],
)
def test_a_model_has_its_encoding(model: str, encoding: str, known: bool) -> None:
    """A known model counts by its own encoding; an unknown one by o200k, and is said to be estimated."""
    assert encoding_of(model) == (encoding, known)
    assert counter(model).estimated is not known


def test_f34_without_a_vocabulary_tokens_are_estimated_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_network: None
) -> None:
    """F34: no vocabulary, no network: an estimate in under 100 ms, marked, within twice the true count."""
    exact = counter("gpt-4o").count(TEXTS[0])
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    started = perf_counter()
    found = counter("gpt-4o")
    estimate = found.count(TEXTS[0])
    assert perf_counter() - started < 0.1
    assert found.estimated
    assert found.encoding == "bytes/4"
    assert exact / 2 <= estimate <= exact * 2


def test_a_damaged_vocabulary_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_network: None
) -> None:
    """A file with another digest is not handed to tiktoken, which would delete it and fetch."""
    address = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
    damaged = tmp_path / hashlib.sha1(address.encode()).hexdigest()
    damaged.write_bytes(b"YQ== 0\n")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert cached_vocabulary("o200k_base") is None
    assert counter("gpt-4o").count("abc") > 0
    assert damaged.exists()


def _fill_cache(directory: Path) -> None:
    """The vocabularies where tiktoken looks for them; skips where they are not at hand."""
    if not VOCABULARY.is_dir():
        pytest.skip("the vocabularies of ../shared/data/tiktoken are not here")
    for name in ("o200k_base", "cl100k_base"):
        address = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
        target = directory / hashlib.sha1(address.encode()).hexdigest()
        shutil.copy(VOCABULARY / f"{name}.tiktoken", target)


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4"])
def test_tiktoken_and_rs_bpe_agree(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: str) -> None:
    """With the vocabulary in tiktoken's cache the counts are those of rs-bpe, special marks included."""
    _fill_cache(tmp_path)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "none"))
    by_rs_bpe = [counter(model).count(text) for text in TEXTS]
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert [counter(model).count(text) for text in TEXTS] == by_rs_bpe


def test_odd_texts_are_counted() -> None:
    """An empty text has no token; a lone surrogate is counted, never an error."""
    found = counter("gpt-4o")
    assert found.count("") == 0
    assert found.count("a\ud800b") > 0
    assert found.count("\x00") > 0


def test_a_model_with_its_own_tokenizer(tmp_path: Path) -> None:
    """A tokenizer.json counts whole texts, without the marks at the ends and without truncation."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    own = Tokenizer(models.WordLevel({"a": 0, "b": 1, "[UNK]": 2}, unk_token="[UNK]"))
    own.pre_tokenizer = pre_tokenizers.Whitespace()
    own.enable_truncation(2)
    own.save(str(tmp_path / "tokenizer.json"))
    found = counter("local/tiny", tmp_path / "tokenizer.json")
    assert (found.count("a b a b c"), found.estimated) == (5, False)


def test_choosing_a_counter_loads_nothing_heavy() -> None:
    """`counter` alone imports neither tiktoken nor rs-bpe; the first count does."""
    code = (
        "import sys, json; from prompteval.tokens import counter; counter('gpt-4o');"
        "print(json.dumps([m for m in ('tiktoken', 'rs_bpe', 'tokenizers', 'numpy') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("engine", ["rs_bpe", "tiktoken", "estimate"])
def test_the_starts_of_tokens_are_places_in_the_text(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One place a token, never falling, and the text between two places is what the tokens say."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    if engine == "tiktoken":
        _fill_cache(tmp_path)
    elif engine == "estimate":
        monkeypatch.setattr(module, "find_spec", lambda name: None)
    found = counter("gpt-4o")
    for text in TEXTS:
        starts = list(found.starts(text))
        assert len(starts) == found.count(text)
        assert starts == sorted(starts) and starts[0] == 0 and starts[-1] < len(text)
    assert list(found.starts("")) == []
    if engine != "estimate":
        assert list(found.starts("Hello world, 🤷🏽")) == [0, 5, 11, 12, 13, 14, 14]
        assert found.starts("a\ud800 b")[-1] == 2
