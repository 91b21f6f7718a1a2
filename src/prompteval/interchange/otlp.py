"""OTLP-JSON traces whose spans carry `gen_ai.*`, in the names of today and of before."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from prompteval.interchange.imported import Imported, ImportedSuite, Json, Record
from prompteval.interchange.records import Ids, amount, complete, part_text, suite_name, whole_number
from prompteval.interchange.source import read_text, records_of

# All names of the conventions are in development; those of before are still written.
_INPUT = ("gen_ai.input.messages", "gen_ai.prompt", "gen_ai.content.prompt", "llm.prompts", "input.value")
_OUTPUT = ("gen_ai.output.messages", "gen_ai.completion", "gen_ai.content.completion", "output.value")
_SYSTEM = ("gen_ai.system_instructions", "gen_ai.system.message")
_MODEL = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name")
_TOKENS = {
    "prompt_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    "completion_tokens": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
    ),
}
_TAGS = ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.system", "gen_ai.agent.name")
_CLUSTER = ("gen_ai.conversation.id", "session.id")
_NANO = 1_000_000


def read(path: Path) -> Imported:
    """One suite: a span with an answer is a case with a recorded output, the conversation its cluster.

    Spans of tools, embeddings and retrieval, and those without content, are losses.
    """
    imported = Imported(str(path))
    suite = ImportedSuite(suite_name(path.name.partition(".")[0]))
    ids, places = Ids(imported), {}
    for number, span in _spans(path, imported):
        values = _attributes(span)
        if not any(name.startswith(("gen_ai.", "llm.")) for name in values):
            continue
        _add_events(span, values)
        asked, answered = _said(values, _INPUT, "gen_ai.prompt"), _said(values, _OUTPUT, "gen_ai.completion")
        name = str(span.get("name", "span"))
        if not asked or not answered:
            lacks = "input" if not asked else "output"
            imported.lose(number, f"span {name!r} has no {lacks}", "record the content of messages")
            continue
        case_id = ids.take(span.get("spanId"), number)
        places[case_id] = number
        suite.cases.append(_case(case_id, span, values, asked))
        suite.outputs.append(_output(case_id, span, values, answered[-1][1]))
    complete(suite, imported, places)
    imported.suites.append(suite)
    return imported.finish()


def _spans(path: Path, imported: Imported) -> Iterator[tuple[int, Record]]:
    """Every span with the line that its request begins at."""
    for line in records_of(read_text(path), str(path), ()):
        for resource in _list(line.value.get("resourceSpans")):
            for scope in _list(resource.get("scopeSpans", resource.get("instrumentationLibrarySpans"))):
                for span in _list(scope.get("spans")):
                    yield line.number, span
        for key in line.value.keys() - {"resourceSpans"}:
            imported.lose_key(line.number, key)


def _list(value: Json) -> list[Record]:
    return [dict(item) for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _attributes(holder: Record) -> dict[str, Json]:
    """Attributes by name, each the one value that it holds."""
    return {str(item.get("key")): _value(item.get("value")) for item in _list(holder.get("attributes"))}


def _value(value: Json) -> Json:
    if not isinstance(value, Mapping):
        return value
    for kind, item in value.items():
        if kind == "intValue":
            return whole_number(item)
        if kind == "arrayValue":
            values = item.get("values") if isinstance(item, Mapping) else None
            return [_value(one) for one in values] if isinstance(values, list) else []
        if kind == "kvlistValue":
            inner = _list(item.get("values")) if isinstance(item, Mapping) else []
            return {str(one.get("key")): _value(one.get("value")) for one in inner}
        return item
    return None


def _add_events(span: Record, values: dict[str, Json]) -> None:
    """Messages that were recorded as events, by the names of before, as if they were attributes."""
    asked: list[Json] = []
    for event in _list(span.get("events")):
        name, found = str(event.get("name", "")), _attributes(event)
        role = {
            "gen_ai.system.message": "system",
            "gen_ai.user.message": "user",
            "gen_ai.assistant.message": "assistant",
        }
        if name in role:
            asked.append(
                {"role": role[name], "content": found.get("content", found.get("gen_ai.event.content"))}
            )
        elif name == "gen_ai.choice":
            message = found.get("message", found.get("content", found.get("gen_ai.event.content")))
            values.setdefault("gen_ai.output.messages", [{"role": "assistant", "content": message}])
        else:  # gen_ai.content.prompt and .completion, gen_ai.client.inference.operation.details
            for key, value in found.items():
                values.setdefault(
                    key.replace("gen_ai.prompt", "gen_ai.content.prompt") if "content" in name else key, value
                )
    if asked:
        values.setdefault("gen_ai.input.messages", asked)


def _said(values: Mapping[str, Json], names: tuple[str, ...], numbered: str) -> list[tuple[str, str]]:
    """(role, text) of messages: of an attribute that has all of them, else of `gen_ai.prompt.0.content`."""
    value = next((values[name] for name in names if values.get(name) not in (None, "", [])), None)
    if value is not None:
        return _messages(value)
    found = []
    for number in range(1_000):
        text = values.get(f"{numbered}.{number}.content")
        if not isinstance(text, str):
            break
        found.append((str(values.get(f"{numbered}.{number}.role", "user")), text))
    return found


def _messages(value: Json) -> list[tuple[str, str]]:
    if isinstance(value, str):
        try:
            read: Json = json.loads(value)
        except (json.JSONDecodeError, RecursionError):
            return [("user", value)]
        return _messages(read) if isinstance(read, list | dict) else [("user", value)]
    if isinstance(value, Mapping):
        inner = value.get("messages")
        return _messages(inner) if isinstance(inner, list) else _messages([value])
    found = []
    for message in value if isinstance(value, list) else []:
        if isinstance(message, str):
            found.append(("user", message))
        elif isinstance(message, Mapping):
            found.append((str(message.get("role", "user")), _text(message)))
    return [(role, text) for role, text in found if text]


def _text(message: Mapping[str, Json]) -> str:
    """The text of a message; of a call of a tool its name and arguments."""
    content = message.get("parts", message.get("content", message.get("message")))
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        return _text(content)
    texts = []
    for part in content if isinstance(content, list) else []:
        text = part_text(part)
        if text is None and isinstance(part, Mapping):
            text = json.dumps(
                {key: part[key] for key in ("name", "arguments", "result", "response") if key in part}
            )
        texts.append(text or "")
    return "\n".join(texts)


def _case(case_id: str, span: Record, values: Mapping[str, Json], asked: list[tuple[str, str]]) -> Record:
    system = "\n".join(text for name in _SYSTEM for _, text in _messages(values.get(name) or []))
    system = system or "\n".join(text for role, text in asked if role in ("system", "developer"))
    rest = [(role, text) for role, text in asked if role not in ("system", "developer")] or asked
    said = rest[0][1] if len(rest) == 1 else "\n".join(f"{role}: {text}" for role, text in rest)
    inputs: Record = {"input": said, **({"system": system} if system else {})}
    cluster = next((values[name] for name in _CLUSTER if values.get(name)), span.get("traceId"))
    case: Record = {"id": case_id, "inputs": inputs}
    if isinstance(cluster, str) and cluster:
        case["cluster"] = cluster
    tags = {name.removeprefix("gen_ai."): values[name] for name in _TAGS if isinstance(values.get(name), str)}
    if tags:
        case["tags"] = tags
    return case


def _output(case_id: str, span: Record, values: Mapping[str, Json], text: str) -> Record:
    row: Record = {"id": case_id, "output": text}
    model = next((values[name] for name in _MODEL if isinstance(values.get(name), str)), None)
    if model:
        row["model"] = model
    start, end = (_nanoseconds(span.get(name)) for name in ("startTimeUnixNano", "endTimeUnixNano"))
    took = amount((end - start) / _NANO) if start is not None and end is not None else None
    if took is not None:
        row["latency_ms"] = took
    counts = {
        kind: value
        for kind, names in _TOKENS.items()
        for value in [next((values[name] for name in names if isinstance(values.get(name), int)), None)]
        if isinstance(value, int)
    }
    if len(counts) == len(_TOKENS):
        row["usage"] = dict(counts)
    return row


def _nanoseconds(value: Json) -> int | None:
    found = whole_number(value)
    return found if found is not None and found >= 0 else None
