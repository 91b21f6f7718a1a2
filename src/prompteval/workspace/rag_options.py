"""The options of the chunkers, retrievers and rerankers that are built in: a model for each kind."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from prompteval.core.errors import UsageError
from prompteval.core.problem import Collector
from prompteval.workspace.endpoint_section import HttpUrl
from prompteval.workspace.field_types import PathBelowRoot, Ranged, Text
from prompteval.workspace.validation import (
    MOST_ITEMS,
    FileModel,
    Location,
    Model,
    last_part,
    problem,
    validate,
)

Engine = Literal["bm25s", "rank_bm25"]
Language = Literal["english", "none"]
IndexKind = Literal["flat", "hnsw", "ivf"]
VectorPlace = Literal["faiss", "pgvector"]
Fusion = Literal["rrf", "minmax", "zscore"]
DEFAULT_SIZE = 256
DEFAULT_DEPTH = 100
DEFAULT_RERANK_DEPTH = 50


class PartOptions(FileModel):
    """Of one part of a pipeline."""

    code = "PE272"


class NoOptions(PartOptions):
    """Of a part that takes none."""


class SizeOptions(PartOptions):
    """Of a chunker that counts tokens."""

    size: Annotated[int, Ranged("size")] = Field(
        DEFAULT_SIZE, description="The maximum number of tokens of a chunk."
    )
    overlap: Annotated[int, Ranged("overlap")] = Field(
        0, description="How many tokens a chunk shares with the one before it."
    )

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        size, overlap = raw.get("size", DEFAULT_SIZE), raw.get("overlap", 0)
        if type(size) is int and type(overlap) is int and overlap >= size > 0:
            message = f"overlap is {overlap:,} with size {size:,}"
            return {("overlap",): problem(message, "the overlap must be smaller than the size")}
        return {}


class RetrieverOptions(PartOptions):
    """What every retriever takes."""

    depth: Annotated[int, Ranged("depth")] = Field(
        DEFAULT_DEPTH, description="How many candidates are ranked."
    )


class Bm25Section(PartOptions):
    """Options of the retriever bm25, inside hybrid too."""

    engine: Engine = Field(
        "bm25s", description="The formula: bm25s, which is our own index, or the package rank_bm25."
    )
    k1: Annotated[float, Ranged("k1")] = Field(1.5, description="How much a repeated word counts.")
    b: Annotated[float, Ranged("b")] = Field(0.75, description="How much the length of a chunk counts.")
    stemmer: Language = Field("english", description="How words are stemmed.")
    stopwords: Language = Field("english", description="Which words are left out.")


class Bm25Options(Bm25Section, RetrieverOptions):
    """Of the retriever bm25."""


class PrefixOptions(PartOptions):
    """Texts before what is encoded; null for what the encoder declares."""

    query: str | None = Field(None, description="Before a question.", examples=['"query: "'])
    document: str | None = Field(None, description="Before a chunk.", examples=['"passage: "'])


class DenseSection(PartOptions):
    """Options of the retriever dense, inside hybrid too."""

    model: Text = Field("minilm", description="The encoder: minilm, a directory, a hub id or openai/<model>.")
    index: IndexKind = Field("flat", description="The kind of index.")
    store: VectorPlace = Field(
        "faiss", description="Where vectors are: in memory, or in Postgres, where a team builds them once."
    )
    folder: Text | None = Field(
        None,
        description="The directory that keeps the index on disk, relative to the suite.",
        examples=["../index"],
    )
    prefix: PrefixOptions | None = Field(
        None,
        description="Texts before what is encoded. [default: what the encoder declares]",
        examples=['{query: "query: "}'],
    )

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        if raw.get("store") == "pgvector" and raw.get("folder") is not None:
            return {
                ("folder",): problem("{name} is for store: faiss", "remove it: pgvector keeps the vectors")
            }
        return {}


class DenseOptions(DenseSection, RetrieverOptions):
    """Of the retriever dense."""


def _two_or_more(names: list[str]) -> list[str]:
    if len(names) < 2 or "hybrid" in names:
        raise problem("{name} must be a list of two retrievers or more", "write `of: [bm25, dense]`")
    return names


class HybridOptions(RetrieverOptions):
    """Of the retriever hybrid."""

    of: Annotated[
        list[Text],
        Field(max_length=MOST_ITEMS, json_schema_extra={"minItems": 2}),
        AfterValidator(_two_or_more),
    ] = Field(["bm25", "dense"], description="The retrievers that are fused.")
    fusion: Fusion = Field("rrf", description="How rankings are fused.")
    weights: list[Annotated[float, Ranged("weight")]] | None = Field(
        None,
        max_length=MOST_ITEMS,
        description="The weight of each retriever, with fusion minmax or zscore.",
        examples=["[1, 2]"],
    )

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        fusion, weights = raw.get("fusion", "rrf"), raw.get("weights")
        if fusion == "rrf" and weights is not None:
            return {
                ("weights",): problem(
                    "weights go with fusion minmax or zscore", "rrf takes none", at_key=True
                )
            }
        if fusion in ("minmax", "zscore") and weights is None:
            return {("fusion",): problem(f"fusion {fusion} needs weights", "write one of each retriever")}
        return {}


class EndpointOptions(RetrieverOptions):
    """Of a retriever that an HTTP endpoint is."""

    endpoint: HttpUrl = Field(
        description="The address that is asked.", examples=["http://127.0.0.1:8000/search"]
    )
    headers: dict[str, str] = Field({}, description="Headers of each request.", examples=["{NAME: VALUE}"])
    timeout_s: Annotated[float, Ranged("timeout_s")] = Field(
        60.0, description="The seconds that one answer may take."
    )


class PythonRetrieverOptions(RetrieverOptions):
    """Of a retriever that a function of the workspace is."""

    python: Text = Field(description="The function, as module:function.", examples=["app.search:find"])


class RecordedRunOptions(RetrieverOptions):
    """Of recorded rankings."""

    run: PathBelowRoot = Field(
        description="The file of rankings, relative to the suite.", examples=["../datasets/<file>.trec"]
    )


class RerankerOptions(PartOptions):
    """What every reranker takes."""

    depth: Annotated[int, Ranged("depth")] = Field(
        DEFAULT_RERANK_DEPTH, description="How many of the first candidates are ranked again."
    )


class LateInteractionOptions(RerankerOptions):
    """Of the reranker late_interaction."""

    model: Text = Field("minilm", description="The encoder of tokens: minilm or a directory.")


class CrossEncoderOptions(RerankerOptions):
    """Of the reranker cross_encoder."""

    model: Text = Field(
        description="The directory of a cross-encoder, relative to the suite.",
        examples=["../models/<directory>"],
    )


PART_OPTIONS: Mapping[str, Mapping[str, type[PartOptions]]] = {
    "chunker": {
        "fixed": SizeOptions,
        "sentence": SizeOptions,
        "markdown": SizeOptions,
        "recursive": SizeOptions,
        "none": NoOptions,
    },
    "retriever": {
        "bm25": Bm25Options,
        "dense": DenseOptions,
        "hybrid": HybridOptions,
        "endpoint": EndpointOptions,
        "python": PythonRetrieverOptions,
        "run": RecordedRunOptions,
    },
    "reranker": {
        "none": RerankerOptions,
        "late_interaction": LateInteractionOptions,
        "cross_encoder": CrossEncoderOptions,
        "llm": RerankerOptions,
    },
}

# Of every kind of a part, also that of a plug-in, whose other options are its own.
SHARED_OPTIONS: Mapping[str, type[PartOptions]] = {
    "retriever": RetrieverOptions,
    "reranker": RerankerOptions,
}


def _inside(place: Location) -> str:
    return last_part(place) if place else ""


def read_options(model: type[Model], part: str, options: Mapping[str, object]) -> Model:
    """The options of a part whose file is read, or that no file names, with defaults for what is left out.

    Raises UsageError with the first thing that is wrong.
    """
    found = Collector("")
    made = validate(model, dict(options), found, lambda place, at_key: (1, 1), part_of=_inside)
    if made is None:
        first = found.found[0]
        raise UsageError(f"{part}: {first.message}", first.help)
    return made
