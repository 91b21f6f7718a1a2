"""A time of a row as a number."""

import math
from datetime import UTC, datetime


def moment(text: str) -> float | None:
    """Seconds of an ISO 8601 date or time (UTC without a zone), or the number itself; else None."""
    if not text:
        return None
    try:
        number = float(text)
        return number if math.isfinite(number) else None
    except ValueError:
        pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
