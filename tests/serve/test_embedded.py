"""The embedded model as a service: warm before it is ready."""

import time
from pathlib import Path

import pytest

from prompteval.serve.warming import sample
from tests.serve.conftest import serving, start


@pytest.mark.slow
def test_the_embedded_model_is_loaded_once_and_says_how_sure_it_is(tmp_path: Path) -> None:
    """B19: nobody is answered before weights, labels and examples are there; a text that it cannot write is 503."""
    pytest.importorskip("sentence_transformers")
    with serving(tmp_path, "--model", "local/minilm", "--log", "log.jsonl") as (service, upstream):
        service.stop()
        service = start(tmp_path, "--model", "local/minilm", wait=False)
        cold = service.ask("pay")
        assert (service.get("/healthz").status, service.get("/readyz").status) == (200, 503)
        assert (cold.status, cold.json["code"], cold.headers["retry-after"]) == (503, "warming_up", "1")
        while not service.ready():
            time.sleep(0.05)
        found = service.ask("I want to pay my invoice")
        assert found.status == 200 and 0 < found.json["confidence"] <= 1
        assert (found.json["output"]["team"], found.json["model"]) == ("payments", "local/minilm")
        assert service.ask("hello", prompt="say").status == 503
        assert upstream.stats["requests"] == 0 and service.stop() == 0


def test_a_sample_of_inputs_keeps_the_limits_of_the_schema() -> None:
    """Enough for most prompts; others are rendered by their first request."""
    schema = {
        "properties": {
            "text": {"type": "string", "minLength": 12}, "short": {"type": "string", "maxLength": 2},
            "kind": {"$ref": "#/$defs/Kind"}, "n": {"type": "integer", "minimum": 3}, "flag": {"type": "boolean"},
            "items": {"type": "array", "minItems": 2, "items": {"type": "string"}}, "maybe": {"anyOf": [{"type": "null"}]},
            "left_out": {"type": "string"}, "again": {"$ref": "#/$defs/Loop"},
        },
        "required": ["text", "short", "kind", "n", "flag", "items", "maybe", "again"],
        "$defs": {"Kind": {"enum": ["a", "b"]}, "Loop": {"$ref": "#/$defs/Loop"}},
        "type": "object",
    }  # fmt: skip
    assert sample(schema) == {
        "text": "warm-upxxxxx", "short": "wa", "kind": "a", "n": 3, "flag": True, "items": ["warm-up", "warm-up"],
        "maybe": None, "again": None,
    }  # fmt: skip
