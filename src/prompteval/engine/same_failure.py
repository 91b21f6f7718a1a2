"""Whether the first calls of a job all fail alike, so that the rest would too."""

from collections import Counter

from prompteval.core.observation import Observation

# A model that does not exist, a parameter or a schema that the server refuses; an application's 401 or 404.
SAME_FOR_ALL = frozenset({"not_found", "bad_request", "unsupported", "refused"})
MOST_SAME = 5
# Where a server is asked: the model, or a retriever, a reranker and the encoder of an index.
SERVER_STAGES = frozenset({"call", "retrieval"})


class SameFailure:
    """Counts the first failures of a job until a call brings something else, or has `answered` before."""

    def __init__(self, *, answered: bool = False) -> None:
        self._seen: Counter[str] | None = None if answered else Counter()

    def reason(self, observation: Observation) -> str:
        """Why no further call should be made, empty where one may bring something else."""
        failure = observation.failure
        if failure is None and any(call.served_by != "live" for call in observation.calls):
            return ""  # a kept reply says nothing of the server
        alike = failure is not None and failure.stage in SERVER_STAGES and failure.type in SAME_FOR_ALL
        if self._seen is None or failure is None or not alike:
            self._seen = None
            return ""
        self._seen[failure.message] += 1
        if len(self._seen) > 1:
            self._seen = None
            return ""
        enough = self._seen[failure.message] >= MOST_SAME
        return f"the first {MOST_SAME} calls failed with the same error: {failure.message}" if enough else ""
