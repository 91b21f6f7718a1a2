"""A LlamaIndex application: a vector index, its retriever, and an answer from what it finds."""

from functools import cache
from typing import Any

from llama_index.core import VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import TextNode

from app import words
from prompteval import Result


class Words(BaseEmbedding):
    """The shared embedding as LlamaIndex's interface."""

    def _get_text_embedding(self, text: str) -> list[float]:
        return words.embed(text)

    def _get_query_embedding(self, query: str) -> list[float]:
        return words.embed(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return words.embed(query)


@cache
def retriever() -> BaseRetriever:
    nodes: list[Any] = [TextNode(text=text, metadata={"file_name": page}) for page, text in words.sentences()]
    for node in nodes:
        node.excluded_embed_metadata_keys = ["file_name"]
    return VectorStoreIndex(nodes, embed_model=Words()).as_retriever(similarity_top_k=4)


async def reply(question: str) -> Result:
    """LlamaIndex's nodes with their scores go into the result as they are."""
    found = await retriever().aretrieve(question)
    text = words.answer([item.node.get_content() for item in found])
    return Result(output=text, retrieved=found, context=found[:2], citations=[{"n": 1}])
