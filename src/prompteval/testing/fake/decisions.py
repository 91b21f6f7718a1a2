"""Answers of the Decisions API, made of what the rules say: an object with the label of each question."""

import json
from typing import Any

from prompteval.core.strict_json import JsonObject
from prompteval.testing.fake.answers import Said


def decision(body: JsonObject, said: Said) -> JsonObject:
    """An answer to each question; a question without a label among what is said is refused."""
    try:
        output = json.loads(said.text or "")
    except ValueError:
        output = {}
    known = output if isinstance(output, dict) else {}
    answers = [_answer(question, known.get(question["name"]), said) for question in body["questions"]]
    details = {"input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0}}
    usage = {"input_tokens": 40, "output_tokens": 3, "total_tokens": 43, **details}
    usage["output_tokens_details"] = {"reasoning_tokens": 2}
    return {"model": body.get("model"), "answers": answers, "usage": usage}


def _answer(question: JsonObject, label: Any, said: Said) -> JsonObject:
    name = question["name"]
    if question["type"] == "score":
        levels = [level["label"] for level in question["levels"]]
        if str(label) not in levels:
            return {"type": "refusal", "name": name}
        given = [
            {"label": level, "value": place, "probability": _share(level, str(label), said)}
            for place, level in enumerate(levels)
        ]
        score = sum(one["value"] * one["probability"] for one in given)
        confidence = _share(str(label), str(label), said)
        return {
            "type": "score",
            "name": name,
            "score": score,
            "confidence": confidence,
            "probabilities": given,
        }
    values = [choice["value"] for choice in question["choices"]]
    if label not in values:
        return {"type": "refusal", "name": name}
    given = [{"value": value, "probability": _share(str(value), str(label), said)} for value in values]
    confidence = _share(str(label), str(label), said)
    return {"type": "choice", "name": name, "choice": label, "confidence": confidence, "probabilities": given}


def _share(value: str, label: str, said: Said) -> float:
    """Its odds where the rule has some, else all for the label."""
    return said.odds.get(value, 0.0) if said.odds else float(value == label)
