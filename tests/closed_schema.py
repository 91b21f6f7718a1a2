"""Schemas of documents to which keys may be added, as tests read them: with the keys of today alone."""

from typing import Any

import jsonschema

from prompteval.cli.schema import Kind, schema_maker


def unmet(kind: str, document: object) -> list[str]:
    """What of a document is not as `prompteval schema KIND` says, a key that is not described too."""
    found = jsonschema.Draft202012Validator(closed(schema_maker(Kind(kind))())).iter_errors(document)
    return [f"{one.json_path}: {one.message:.200}" for one in found]


def closed(node: Any) -> Any:
    """The schema, in which an object has no key beside those that are described."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: closed(item) for key, item in node.items()}
    return {**found, "additionalProperties": False} if isinstance(found.get("properties"), dict) else found
