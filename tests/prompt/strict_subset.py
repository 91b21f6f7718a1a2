"""What OpenAI's Structured Outputs guide says a strict schema may hold, written down independently of the product."""

import re
from typing import Any

ANYWHERE = {"type", "enum", "const", "anyOf", "$ref", "$defs", "description"}
OF_TYPE = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"pattern", "format"},
    "number": {"multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"},
    "integer": {"multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"},
    "boolean": set(),
    "null": set(),
}  # fmt: skip
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}


def fault(schema: dict[str, Any]) -> str:
    """The first thing that the guide does not allow; empty for an accepted schema."""
    if schema.get("type") != "object" or "anyOf" in schema:
        return "the root is an object"
    defs = schema.get("$defs", {})
    parts = [("root", {k: v for k, v in schema.items() if k != "$defs"}), *defs.items()]
    for name, node in parts:
        if found := node_fault(node, name, defs):
            return found
    count = sum(len(node.get("properties", {})) for node in every(schema))
    values = sum(len(node.get("enum", ())) for node in every(schema))
    if count > 5000 or values > 1000:
        return f"{count} properties, {values} enum values"
    return "" if depth(schema, defs, ()) <= 10 else "deeper than 10 levels"


def node_fault(node: Any, at: str, defs: dict[str, Any]) -> str:
    if "$ref" in node:
        known = node["$ref"] == "#" or node["$ref"].removeprefix("#/$defs/") in defs
        return "" if set(node) == {"$ref"} and known else f"{at}: $ref with {sorted(node)}"
    if "type" not in node and "anyOf" not in node:
        return f"{at}: no type"
    kinds = node.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    allowed = ANYWHERE.union(*(OF_TYPE.get(kind, set()) for kind in kinds))
    if set(node) - allowed or set(kinds) - OF_TYPE.keys():
        return f"{at}: {sorted(set(node) - allowed)} of {kinds}"
    if "object" in kinds:
        properties = node.get("properties")
        closed = node.get("additionalProperties") is False
        if properties is None or not closed or sorted(node.get("required", ())) != sorted(properties):
            return f"{at}: an object names and requires all that it may have"
    if "array" in kinds and not isinstance(node.get("items"), dict):
        return f"{at}: items"
    if node.get("format", "date") not in FORMATS or re.search(r"\(\?[=!<]", node.get("pattern", "")):
        return f"{at}: format or pattern"
    children = [*node.get("properties", {}).items(), *((at, part) for part in node.get("anyOf", ()))]
    if "items" in node:
        children.append((at, node["items"]))
    return next((found for name, child in children if (found := node_fault(child, f"{at}.{name}", defs))), "")


def every(node: Any) -> list[dict[str, Any]]:
    """All schema nodes."""
    if not isinstance(node, dict):
        return []
    children = [*node.get("properties", {}).values(), *node.get("$defs", {}).values(), *node.get("anyOf", ())]
    return [node, *(inner for child in [*children, node.get("items")] for inner in every(child))]


def depth(node: Any, defs: dict[str, Any], seen: tuple[str, ...]) -> int:
    """Levels of objects inside each other; a definition inside itself counts once."""
    if "$ref" in node:
        name = node["$ref"].removeprefix("#/$defs/")
        return 0 if name in seen or name not in defs else depth(defs[name], defs, (*seen, name))
    children = [*node.get("properties", {}).values(), *node.get("anyOf", ())]
    children += [node["items"]] if isinstance(node.get("items"), dict) else []
    return max((depth(child, defs, seen) for child in children), default=0) + (node.get("type") == "object")
