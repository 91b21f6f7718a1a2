"""The comparison as one JSON document."""

import json
from collections.abc import Iterator

from prompteval.report.comparison.view import ComparisonView


def render(view: ComparisonView) -> Iterator[str]:
    """The document of `compare --json`, indented, ending in a new line."""
    yield json.dumps(view.as_json(), indent=2, allow_nan=False) + "\n"
