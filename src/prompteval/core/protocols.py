"""The seams: one method each. Built-ins and third parties come through the same ones."""

from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from prompteval.core.case import Case
from prompteval.core.errors import ProviderError
from prompteval.core.observation import Observation, Score
from prompteval.core.request import Request, Response
from prompteval.core.retrieval import Chunk, Document, Ranking


@runtime_checkable
class Provider(Protocol):
    """A model. `identity` joins the cache key: all that, beside the request, changes answers."""

    @property
    def identity(self) -> str: ...

    async def complete(self, request: Request) -> Response:
        """One reply. Raises ProviderError, and nothing else, when there is none."""
        ...

    async def aclose(self) -> None:
        """Release sockets and files. Safe to call twice."""
        ...


@runtime_checkable
class BatchProvider(Provider, Protocol):
    """A provider that likes batches. The engine gathers requests and calls it off the event loop."""

    @property
    def max_batch(self) -> int: ...

    def complete_many(self, requests: Sequence[Request]) -> list[Response | ProviderError]:
        """One result a request, in order; a failed request is a returned ProviderError."""
        ...


@runtime_checkable
class StreamingProvider(Provider, Protocol):
    """A provider that gives the text of a reply as it is written."""

    def stream(self, request: Request) -> AsyncIterator[str]:
        """The pieces of the text, in order; an empty one first says that what comes is not text yet.

        Raises ProviderError as `complete`.
        """
        ...


@runtime_checkable
class CheckedProvider(Provider, Protocol):
    """A provider that knows before the first call that it cannot be called."""

    def check_ready(self) -> None:
        """Raise ProviderError where a key is missing, say."""
        ...


@runtime_checkable
class ConnectingProvider(Provider, Protocol):
    """A provider behind a server, which can be connected to before the first call."""

    async def connect(self) -> None:
        """Open a connection and keep it; nothing that costs is asked for. Raises ProviderError."""
        ...


@runtime_checkable
class FileProvider(Provider, Protocol):
    """A provider that shows files to its model; any other is sent none."""

    @property
    def file_types(self) -> frozenset[str]:
        """The media types that it takes, of those in `core.media.MEDIA_TYPES`."""
        ...


class Embedder(Protocol):
    """Texts in, unit vectors out, and how many texts were longer than the encoder's window."""

    @property
    def identity(self) -> str: ...

    def embed(self, texts: Sequence[str]) -> tuple[Any, int]:
        """(float32 array of shape (len(texts), dimension), number of texts truncated)."""
        ...


@runtime_checkable
class WindowedEmbedder(Embedder, Protocol):
    """An embedder that can tell which texts are longer than its window, without encoding them."""

    def truncates(self, texts: Sequence[str]) -> list[bool]: ...


class TokenEmbedder(Protocol):
    """Texts in, one unit vector a token out, for late interaction."""

    @property
    def identity(self) -> str: ...

    def embed_tokens(self, texts: Sequence[str]) -> tuple[list[Any], list[bool]]:
        """(float32 arrays of shape (tokens of the text, dimension), whether each text was truncated)."""
        ...


class BlobCache(Protocol):
    """Bytes by key, each with a flag: whether the text of a vector was truncated, else False."""

    def get(self, keys: Sequence[str]) -> Mapping[str, tuple[bytes, bool]]:
        """The entries that are there."""
        ...

    def put(self, entries: Mapping[str, tuple[bytes, bool]]) -> None: ...


class TokenCounter(Protocol):
    """Counts tokens. `estimated` says that `encoding` is not known to be the model's own."""

    @property
    def encoding(self) -> str: ...

    @property
    def estimated(self) -> bool: ...

    def count(self, text: str) -> int: ...

    def starts(self, text: str) -> Sequence[int]:
        """The character each token begins in, one a token, never falling."""
        ...


class Chunker(Protocol):
    """Cuts a document into spans, in order of their start; an empty document has none."""

    def __call__(self, document: Document) -> Sequence[Chunk]: ...


class VectorStore(Protocol):
    """Vectors by their places, 0 and up, and which are nearest to others by inner product."""

    def nearest(self, queries: Any, k: int) -> Any:
        """Places (int64 array of shape (queries, k)), the best first; -1 where there are no more.

        `queries` is a float32 array of shape (queries, dimension). The order of what is nearly equal is the
        store's own: candidates are scored again.
        """
        ...

    def take(self, places: Any) -> Any:
        """The vectors at some places, float32 of shape (places, dimension), every bit as they were given."""
        ...


