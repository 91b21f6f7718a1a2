"""Texts to unit vectors with sentence-transformers. Weights load once in a process."""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from prompteval.core.errors import MissingExtra
from prompteval.core.strict_json import loads
from prompteval.isolate.quiet import quiet_loading
from prompteval.providers.local.weights import Weights

BATCH = 64
PROMPTS_FILE = "config_sentence_transformers.json"
DOCUMENT_PROMPTS = ("document", "passage", "corpus")


class MiniLMEmbedder:
    """An Embedder over one directory of weights."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    @property
    def identity(self) -> str:
        return f"sentence-transformers:{self._weights.sha256}"

    @property
    def prefixes(self) -> tuple[str, str]:
        """(prompt of a query, prompt of a document) as the directory declares them, "" where it does not.

        The names are those that `encode_query` and `encode_document` of sentence-transformers look for.
        """
        return _declared(self._weights.directory)

    @property
    def window(self) -> int:
        """The longest text, in word pieces, that is read whole."""
        return int(_load(self._weights).max_seq_length)

    def embed(self, texts: Sequence[str]) -> tuple[Any, int]:
        """(float32 array of shape (len(texts), dimension), number of texts longer than the window)."""
        import numpy as np

        model = _load(self._weights)
        if not texts:
            return np.zeros((0, model.get_sentence_embedding_dimension()), dtype=np.float32), 0
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        vectors = model.encode(
            clean, batch_size=BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32), sum(self.truncates(clean))

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text is longer than the window."""
        return [count > self.window for count in self.count_tokens(texts)] if texts else []

    def embed_tokens(self, texts: Sequence[str]) -> tuple[list[object], list[bool]]:
        """(unit vectors of the word pieces of each text without the marks at its ends, whether it was cut).

        A text without any word piece has an array of no rows.
        """
        import numpy as np

        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        if not clean:
            return [], []
        encoded = _load(self._weights).encode(
            clean, batch_size=BATCH, output_value="token_embeddings", show_progress_bar=False
        )
        found = [np.asarray(tokens.cpu().numpy()[1:-1], dtype=np.float32) for tokens in encoded]
        lengths = [np.linalg.norm(tokens, axis=1, keepdims=True) for tokens in found]
        unit = [tokens / np.maximum(length, 1e-12) for tokens, length in zip(found, lengths, strict=True)]
        return unit, self.truncates(clean)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, the two marks at its ends included."""
        tokenizer = _load(self._weights).tokenizer
        return [len(ids) for ids in tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]]


def _declared(directory: Path) -> tuple[str, str]:
    try:
        config = loads((directory / PROMPTS_FILE).read_bytes())
    except (OSError, ValueError):
        return "", ""
    prompts = config.get("prompts") if isinstance(config, dict) else None
    known = prompts if isinstance(prompts, dict) else {}
    query = known.get("query")
    document = next((known[name] for name in DOCUMENT_PROMPTS if name in known), None)
    if query is None and document is None:
        return "", ""
    default = known.get(config.get("default_prompt_name") or "")
    found = (default if prompt is None else prompt for prompt in (query, document))
    first, second = (prompt if isinstance(prompt, str) else "" for prompt in found)
    return first, second


@cache
def _load(weights: Weights) -> Any:
    weights.verify()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from sentence_transformers import SentenceTransformer
    except ModuleNotFoundError:
        raise MissingExtra("local/minilm", "rag") from None
    with quiet_loading():
        model = SentenceTransformer(str(weights.directory), device="cpu", local_files_only=True)
    if any(_declared(weights.directory)):
        model.default_prompt_name = None  # the prompts of queries and documents are put before them already
    return model
