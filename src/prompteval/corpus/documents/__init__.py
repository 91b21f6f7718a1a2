"""A corpus on disk to documents, with an outcome for each file."""

from prompteval.corpus.documents.directory import MAX_BYTES, Corpus, DocumentOutcome, load_corpus, read_corpus

__all__ = ["MAX_BYTES", "Corpus", "DocumentOutcome", "load_corpus", "read_corpus"]
