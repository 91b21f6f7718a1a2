"""How this package talks HTTP: one POST of JSON, with every bound that a stranger's server must be held to.

Chat, embeddings, batches, endpoints under test and endpoint retrievers all go through it. A call ends at its
deadline however slowly bytes come; a body is read, after decompression, up to a limit; no redirect is
followed, no cookie kept and no .netrc read; the proxy and certificates are those of the environment.
"""

from prompteval.wire.connection import open_session
from prompteval.wire.exchange import (
    REPLY_BYTES,
    HttpAnswer,
    excerpt,
    exchange,
    no_answer_in_time,
    post_json,
)
from prompteval.wire.lines import Refused, for_each_line, post_lines

__all__ = [
    "REPLY_BYTES",
    "HttpAnswer",
    "Refused",
    "excerpt",
    "exchange",
    "for_each_line",
    "no_answer_in_time",
    "open_session",
    "post_json",
    "post_lines",
]
