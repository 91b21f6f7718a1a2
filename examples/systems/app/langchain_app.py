"""A LangChain application: a vector store in memory, and an answer from what it finds."""

from functools import cache

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore

from app import words
from prompteval import Result


class Words(Embeddings):
    """The shared embedding as LangChain's interface."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [words.embed(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return words.embed(text)


@cache
def store() -> InMemoryVectorStore:
    found = InMemoryVectorStore(Words())
    found.add_documents([Document(text, metadata={"source": page}) for page, text in words.sentences()])
    return found


def reply(question: str) -> Result:
    """LangChain's documents go into the result as they are."""
    found = store().similarity_search(question, k=4)
    text = words.answer([document.page_content for document in found])
    return Result(output=text, retrieved=found, context=found[:2], citations=[{"n": 1}])
