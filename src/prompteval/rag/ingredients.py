"""What the parts of a retrieval pipeline are built from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prompteval.core.protocols import BlobCache, Embedder, Provider, TokenEmbedder, VectorStores
from prompteval.core.retrieval import Chunk
from prompteval.rag.index.content import IndexedChunks
from prompteval.rag.index.embedding import ReportProgress, no_progress
from prompteval.rag.index.prefixed import Prefixes
from prompteval.workspace.rag_section import RagSection


@dataclass(frozen=True)
class Ingredients:
    """What a pipeline is built from.

    `embedder` and `token_embedder` open a model by its name; `encoders` collects what was opened.
    `function` imports `module:name` of the team's own code, with its fingerprint. `cache` keeps
    rankings and scores, None for no cache. `here` is the directory of the suite, where its paths start,
    `root` that of the workspace, where a recorded run's path does. `model` and `provider` are of the
    run's own model, for a reranker that asks it; None where there is none. `prefixes` gives what a model
    declares, `progress` hears how far the building of an index is. `vector_stores` opens the place of
    vectors that others share.
    """

    indexed: IndexedChunks
    section: RagSection
    here: Path
    root: Path
    embedder: Callable[[str], Embedder]
    token_embedder: Callable[[str], TokenEmbedder]
    function: Callable[[str], tuple[Callable[[str, int], Any], str]]
    cache: BlobCache | None = None
    model: str = ""
    provider: Provider | None = None
    encoders: list[Embedder] = field(default_factory=list)
    prefixes: Callable[[str], Prefixes] = lambda model: Prefixes()
    progress: ReportProgress = no_progress
    vector_stores: Callable[[], VectorStores | None] = lambda: None

    @property
    def chunks(self) -> Sequence[Chunk]:
        return self.indexed.chunks

    @property
    def content(self) -> str:
        """The fingerprint of what is indexed."""
        return self.indexed.content
