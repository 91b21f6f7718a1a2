"""The run as one JSON document."""

import json
from collections.abc import Iterator, Mapping

from prompteval.report.view import RunView


def render(view: RunView, more: Mapping[str, object] | None = None) -> Iterator[str]:
    """The document of `run --json`, indented, ending in a new line.

    Example: `prompteval run -o report.json`
    """
    # `more` are keys beside the run's.
    yield json.dumps({**view.as_json(), **(more or {})}, indent=2, allow_nan=False) + "\n"
