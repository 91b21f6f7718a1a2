"""What the server library logs, as structured events: standard error has nothing else."""

import logging

from prompteval.serve.state import EventLog

_LOGGER = "uvicorn.error"
# Each is counted as a connection that was closed, and is answered with 400.
_COUNTED = "Invalid HTTP request received."


class _Events(logging.Handler):
    """Writes warnings and errors as events `server`, with the type of an exception and never its text."""

    def __init__(self, event: EventLog) -> None:
        super().__init__(logging.WARNING)
        self._event = event

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message == _COUNTED:
            return
        fields: dict[str, object] = {"level": record.levelname.lower(), "message": message.strip()}
        if record.exc_info and record.exc_info[0] is not None:
            fields["type"] = record.exc_info[0].__name__
        self._event("server", fields)


def log_as_events(event: EventLog) -> None:
    """Take the server library's log; that of the process before, if any, is replaced."""
    logger = logging.getLogger(_LOGGER)
    logger.handlers[:] = [_Events(event)]
    logger.propagate = False
