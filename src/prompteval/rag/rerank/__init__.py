"""Rerankers: candidates in a new order, for one question."""

from prompteval.rag.rerank.order import Unchanged, rerank_top, saturated

__all__ = ["Unchanged", "rerank_top", "saturated"]
