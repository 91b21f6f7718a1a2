"""The run as one JSON document."""

import json
from collections.abc import Iterator

from prompteval.report.view import RunView


def render(view: RunView) -> Iterator[str]:
    """The document of `run --json`, indented, ending in a new line."""
    yield json.dumps(view.as_json(), indent=2, allow_nan=False) + "\n"
