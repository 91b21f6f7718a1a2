"""Documents to chunks: spans of at most so many tokens, with exact character offsets."""

from prompteval.rag.chunk.build import build_chunker
from prompteval.rag.chunk.chunkers import Fixed, Markdown, Recursive, Sentence, Sized, Whole

__all__ = ["Fixed", "Markdown", "Recursive", "Sentence", "Sized", "Whole", "build_chunker"]
