"""A recorded run against the cases that ask it and the corpus that it ranks."""

from collections.abc import Collection

from prompteval.core.protocols import Retriever
from prompteval.core.text import counted
from prompteval.rag.index.outside import RunRetriever

# So many ids of documents are looked up before none of them is taken for a run of another corpus.
LOOKED_AT = 1000


def check_recorded_run(retriever: Retriever, cases: Collection[str], known: Collection[str]) -> str:
    """What to say of cases that the run lacks, "" where it has all; other retrievers have nothing to say.

    Raises ValueError where the run has no case at all, or no document of the corpus.
    """
    if not isinstance(retriever, RunRetriever) or not cases:
        return ""
    missing = [name for name in cases if name not in retriever.queries]
    if len(missing) == len(cases):
        run = next(iter(retriever.queries), "")
        message = f"no query of the run is the id of a case: the run has {run!r}, the cases {missing[0]!r}"
        raise ValueError(f"{message}; ids are compared as text")
    documents = retriever.documents(LOOKED_AT)
    if documents and not any(name in known or name.rpartition(":")[0] in known for name in documents):
        raise ValueError(f"no document of the run is in the corpus: the run has {documents[0]!r}")
    if not missing:
        return ""
    lacking = counted(len(missing), "case")
    return f"the run has no ranking for {lacking}, such as {missing[0]!r}: they find nothing"
