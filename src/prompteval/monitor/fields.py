"""What a signal reads of one logged row, as JSON values."""

import json
from dataclasses import dataclass
from typing import Final

from prompteval.core.strict_json import JsonObject

# A class with a longer name is known by its beginning.
LONGEST_CLASS: Final = 80
# A latency or another number from here on is not one that was measured.
GREATEST: Final = 1e15
MISSING: Final = "(missing)"
# Of a row rather than of its tags.
ROW_KEYS: Final = ("prompt", "model", "fingerprint", "alias")


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of each row.

    `field` is the field of an output that is the class, empty for the whole output. `features` are `length`,
    `language`, `embedding` or inputs. `slow_ms` are the limits a row's latency is compared with. `slices` and
    `cluster` name a tag, an input, or one of ROW_KEYS. `prompt` is the name of the prompt whose rows count,
    empty for all. Rows from `since` on count, in seconds since 1970; files and their parts that end before
    `oldest` are not read at all. `confidence` asks for the confidences of answers. `named` are slices
    and the cluster, which are looked for also where rows are not divided by them.
    """

    field: str = ""
    features: tuple[str, ...] = ()
    slow_ms: tuple[float, ...] = ()
    slices: tuple[str, ...] = ()
    cluster: str = ""
    prompt: str = ""
    since: float | None = None
    oldest: float | None = None
    confidence: bool = False
    named: tuple[str, ...] = ()

    @property
    def sampled(self) -> bool:
        """Whether texts are sampled."""
        return "language" in self.features or "embedding" in self.features

    @property
    def own_features(self) -> tuple[str, ...]:
        """The features that are inputs of the prompt."""
        return tuple(name for name in self.features if name not in ("length", "language", "embedding"))


def class_of(row: JsonObject, field: str) -> str:
    """The class that a row predicted: its output or a field of it; without one its outcome, in brackets."""
    outcome = row["outcome"]
    if outcome != "ok":
        return f"({outcome})"
    return named_class(row.get("output"), field)


def named_class(output: object, field: str) -> str:
    """An output, or a field of it, as the name of a class; an object of one field is that field."""
    if not field and isinstance(output, dict) and len(output) == 1:
        output = next(iter(output.values()))
    elif field:
        output = output.get(field, MISSING) if isinstance(output, dict) else MISSING
    if isinstance(output, str):
        return output[:LONGEST_CLASS]
    return json.dumps(output, sort_keys=True)[:LONGEST_CLASS]


def slice_value(row: JsonObject, name: str) -> str:
    """The value of a tag, an input or a key of the row; `(missing)` where it has none."""
    if name in ROW_KEYS:
        return str(row.get(name, MISSING))[:LONGEST_CLASS]
    tags = row.get("tags")
    if isinstance(tags, dict) and name in tags:
        return str(tags[name])[:LONGEST_CLASS]
    value = input_value(row, name)
    return MISSING if value is None else str(value)[:LONGEST_CLASS]


def input_value(row: JsonObject, name: str) -> object:
    """An input's own value, or what was logged of it: its value, else its length; None without either."""
    inputs = row.get("inputs")
    if isinstance(inputs, dict) and name in inputs:
        return inputs[name]
    features = row.get("features")
    found = features.get(name) if isinstance(features, dict) else None
    if isinstance(found, dict):
        return found.get("value", found.get("length"))
    return None


def input_length(row: JsonObject) -> float | None:
    """The characters of all text inputs together; None where nothing was logged of them."""
    inputs = row.get("inputs")
    if isinstance(inputs, dict):
        return float(sum(len(value) for value in inputs.values() if isinstance(value, str)))
    features = row.get("features")
    if isinstance(features, dict):
        lengths = [one.get("length") for one in features.values() if isinstance(one, dict)]
        known = [length for length in lengths if isinstance(length, int | float)]
        return float(sum(known)) if known else None
    return None


def input_text(row: JsonObject) -> str:
    """The text inputs, one a line; empty where texts were not logged."""
    inputs = row.get("inputs")
    if not isinstance(inputs, dict):
        return ""
    return "\n".join(value for value in inputs.values() if isinstance(value, str))


def logged_language(row: JsonObject) -> str:
    """The language that was logged of a text input; empty where none was."""
    features = row.get("features")
    for one in features.values() if isinstance(features, dict) else ():
        if isinstance(one, dict) and isinstance(one.get("language"), str):
            return str(one["language"])
    return ""
