"""Fills the enum fields of an output by similarity: the user's text against labels and examples.

A label is known by its name with its description and by the few-shot examples that carry it.
For each, the cosine similarity with the user's text is taken; the examples of a label count by
a soft maximum, so that one close example is enough. The two are averaged where both exist, and
a softmax over labels gives the confidence, which a calibration map of the profile makes a probability.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request, Response, Usage
from prompteval.providers.local import reader
from prompteval.providers.local.encoder import LocalEncoder
from prompteval.providers.local.learned import Learned
from prompteval.providers.local.parsed_message import ParsedMessage

ALGORITHM = "similarity-2"
EXAMPLE_SHARPNESS = 20.0
CONFIDENCE_SHARPNESS = 12.0
EXAMPLE_WEIGHT = 0.6
MOST_KNOWN = 200_000


@dataclass(frozen=True, slots=True)
class Field:
    """One enum field of the output schema: its labels with the texts that describe them."""

    name: str
    labels: tuple[object, ...]
    texts: tuple[str, ...]


class LocalProvider:
    """`local/...`: reads the messages and the schema of a request, and chooses labels or quotes."""

    max_batch = 256

    def __init__(self, encoder: LocalEncoder, learned: Learned) -> None:
        self._embedder = encoder
        self._learned = learned
        self._known: dict[str, Any] = {}

    @property
    def identity(self) -> str:
        return f"local:{self._embedder.identity}:{ALGORITHM}:{reader.ALGORITHM}:{self._learned.identity}"

    async def complete(self, request: Request) -> Response:
        result = self.complete_many([request])[0]
        if isinstance(result, ProviderError):
            raise result
        return result

    async def aclose(self) -> None:
        """Weights stay loaded for the process; nothing else is held."""

    def complete_many(self, requests: Sequence[Request]) -> list[Response | ProviderError]:
        """One reply a request; all texts are encoded together."""
        asked = [
            reader.asked_of(request) if reader.is_answer(request.schema) else None for request in requests
        ]
        texts = [_question(request) for request in requests]
        counts = self._embedder.count_tokens(texts) if texts else []
        questions = [
            text if found is None else found.question for text, found in zip(texts, asked, strict=True)
        ]
        vectors, _ = self._embedder.embed(questions)
        cut = self._embedder.truncates(texts) if texts else []
        replies: list[Response | ProviderError] = []
        for request, found, vector, count, long in zip(requests, asked, vectors, counts, cut, strict=True):
            if found is None or (request.schema is None and not found.passages):
                replies.append(self._reply(request, vector, count, truncated=long))
            else:
                replies.append(self._extract(request, found, vector, count))
        return replies

    def _extract(self, request: Request, asked: ParsedMessage, vector: Any, tokens: int) -> Response:
        """An answer quoted from the request's passages."""
        found = reader.candidates(asked)
        likeness = self._vectors(tuple(one.read for one in found)) @ vector if found else []
        near = [float(value) for value in likeness]
        reply = reader.reply(request, asked.question, found, near, tokens, self._learned.abstain)
        return replace(reply, confidence=self._learned.confidence(reply.confidence))

    def _reply(self, request: Request, vector: Any, tokens: int, *, truncated: bool) -> Response:
        if request.schema is None:
            return _unsupported(
                "a sentence-embedding model writes no free text; give the prompt an enum output, or passages"
            )
        fields, refused = _fields(request.schema)
        if refused:
            names = ", ".join(refused)
            return _unsupported(f"a sentence-embedding model cannot fill {names}: only enum fields")
        examples = _examples(request.messages)
        output: dict[str, Any] = {}
        confidence: dict[str, float] = {}
        shares: dict[str, dict[str, float]] = {}
        for field in fields:
            best, found = self._choose(field, vector, examples)
            output[field.name] = field.labels[best]
            confidence[field.name] = found[best]
            shares[field.name] = dict(zip(map(_label_name, field.labels), found, strict=True))
        return Response(
            text=json.dumps(output, ensure_ascii=False),
            model_reported=request.model,
            usage=Usage(prompt_tokens=tokens, completion_tokens=0),
            confidence=min(confidence.values(), default=None),
            details={
                "confidence": confidence,
                "probabilities": shares,
                "truncated": truncated,
            },
        )

    def _choose(
        self, field: Field, vector: Any, examples: Sequence[tuple[str, Mapping[str, object]]]
    ) -> tuple[int, list[float]]:
        """(index of the label that fits best, confidence in each label)."""
        import numpy as np

        scores = self._vectors(field.texts) @ vector
        shown: dict[object, list[str]] = {label: [] for label in field.labels}
        for text, answer in examples:
            if answer.get(field.name) in shown:
                shown[answer[field.name]].append(text)
        if all(shown.values()):
            near = [_soft_maximum(self._vectors(tuple(shown[label])) @ vector) for label in field.labels]
            scores = EXAMPLE_WEIGHT * np.asarray(near) + (1 - EXAMPLE_WEIGHT) * scores
        shares = np.exp(CONFIDENCE_SHARPNESS * (scores - scores.max()))
        shares /= shares.sum()
        best = int(np.argmax(scores))
        return best, [round(share, 6) for share in self._learned.shares(best, shares.tolist())]

    def _vectors(self, texts: tuple[str, ...]) -> object:
        """Vectors of label texts, examples and sentences, encoded once and kept."""
        import numpy as np

        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if missing:
            vectors, _ = self._embedder.embed(missing)
            self._known.update(zip(missing, vectors, strict=True))
        return np.stack([self._known[text] for text in texts])


