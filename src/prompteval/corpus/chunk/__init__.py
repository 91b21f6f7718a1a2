"""Documents to chunks: spans of at most so many tokens, with exact character offsets."""

from prompteval.corpus.chunk.build import build_chunker
from prompteval.corpus.chunk.chunkers import Fixed, Markdown, Recursive, Sentence, Sized, Whole

__all__ = ["Fixed", "Markdown", "Recursive", "Sentence", "Sized", "Whole", "build_chunker"]
