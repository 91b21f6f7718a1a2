"""A cross-encoder reads question and passage together; ranks on its logits."""

import hashlib
import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from prompteval.core.errors import MissingExtra, UsageError
from prompteval.core.protocols import BlobCache
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.isolate.quiet import quiet_loading
from prompteval.rag.index.content import indexed_text
from prompteval.rag.rerank.order import saturated, scored

WEIGHTS_FILE = "model.safetensors"
PAIRS_A_BATCH = 32


class CrossEncoderReranker:
    """A Reranker over a directory with a sentence-transformers CrossEncoder; nothing is fetched.

    `pairs` counts what was ranked, `truncated` those longer than the model's window, `saturated`
    those whose score a sigmoid makes equal to another's of the same question (see
    `rerank.saturated`), `scored` the pairs that were not in the cache.
    """

    def __init__(self, directory: Path, cache: BlobCache | None = None) -> None:
        """Raises UsageError for a directory without safetensors weights, MissingExtra without its library."""
        if not (directory / WEIGHTS_FILE).is_file():
            raise UsageError(
                f"reranker: {directory} has no {WEIGHTS_FILE}", "give the directory of a cross-encoder"
            )
        if find_spec("sentence_transformers") is None:
            raise MissingExtra("cross-encoder reranking", "rag")
        self._directory = directory.resolve()
        self._cache = cache
        self.pairs = self.truncated = self.saturated = self.scored = 0

    @property
    def identity(self) -> str:
        return f"cross_encoder({_digest(self._directory)})"

    def rerank(self, query: str, chunks: Sequence[Chunk]) -> Ranking:
        """The candidates by logit. Raises UsageError for a model that gives more than one score."""
        if not chunks:
            return Ranking(())
        scores = self._scores(query, [indexed_text(chunk) for chunk in chunks])
        self.pairs += len(chunks)
        self.saturated += saturated(scores)
        return scored(chunks, scores)

    def _scores(self, query: str, texts: Sequence[str]) -> list[float]:
        keys = [self._key(query, text) for text in texts]
        known = self._known(keys)
        missing = [place for place, key in enumerate(keys) if key not in known]
        if missing:
            logits, flags = _predict(self._directory, query, [texts[place] for place in missing])
            self.scored += len(missing)
            fresh = {
                keys[place]: (score, flag) for place, score, flag in zip(missing, logits, flags, strict=True)
            }
            known.update(fresh)
            if self._cache is not None:
                self._cache.put({key: (np.float32(s).tobytes(), flag) for key, (s, flag) in fresh.items()})
        self.truncated += sum(known[key][1] for key in keys)
        return [known[key][0] for key in keys]

    def _known(self, keys: Sequence[str]) -> dict[str, tuple[float, bool]]:
        """Scores from the cache; an entry that is not a number is a miss."""
        found: dict[str, tuple[float, bool]] = {}
        for key, (data, flag) in (self._cache.get(keys) if self._cache is not None else {}).items():
            if len(data) == 4 and np.isfinite(score := np.frombuffer(data, dtype="<f4")[0]):
                found[key] = (float(score), flag)
        return found

    def _key(self, query: str, text: str) -> str:
        digest = hashlib.sha256(f"{self.identity}\0pair\0".encode())
        for part in (query, text):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "little") + data)
        return digest.hexdigest()


def _predict(directory: Path, query: str, texts: Sequence[str]) -> tuple[list[float], list[bool]]:
    """(logits, whether each pair is longer than the model's window)."""
    model = _load(directory)
    pairs = [(_clean(query), _clean(text)) for text in texts]
    tokenizer: Any = model.tokenizer
    encoded = tokenizer([q for q, _ in pairs], [t for _, t in pairs], truncation=False, verbose=False)
    window = model.max_seq_length or tokenizer.model_max_length
    from torch.nn import Identity

    logits = model.predict(
        pairs,
        batch_size=PAIRS_A_BATCH,
        activation_fn=Identity(),
        show_progress_bar=False,
        convert_to_numpy=True,
    )
    values = np.asarray(logits, dtype=np.float32).reshape(len(pairs), -1)
    if values.shape[1] != 1:
        message = f"reranker: {directory} gives {values.shape[1]} scores a pair"
        raise UsageError(message, "a reranker is a cross-encoder with one score (num_labels=1)")
    return values[:, 0].tolist(), [len(ids) > window for ids in encoded["input_ids"]]


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _load(directory: Path) -> Any:  # noqa: ANN401 - of sentence-transformers, without types
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from sentence_transformers import CrossEncoder
    except ModuleNotFoundError:
        raise MissingExtra("cross-encoder reranking", "rag") from None
    kwargs = {"use_safetensors": True}  # never a pickle, also where one lies beside
    with quiet_loading():
        return CrossEncoder(str(directory), device="cpu", local_files_only=True, model_kwargs=kwargs)


@cache
def _digest(directory: Path) -> str:
    with (directory / WEIGHTS_FILE).open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
