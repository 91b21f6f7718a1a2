"""What importers of records share: ids, texts of messages, and a suite of recorded outputs or of a prompt."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from prompteval.interchange.imported import Imported, ImportedPrompt, ImportedSuite, Json, Record

_MOST_DIGITS = 20  # of a whole number: those of a time in nanoseconds are 19
_GREATEST = 1e9
_WHOLE = re.compile(rf"-?[0-9]{{1,{_MOST_DIGITS}}}")
_WORD = re.compile(r"[^0-9A-Za-z]+")


def suite_name(text: str, default: str = "imported") -> str:
    """A name for files and suites: lower case, digits and underscores, at most 60 characters."""
    name = _WORD.sub("_", text).strip("_").lower()[:60].strip("_")
    if not name:
        return default
    return name if name[0].isalpha() else f"{default}_{name}"


def variable(name: str) -> str:
    """A name of an input: a Python identifier that no keyword is."""
    import keyword

    made = re.sub(r"\W", "_", unicodedata.normalize("NFKC", name).strip()) or "input"
    made = made if made.isidentifier() and not made.startswith("_") else f"input_{made.strip('_')}"
    return f"{made}_" if keyword.iskeyword(made) or made in ("context", "json", "schema", "copy") else made


def whole_number(value: Json) -> int | None:
    """A whole number of at most 20 digits, or a text of one; None for any other value."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value) if isinstance(value, str) or abs(value) < 10**_MOST_DIGITS else ""
    return int(text) if _WHOLE.fullmatch(text.strip()) else None


def amount(value: Json) -> float | None:
    """A number that can be a duration or a cost: from 0, and below a thousand million; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _GREATEST:
        return None
    return float(value)


def milliseconds(seconds: Json) -> float | None:
    """A duration in seconds as milliseconds; None for what is none."""
    found = amount(seconds)
    return None if found is None else found * 1000


class InputNames:
    """Names of inputs, one for each name of the other tool: of two that would be alike one has a number."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, name: str) -> str:
        """The name of an input, the same each time."""
        if name not in self._names:
            wanted = made = variable(name)
            number = 2
            while made in self._taken:
                made = f"{wanted}_{number}"
                number += 1
            self._names[name] = made
            self._taken.add(made)
        return self._names[name]


class Ids:
    """Ids of cases: the records' own where they are unique, else with a number behind."""

    def __init__(self, imported: Imported) -> None:
        self._imported = imported
        self._known: set[str] = set()
        self._count = 0

    def take(self, value: Json, line: int) -> str:
        """The id of the next case; one that is there already is changed, which is a loss."""
        self._count += 1
        own = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
        wanted = name = own or f"case-{self._count}"
        number = 2
        while name in self._known:
            name = f"{wanted}-{number}"
            number += 1
        self._known.add(name)
        if own and name != own:
            self._imported.lose(line, f"duplicate id {own!r} became {name!r}", "make the ids unique")
        return name


def text_of(value: Json) -> str | None:
    """The text of a content: a string, or the texts of its parts; None where it has other parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        parts = [part_text(part) for part in value]
        return "\n".join(part for part in parts if part is not None) if None not in parts else None
    return None


def part_text(part: Json) -> str | None:
    """The text of one part of a content."""
    if isinstance(part, str):
        return part
    if isinstance(part, Mapping) and part.get("type") in ("text", "input_text", "output_text", None):
        found = part.get("text", part.get("content"))
        return found if isinstance(found, str) else None
    return None


def chat_messages(value: Json) -> list[tuple[str, str]] | None:
    """(role, text) of a list of chat messages; None where it is none, or holds more than text."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return None
    found = []
    for message in value:
        if not isinstance(message, Mapping) or not isinstance(message.get("role"), str):
            return None
        text = text_of(message.get("content", message.get("parts")))
        if text is None:
            return None
        found.append((str(message["role"]), text))
    return found


