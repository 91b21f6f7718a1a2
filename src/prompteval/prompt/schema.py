"""The strict JSON schema that a model must meet, from a pydantic model."""

from typing import Any

from pydantic import BaseModel

_DROPPED = ("title", "default")


def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of `model` in the strict form: every field required, nothing else allowed.

    Titles and defaults are dropped; definitions stay under `$defs`, and the root is an object
    itself, in a model that contains itself too. Raises ValueError for a reference out of the
    schema: nothing is ever fetched.
    """
    schema: dict[str, Any] = _strict(json_schema(model))
    root = schema.pop("$ref", None)
    if root is not None:
        schema.update(schema["$defs"][root.removeprefix("#/$defs/")])
    return schema


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """pydantic's schema of `model`. Raises ValueError for a reference that pydantic cannot follow."""
    try:
        return model.model_json_schema()
    except KeyError as error:
        raise ValueError(f"the schema refers to {error}; only definitions of its own are followed") from None


def refuse_slow_patterns(model: type[BaseModel]) -> None:
    """Raise ValueError where a field's pattern is searched by Python's own engine.

    pydantic's default engine takes linear time for any pattern; Python's may never end, and what
    it reads comes from cases and models.
    """
    todo: list[Any] = [model.__pydantic_core_schema__]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            if node.get("regex_engine") == "python-re":
                raise ValueError(f"{model.__name__} sets regex_engine to python-re, which may never end")
            todo.extend(node.values())
        elif isinstance(node, list | tuple):
            todo.extend(node)


def _strict(node: Any) -> Any:
    reference = node.get("$ref") if isinstance(node, dict) else None
    if isinstance(reference, str) and not reference.startswith("#/$defs/"):
        raise ValueError(f"the schema refers to {reference!r}; only definitions of its own are followed")
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    named = {
        key: {name: _strict(child) for name, child in node[key].items()}
        for key in ("properties", "$defs")
        if isinstance(node.get(key), dict)
    }
    kept = {
        key: named[key] if key in named else _strict(value)
        for key, value in node.items()
        if key not in _DROPPED
    }
    if kept.get("type") == "object":
        kept["additionalProperties"] = False
        kept["required"] = list(kept.get("properties", {}))
    return kept
