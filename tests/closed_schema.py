"""Schemas of documents to which keys may be added, as tests read them: with the keys of today alone."""

from typing import Any


def closed(node: Any) -> Any:
    """The schema, in which an object has no key beside those that are described."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: closed(item) for key, item in node.items()}
    return {**found, "additionalProperties": False} if isinstance(found.get("properties"), dict) else found
