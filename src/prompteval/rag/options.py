"""The options of each retriever and reranker of ours, and what each is; another option is refused."""

from collections.abc import Mapping

from prompteval.workspace.rag_section import DEFAULT_DEPTH, DEFAULT_RERANK_DEPTH

Options = Mapping[str, str]
FUSIONS = ("rrf", "minmax", "zscore")
# Of every kind, and read with the section.
RETRIEVER_DEPTH: Options = {
    "depth": f"How many candidates are ranked. [default: {DEFAULT_DEPTH}]",
}
RERANKER_DEPTH: Options = {
    "depth": f"How many of the first candidates are ranked again. [default: {DEFAULT_RERANK_DEPTH}]",
}
RETRIEVER_OPTIONS: Mapping[str, Options] = {
    "bm25": {
        "engine": "The formula: bm25s, which is our own index, or the package rank_bm25. [default: bm25s]",
        "k1": "How much a repeated word counts. [default: 1.5]",
        "b": "How much the length of a chunk counts, from 0 to 1. [default: 0.75]",
        "stemmer": "How words are stemmed: english or none. [default: english]",
        "stopwords": "Which words are left out: english or none. [default: english]",
    },
    "dense": {
        "model": "The encoder: minilm, a directory, a hub id or openai/<model>. [default: minilm]",
        "index": "The kind of index: flat, hnsw or ivf. [default: flat]",
        "folder": "The directory that keeps the index on disk, relative to the suite.",
        "prefix": "Texts before what is encoded: {query: ..., document: ...}. [default: what the encoder "
        "declares]",
    },
    "hybrid": {
        "of": "The retrievers that are fused, two or more. [default: bm25 and dense]",
        "fusion": f"How rankings are fused: {', '.join(FUSIONS)}. [default: rrf]",
        "weights": "The weight of each retriever, with fusion minmax or zscore.",
    },
    "endpoint": {
        "endpoint": "The address that is asked.",
        "headers": "Headers of each request.",
        "timeout_s": "The seconds that one answer may take. [default: 60]",
    },
    "python": {"python": "The function, as module:function."},
    "run": {"run": "The file of rankings, relative to the suite."},
}
RERANKER_OPTIONS: Mapping[str, Options] = {
    "none": {},
    "late_interaction": {"model": "The encoder of tokens: minilm or a directory. [default: minilm]"},
    "cross_encoder": {"model": "The directory of a cross-encoder, relative to the suite."},
    "llm": {},
}
