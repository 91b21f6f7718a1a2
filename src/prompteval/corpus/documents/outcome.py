"""Why a file gave no document."""

from typing import Literal

FaultKind = Literal[
    "empty", "too_large", "over_budget", "binary", "encoding", "encrypted", "damaged", "missing", "outside",
    "unsupported",
]  # fmt: skip


class DocumentFault(Exception):
    """One file gives no document; becomes its outcome, and never ends a run."""

    def __init__(self, kind: FaultKind, message: str) -> None:
        super().__init__(message)
        self.kind: FaultKind = kind
