"""Every error prompteval raises on purpose.

PromptevalError
├── UsageError               a wrong option, setting or name          exit 2
│   ├── RunInUse             another process drives the run           exit 2
│   ├── MissingExtra         an optional package is not installed     exit 2
│   ├── NoWorkspace          no settings at or above a directory      exit 2
│   ├── PartsLost            parts of an index were not embedded      exit 3
│   └── InvalidInput         problems in files, each with its place   exit 2
│       └── NoSuchFile       a tree has no file at a path             exit 2
├── NothingSelected          no case or suite is left to run          exit 5
├── StoreError               the results database cannot be used      exit 2
│   ├── DamagedRun           a stored run is not as it was stored     exit 2
│   ├── NoResults            nothing was stored yet                   exit 2
│   └── RunEnded             a row came for a run that has ended      exit 2
├── RenderError              a template failed or passed its budget
├── ContextOverflow          what was retrieved, or a prompt, is over its token limit
├── RetrievalError           a retriever or reranker failed, or returned what is not a ranking   exit 3
├── ClusterLost              a cluster can no longer do its work      exit 3
├── EmbeddingCrashed         a fault of prompteval, or of code it ran, while a part was embedded   exit 70
├── DeadlineExceeded         isolated work did not end in time
└── ProviderError            a model call failed; says how            exit 3
    └── OutputError          in an application: the reply is not a valid output
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from prompteval.core.problem import Problem
from prompteval.core.secret import hide


class PromptevalError(Exception):
    """Base of all errors a user may meet; printed without a traceback."""

    exit_code: ClassVar[int] = 2


class UsageError(PromptevalError):
    """A wrong option, setting or name; `help` says how to continue."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(f"{message} ({help})" if help else message)
        self.help = help


class RunInUse(UsageError):
    """A run that another process, here or on another machine, drives at this moment."""


class MissingExtra(UsageError):
    """A feature needs an optional package that is not installed."""

    def __init__(self, feature: str, extra: str, help: str = "") -> None:
        super().__init__(f'{feature} needs: pip install "prompteval[{extra}]"', help)
        self.feature = feature
        self.extra = extra


class NoWorkspace(UsageError):
    """No workspace at or above a directory; what needs none continues without."""


class InvalidInput(UsageError):
    """Problems found in the user's files, all of them at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NoSuchFile(InvalidInput):
    """A tree has no file at a path."""


class NothingSelected(PromptevalError):
    """No case or suite is left after the selection."""

    exit_code: ClassVar[int] = 5


class StoreError(PromptevalError):
    """The results database is foreign, newer, broken or not writable; carries its path."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


class DamagedRun(StoreError):
    """A stored run that is not as it was stored; the other runs of its store can be read."""

    def __init__(self, path: str, run_id: str, reason: str) -> None:
        help = f"`prompteval runs rm {run_id}` removes it; the other runs can be read"
        super().__init__(path, f"run {run_id} is damaged: {reason} ({help})")
        self.run_id = run_id


class NoResults(StoreError):
    """There is no results database yet, or it has no tables; a reader finds no run."""


class RunEnded(StoreError):
    """Rows or attempts came for a run that has ended, or was removed."""


class RenderError(PromptevalError):
    """A template could not be rendered: undefined name, forbidden operation, budget passed."""


class ContextOverflow(PromptevalError):
    """Retrieved chunks are over the budget where that is an error, or a prompt over the model's window."""

    def __init__(self, what: str, tokens: int, limit: int, help: str) -> None:
        super().__init__(f"{what}: {tokens:,} tokens, {limit:,} allowed ({help})")
        self.tokens = tokens
        self.limit = limit


class RetrievalError(PromptevalError):
    """A retriever or reranker failed, or returned what is not a ranking; becomes the case's error.

    `kind` is "refused" where a service may refuse every case alike.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, kind: str = "RetrievalError") -> None:
        self.kind = kind
        super().__init__(message)


class PartsLost(UsageError):
    """Parts of an index were not embedded, since a worker died or its machine failed; the others are kept."""

    exit_code: ClassVar[int] = 3


class ClusterLost(PromptevalError):
    """A cluster lost its head, or all of its processors, and what it still had to do is not done."""

    exit_code: ClassVar[int] = 3


class EmbeddingCrashed(PromptevalError):
    """The worker of a part of an index ended with a fault of prompteval or of code that it ran."""

    exit_code: ClassVar[int] = 70


class DeadlineExceeded(PromptevalError):
    """Isolated work did not end within its deadline; the worker was killed."""

    def __init__(self, work: str, seconds: float) -> None:
        super().__init__(f"{work} did not end within {seconds:g} s")
        self.work = work
        self.seconds = seconds


class ProviderError(PromptevalError):
    """A model call failed.

    `kind` is one of: timeout, connection, rate_limit, quota, auth, not_found, bad_request,
    server, bad_response, too_large (an answer without end), context_overflow, empty, tool_calls_only,
    no_match, stale_recording, unsupported, file (one of the request cannot be read, or is not what it was),
    no_credentials, paused (the server asks for a longer wait than is allowed), budget (the money is
    spent), expired (a batch ended before the request was done), offline (a live call that is not allowed).
    `retryable` says whether the same call may go through later; `retry_after_s` is the
    server's own wish in seconds; `excerpt` is the start of the body, where there was one (secrets are
    hidden in it and in the message);
    `possibly_billed` says that the server may have done the work and charge for it. The layers
    add how many attempts were made, how many of them may have been billed, and how long the last
    one took, in seconds.
    """

    exit_code: ClassVar[int] = 3

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        retryable: bool = False,
        retry_after_s: float | None = None,
        status: int | None = None,
        excerpt: str = "",
        possibly_billed: bool = False,
    ) -> None:
        super().__init__(hide(message))
        self.kind = kind
        self.possibly_billed = possibly_billed
        self.attempts = 1
        self.billed_attempts = int(possibly_billed)
        self.elapsed_s = 0.0
        self.retryable = retryable
        self.retry_after_s = retry_after_s
        self.status = status
        self.excerpt = hide(excerpt)


class OutputError(ProviderError):
    """The model answered, and the answer is not a valid output; `excerpt` is the raw reply."""


def singles(error: BaseException) -> Iterator[BaseException]:
    """The exceptions of a group of any depth, in their order; the exception itself where it is none."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from singles(inner)
    else:
        yield error


def foremost(errors: BaseExceptionGroup) -> BaseException:
    """The one of a group that stands for it: one that nobody meant, if there is one, else the first."""
    found = list(singles(errors))
    return next((error for error in found if not isinstance(error, PromptevalError)), found[0])
