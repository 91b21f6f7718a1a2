"""Retrieval, stage by stage: documents, chunks, candidates, reranking, packing."""