def _label_name(label: object) -> str:
    """A label as text, as it is in JSON."""
    return label if isinstance(label, str) else json.dumps(label)


def _soft_maximum(values: Any) -> float:
    """log-mean-exp of similarities: near the greatest, helped by others that are close."""
    import numpy as np

    top = values.max()
    return float(top + np.log(np.exp(EXAMPLE_SHARPNESS * (values - top)).mean()) / EXAMPLE_SHARPNESS)


def _question(request: Request) -> str:
    return next((m.content for m in reversed(request.messages) if m.role == "user"), "")


def _examples(messages: Sequence[Message]) -> list[tuple[str, Mapping[str, object]]]:
    """(user's text, answer) of each few-shot pair; answers that are not a JSON object are skipped."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for asked, answered in pairwise(messages):
        if asked.role == "user" and answered.role == "assistant":
            try:
                answer = json.loads(answered.content)
            except ValueError:
                continue
            if isinstance(answer, dict):
                found.append((asked.content, answer))
    return found


def _fields(schema: Mapping[str, Any]) -> tuple[list[Field], list[str]]:
    """(enum fields, names of fields that only a generating model can fill)."""
    fields, refused = [], []
    definitions = schema.get("$defs", {})
    for name, node in schema.get("properties", {}).items():
        description = str(node.get("description", ""))
        target = (
            definitions.get(str(node.get("$ref", "")).rsplit("/", 1)[-1], node) if "$ref" in node else node
        )
        labels = target.get("enum") or ([target["const"]] if "const" in target else None)
        if labels is None and target.get("type") == "boolean":
            labels = [True, False]
        if labels is None:
            refused.append(name)
            continue
        texts = tuple(_label_text(label, description, name) for label in labels)
        fields.append(Field(name, tuple(labels), texts))
    return fields, refused


def _label_text(label: object, description: str, name: str) -> str:
    """A label as text: its words, and its line of the description where there is one."""
    words = str(label).replace("_", " ")
    for line in description.splitlines():
        head, colon, rest = line.partition(":")
        if colon and head.strip() == str(label):
            return f"{words}: {rest.strip()}"
    return f"{name.replace('_', ' ')}: {words}"


def _unsupported(reason: str) -> Response:
    return Response(text="", finish="unsupported", reason=reason)
