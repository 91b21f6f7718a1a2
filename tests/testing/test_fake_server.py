"""The fake server that ships to users."""

import json
import urllib.request

from prompteval.testing.server import FakeServer, Reply


def post(url: str, body: dict[str, object]) -> dict[str, object]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as reply:
        return json.loads(reply.read())  # type: ignore[no-any-return]


def test_it_answers_by_rule_and_counts() -> None:
    """The last user message chooses the reply; every request is counted and kept."""
    with FakeServer([Reply("refund", output={"intent": "billing"})]) as server:
        body = {"model": "m", "messages": [{"role": "user", "content": "a refund"}]}
        answer = post(f"{server.url}/chat/completions", body)
        assert answer["choices"][0]["message"]["content"] == '{"intent": "billing"}'  # type: ignore[index]
        assert (server.stats["requests"], server.requests) == (1, [body])


def test_embeddings_and_models_are_served() -> None:
    """One vector a text, in order."""
    with FakeServer() as server:
        answer = post(f"{server.url}/embeddings", {"model": "e", "input": ["a", "bbb"]})
        assert [row["embedding"][0] for row in answer["data"]] == [1.0, 3.0]  # type: ignore[attr-defined, index]
        with urllib.request.urlopen(f"{server.url}/models", timeout=5) as reply:
            assert json.loads(reply.read())["object"] == "list"