def tags_of(value: Json, imported: Imported, line: int, prefix: str = "") -> dict[str, Json]:
    """Tags of metadata: values that are plain; nested ones are losses."""
    tags: dict[str, Json] = {}
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, str | int | float | bool):
                tags[f"{prefix}{key}"] = item
            elif item is not None:
                imported.lose_key(line, f"{prefix or 'metadata.'}{key}")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        tags |= {str(item): True for item in value if isinstance(item, str)}
    if value not in (None, "", [], {}) and not tags:
        imported.lose_key(line, f"{prefix}metadata")
    return tags


def passages(value: Json) -> list[Json]:
    """Passages of a result from a text, a list of texts, numbered, or of objects with a text."""
    found: list[Json] = []
    items = [value] if isinstance(value, str) and value else value
    for number, item in enumerate(items if isinstance(items, list | tuple) else [], 1):
        if isinstance(item, str):
            found.append({"doc": f"context-{number}", "text": item})
        elif isinstance(item, Mapping):
            text = item.get("text", item.get("content", item.get("page_content")))
            doc = item.get("id", item.get("doc", f"context-{number}"))
            if isinstance(text, str):
                found.append({"doc": str(doc), "text": text})
    return found


def complete(suite: ImportedSuite, imported: Imported, lines: Mapping[str, int]) -> None:
    """Choose what the suite runs and how it is scored, where its importer has not.

    With any recorded output, cases without one are listed and written to a file of their own. Without any,
    the suite runs a prompt: the importer's, or one message with the inputs.
    """
    if suite.outputs:
        recorded = {row["id"] for row in suite.outputs}
        left = [case for case in suite.cases if case["id"] not in recorded]
        if left:
            place = f"datasets/{suite.name}_without_output.jsonl"
            for case in left:
                line = lines.get(str(case["id"]), 0)
                imported.lose(
                    line, f"case {case['id']!r} has no output; it is in {place}, outside of the suite"
                )
            suite.files[place] = json_lines(left)
            suite.cases = [case for case in suite.cases if case["id"] in recorded]
    elif suite.rag is None:
        suite.prompt = suite.prompt or plain_prompt(suite.cases)
        _expected_texts(suite.cases, imported, lines)
    if not suite.scorers and suite.rag is None:
        _score(suite)


def plain_prompt(cases: Sequence[Record]) -> ImportedPrompt:
    """A prompt of one message with every input; its inputs are those that any case has."""
    names = dict.fromkeys(name for case in cases for name in _mapping(case.get("inputs")))
    template = "\n".join(f"{{{{ {name} }}}}" for name in names)
    optional = {name for case in cases for name in names if name not in _mapping(case.get("inputs"))}
    return ImportedPrompt((("user", template),), tuple(names), optional=frozenset(optional))


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _expected_texts(cases: Iterable[Record], imported: Imported, lines: Mapping[str, int]) -> None:
    """Expected values of a prompt whose output is a text: numbers as they are written, objects as JSON."""
    import json

    for case in cases:
        expected = case.get("expected", "")
        if not isinstance(expected, str):
            case["expected"] = json.dumps(expected, ensure_ascii=False)
            if not isinstance(expected, int | float | None):
                what = f"the expected value of case {case['id']!r} is compared as the text of its JSON"
                imported.lose(lines.get(str(case["id"]), 0), what, "give the prompt an output of fields")


def _score(suite: ImportedSuite) -> None:
    if any("answers" in case for case in suite.cases):
        for case in suite.cases:
            if isinstance(expected := case.get("expected"), str):
                case["answers"] = [expected]
                del case["expected"]
        suite.scorers, suite.metrics = [], ["generation.em", "generation.f1"]
        return
    if any("expected" in case for case in suite.cases):
        suite.scorers = ["exact"]
    else:
        suite.scorers = [{"refusal": {"expected": False}}]
    suite.metrics = ["accuracy"]


def json_lines(rows: Iterable[Record]) -> str:
    """One object a line."""
    import json

    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
