"""A schema in the subset of JSON Schema that Anthropic's structured outputs take.

Subset: Anthropic's documentation, "Structured outputs", JSON Schema limitations. What is outside of it goes
into the description, where the model reads it, and our own check of the output holds it.
"""

from collections.abc import Mapping
from typing import Final

from prompteval.core.strict_json import JsonObject

_FORMATS: Final = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)
_PLAIN: Final = (str, int, float, bool, type(None))


def subset(schema: Mapping[str, object]) -> JsonObject:
    """The schema with what the API cannot enforce said in words."""
    left = dict(schema)
    made: JsonObject = {}
    if isinstance(definitions := left.pop("$defs", None), Mapping):
        made["$defs"] = {name: subset(one) for name, one in definitions.items()}
    if "$ref" in left:
        return {**made, "$ref": left["$ref"]}
    kind = left.pop("type", None)
    made |= _choices(left)
    if not made.keys() & {"enum", "const", "anyOf", "allOf"}:
        made["type"] = kind
    made |= {key: left.pop(key) for key in ("description", "title") if left.get(key) is not None}
    if "enum" not in made and "const" not in made:
        made |= _parts(kind, left)
    if left:
        said = "{" + ", ".join(f"{key}: {value}" for key, value in left.items()) + "}"
        made["description"] = f"{made['description']}\n\n{said}" if "description" in made else said
    return made


def _choices(left: JsonObject) -> JsonObject:
    """The values or schemas that one may choose from, taken out of `left`."""
    made: JsonObject = {}
    values = left.get("enum")
    if isinstance(values, list) and values and all(isinstance(value, _PLAIN) for value in values):
        made["enum"] = left.pop("enum")
    if "const" in left and isinstance(left["const"], _PLAIN):
        made["const"] = left.pop("const")
    variants = {key: left.pop(key, None) for key in ("anyOf", "oneOf", "allOf")}
    for key, name in (("anyOf", "anyOf"), ("oneOf", "anyOf"), ("allOf", "allOf")):
        found = variants[key]
        if isinstance(found, list):
            made[name] = [subset(one) for one in found]
            break
    return made


def _parts(kind: object, left: JsonObject) -> JsonObject:
    """What is inside a type, taken out of `left`."""
    made: JsonObject = {}
    if kind == "object":
        properties = left.pop("properties", None) or {}
        left.pop("additionalProperties", None)
        made["properties"] = {name: subset(one) for name, one in properties.items()}
        made["additionalProperties"] = False
        if "required" in left:
            made["required"] = left.pop("required")
    elif kind == "string" and left.get("format") in _FORMATS:
        made["format"] = left.pop("format")
    elif kind == "array":
        if isinstance(items := left.pop("items", None), Mapping):
            made["items"] = subset(items)
        if left.get("minItems") in (0, 1):
            made["minItems"] = left.pop("minItems")
    return made
