"""Passages of other libraries, recognised by their shape: LangChain's documents, LlamaIndex's nodes."""

from collections.abc import Callable, Mapping
from typing import Any

# Where those libraries' loaders write the document's name, the most specific first.
_NAMES = ("doc_id", "document_id", "source", "file_path", "file_name", "filename", "url", "id")


def plain(value: object) -> Any:  # noqa: ANN401 - a value of another program
    """A pydantic model as a mapping of what was set; another value as it is."""
    dump = getattr(value, "model_dump", None)
    return dump(exclude_unset=True) if callable(dump) else value


def scalar(value: object) -> Any:  # noqa: ANN401 - a value of another program
    """A single number or truth value of numpy or torch as Python's own; another value as it is."""
    item = getattr(value, "item", None)
    return item() if callable(item) and getattr(value, "ndim", None) == 0 else value


def as_passage(value: object) -> object:
    """A passage as a mapping with the keys of `ResultPassage`; what has none of the shapes as it is.

    A text alone is a passage without a document. LangChain: `page_content` and `metadata`. LlamaIndex: `node`
    and `score`, or a node with `get_content`. The document is what `metadata` names, else LlamaIndex's
    `ref_doc_id`, else the object's own id.
    """
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, Mapping):
        return _langchain(value.get) if "page_content" in value else dict(value)
    if hasattr(value, "page_content"):
        return _langchain(lambda name: getattr(value, name, None))
    if hasattr(value, "node"):
        return {**_node(value.node), **_present(score=getattr(value, "score", None))}
    if hasattr(value, "get_content"):
        return _node(value)
    found = plain(value)
    if isinstance(found, dict):
        # The number of a passage in a prompt's context is its place in the list here.
        return {key: part for key, part in found.items() if key != "n"}
    return found


def _langchain(get: Callable[[str], Any]) -> dict[str, object]:
    metadata: Mapping[str, Any] = get("metadata") or {}
    text, own, start = str(get("page_content") or ""), get("id"), metadata.get("start_index")
    # A splitter that is asked to adds the place where a chunk begins, -1 where it did not find it.
    place = {"start": start, "end": start + len(text)} if type(start) is int and start >= 0 else {}
    score = metadata.get("score", metadata.get("relevance_score"))
    return {
        "text": text,
        "doc": _document(metadata, own),
        **_present(id=own, title=metadata.get("title"), score=score),
        **place,
    }


def _node(node: Any) -> dict[str, object]:  # noqa: ANN401 - a value of another program
    metadata = getattr(node, "metadata", None) or {}
    start, end = getattr(node, "start_char_idx", None), getattr(node, "end_char_idx", None)
    named = {name: metadata[name] for name in _NAMES if name in metadata}
    reference = getattr(node, "ref_doc_id", None)
    return {
        "text": str(node.get_content()),
        "doc": _document(named, reference or getattr(node, "node_id", None)),
        **_present(id=getattr(node, "node_id", None), title=metadata.get("title")),
        **({"start": start, "end": end} if start is not None and end is not None else {}),
    }


def _document(metadata: Mapping[str, object], own: object) -> str:
    named = next((metadata[name] for name in _NAMES if metadata.get(name) not in (None, "")), own)
    return "" if named is None else str(named)


def _present(**values: Any) -> dict[str, object]:  # noqa: ANN401 - values of another program
    found = {name: value for name, value in values.items() if value is not None}
    if "score" in found:
        found["score"] = float(found["score"])  # numpy's numbers are none to JSON
    return {name: str(value) if name in ("id", "title") else value for name, value in found.items()}
