"""An example of a key, with all that has to be beside it, in the syntax of its file."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from prompteval.reference.entry import Example, Syntax

Schema = Mapping[str, Any]
_PLAIN = re.compile(r"[A-Za-z_][\w./+-]*")
_NOT_PLAIN = frozenset({"true", "false", "null", "yes", "no", "on", "off"})
# A key of a mapping whose keys are the user's own, such as the names of models.
OWN_NAME = "NAME"
# The key that every profile has.
_MODEL_KEY = "model"


class Sampler:
    """Makes examples of the keys of one JSON Schema, from its examples, defaults and limits."""

    def __init__(self, schema: Schema, syntax: Syntax) -> None:
        self._root = schema
        self._syntax = syntax

    def example(self, path: Sequence[str]) -> Example:
        """Lines with the key at a path."""
        pairs = self._pairs(self._root, path, with_required=False)
        if self._syntax == "json":
            return Example(self._mapping(pairs), "json")
        if self._syntax == "toml":
            return Example(self._toml(path), "toml")
        key, text = pairs[0]
        nested = self._model(self._root["properties"][key])
        if nested is None or not text.startswith("{"):
            return Example(f"{key}: {text}", "yaml")
        if isinstance(self._root["properties"][key].get("additionalProperties"), dict):
            return Example(f"{key}:\n  {OWN_NAME}: {self._mapping(self._pairs(nested, path[2:]))}", "yaml")
        below = self._pairs(nested, path[1:])
        return Example("\n".join([f"{key}:", *(f"  {name}: {value}" for name, value in below)]), "yaml")

    def _toml(self, path: Sequence[str]) -> str:
        table, keys, schema = ["tool", "prompteval"], list(path), self._root
        if len(path) > 1 and path[1] == OWN_NAME:
            table += path[:2]
            schema, keys = self._model(schema["properties"][path[0]]) or schema, keys[2:]
        pairs = self._pairs(schema, keys, with_required=False)
        if schema is not self._root and pairs[0][0] != _MODEL_KEY:  # a profile is of a model
            pairs = [*self._pairs(schema, [_MODEL_KEY], with_required=False), *pairs]
        lines = [f"{key} = {text}" for key, text in pairs]
        return "\n".join([f"[{'.'.join(table)}]", *lines])

    def _pairs(
        self, schema: Schema, path: Sequence[str], *, with_required: bool = True
    ) -> list[tuple[str, str]]:
        """The keys of one mapping: those that it must have, and the next one of a path."""
        known = schema["properties"]
        names = list(schema.get("required", ())) if with_required or not path else []
        names += [path[0]] if path and path[0] not in names else []
        names += [name for key in names for name in schema.get("dependentRequired", {}).get(key, ())]
        needed = [one["required"] for one in schema.get("anyOf", ()) if with_required]
        if needed and not any(set(one) <= set(names) for one in needed):
            names = [*needed[0], *names]
        names = list(dict.fromkeys(names)) or list(known)[:1]
        return [
            (name, self._text(known[name], path[1:] if path and name == path[0] else ())) for name in names
        ]

    def _text(self, schema: Schema, path: Sequence[str]) -> str:
        """A value; where a path continues, one that has its next key."""
        model = self._model(schema)
        if model is not None and (path or "examples" not in schema):
            return self._wrapped(schema, model, path)
        if "examples" in schema:
            return str(schema["examples"][0])
        return self._written(self._value(schema))

    def _wrapped(self, schema: Schema, model: Schema, path: Sequence[str]) -> str:
        """A mapping inside the lists, or under the user's own name, that its key asks for."""
        for one in schema.get("anyOf", (schema,)):
            if "$ref" in one:
                return self._mapping(self._pairs(model, path))
            if one.get("type") == "array":
                return f"[{self._wrapped(one['items'], model, path)}]"
            if one.get("type") == "object":
                below = path[1:] or ([_MODEL_KEY] if _MODEL_KEY in model["properties"] else [])
                return self._mapping([(OWN_NAME, self._mapping(self._pairs(model, below)))])
        raise LookupError("the schema has no mapping")

    def _model(self, schema: Schema) -> Schema | None:
        name = model_name(schema)
        return None if name is None else self._root["$defs"][name]

    def _mapping(self, pairs: Sequence[tuple[str, str]]) -> str:
        form = {"json": '"{}": {}', "toml": "{} = {}"}.get(self._syntax, "{}: {}")
        return "{" + ", ".join(form.format(*pair) for pair in pairs) + "}"

    def _value(self, schema: Schema) -> object:
        default = schema.get("default")
        for one in schema.get("anyOf", (schema,)):
            if "enum" in one:
                return next((value for value in one["enum"] if value != default), default)
            if one.get("type") == "boolean":
                return not default
            if default not in (None, "", [], {}):
                return default
            if one.get("type") == "array":
                return [self._value(one.get("items", {}))]
            if one.get("type") in ("integer", "number"):
                return max(one.get("minimum", 1), min(1, one.get("maximum", 1)))
            if one.get("type") == "object":
                values = one.get("additionalProperties")
                return {OWN_NAME: self._value(values if isinstance(values, dict) else {"type": "string"})}
        return "..."

    def _written(self, value: object) -> str:
        if self._syntax == "json" or not isinstance(value, str | list | dict):
            return json.dumps(value)
        if isinstance(value, list):
            return f"[{', '.join(map(self._written, value))}]"
        if isinstance(value, dict):
            return self._mapping([(key, self._written(item)) for key, item in value.items()])
        plain = self._syntax == "yaml" and _PLAIN.fullmatch(value) and value.lower() not in _NOT_PLAIN
        return value if plain else json.dumps(value)


def model_name(schema: Schema) -> str | None:
    """The definition that a value, an item of it, or the value of a name of its own is."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    inner = [*schema.get("anyOf", ())]
    inner += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    return next((name for one in inner if (name := model_name(one)) is not None), None)