@dataclass(frozen=True, slots=True)
class KeptVectors:
    """The vectors of a corpus with their dimension, and how many of its texts were truncated.

    `place` is where they are kept, as messages name it, and empty for memory; `rebuild` is how they are made
    again by another model.
    """

    store: VectorStore
    dimension: int
    truncated: int
    place: str = ""
    rebuild: str = "rebuild the index with this model"


class VectorStores(Protocol):
    """Where the vectors of corpora are kept, by the identity of what they were made from."""

    def find(self, identity: str) -> KeptVectors | None:
        """The vectors of an identity; None where they are not kept yet."""
        ...

    def build(self, identity: str, vectors: Any, kind: str, truncated: int) -> KeptVectors:
        """Keep float32 vectors of shape (vectors, dimension), searched by `flat`, `hnsw` or `ivf`.

        Where another process was faster, its vectors are given.
        """
        ...


class Retriever(Protocol):
    """Finds candidates for a question. `identity` names everything that can change a ranking."""

    @property
    def identity(self) -> str: ...

    def search(self, query: str, k: int) -> Ranking:
        """At most k ids, best first; fewer when the corpus or the query has no more to give."""
        ...


class Reranker(Protocol):
    """Orders candidates again. Ids it was not given never appear; all it was given do."""

    @property
    def identity(self) -> str: ...

    def rerank(self, query: str, chunks: Sequence[Chunk]) -> Ranking: ...


class Target(Protocol):
    """A system under test: one case in, what happened out. Never raises for a bad case."""

    async def __call__(self, case: Case, replicate: int) -> Observation: ...


SCORE_SECONDS = 60.0
Pace = Literal["instant", "short", "long"]


@runtime_checkable
class Scorer(Protocol):
    """Judges one observation. Failure is a returned Score with status `failed`.

    A scorer inherits from this class: what it says of itself then has the defaults below.
    `fields_used` are the output fields it reads, checked against the prompt's output. `decides` says
    that its scores may pass or fail; a scorer that only measures says False. A `threshold` decides
    which of its values pass, over what the scores say themselves. `reports` names what its evidence holds
    for metrics to read, None where only the data show it. A `version` promises that the same case and
    observation always score the same until the version changes, so that scores are cached; what took
    time or tokens is not part of it. A scorer that is not `thread_safe` runs one
    call at a time. `pace` says what a call takes: `instant` promises microseconds without waiting, on the
    event loop; `short` milliseconds of work, in one thread for many calls; `long` may wait or work for
    long, has a thread of its own, and is a failed score after `timeout_s` seconds.
    """

    name: str
    fields_used: tuple[str, ...] = ()
    decides: bool = True
    threshold: float | None = None
    reports: ClassVar[tuple[str, ...] | None] = None
    version: str = ""
    thread_safe: bool = True
    timeout_s: float | None = SCORE_SECONDS
    pace: Pace = "long"

    def score(self, case: Case, observation: Observation) -> Score | Awaitable[Score]:
        """One score, under the scorer's name; `async def` is as good, and runs on the event loop."""
        ...


@runtime_checkable
class CaseCheck(Protocol):
    """A scorer that reads more of a case than its expected value, and says before the run what is wrong."""

    def wrong_case(self, case: Case) -> str:
        """What is wrong with a case for this scorer; empty where nothing is."""
        ...


@runtime_checkable
class BatchScorer(Scorer, Protocol):
    """A scorer that likes batches. The engine gathers observations and calls it off the event loop."""

    max_batch: int = 256

    def score_many(self, items: Sequence[tuple[Case, Observation]]) -> Sequence[Score]:
        """One score an item, in order."""
        ...


class Metric(Protocol):
    """A number of a whole run, from the scores of one scorer.

    A metric inherits from this class. `low` and `high` bound its scale, None where it is open: what
    is missing counts as the worst end.
    """

    low: float | None = 0.0
    high: float | None = 1.0
    higher_is_better: bool = True

    def compute(self, values: Any, weights: Any) -> Any:
        """The metric of float64 `values` (rows), of which each counts `weights` times.

        `weights` has the shape (..., rows), the result (...): intervals come from many weights at once.
        """
        ...


class Reporter(Protocol):
    """Renders one view as text, whole or in pieces, so that a long run is never held whole."""

    def __call__(self, view: Any) -> Iterable[str]: ...


class ResponseCache(Protocol):
    """Replies by request key; the request is kept beside its reply as JSON text."""

    @property
    def waits(self) -> bool:
        """Whether `get` may wait for a server: then it is called in threads, several at a time."""
        ...

    def get(self, key: str) -> Response | None: ...

    def put(self, key: str, request: str, response: Response) -> None: ...
