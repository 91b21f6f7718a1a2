"""Scripted replies, recordings, and the layers around a provider."""

import asyncio
import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput, ProviderError, UsageError
from prompteval.core.media.file import File
from prompteval.core.request import Message, PlacedFile, Request, Response, Usage
from prompteval.providers import replay, scripted
from prompteval.providers.layers import RetryLayer, build_layers
from prompteval.providers.open import check_reference
from prompteval.providers.recording import Recorder
from prompteval.workspace.settings import ModelProfile, Settings, Workspace
from tests.media_files import png

REQUEST = Request(
    "scripted/s.jsonl", (Message("system", "S"), Message("user", "A refund?")), {"temperature": 0}
)


def script(directory: Path, *rules: object) -> scripted.Scripted:
    (directory / "s.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in rules))
    return scripted.create("s.jsonl", None, directory)


def test_first_match_wins_and_no_match_is_an_error(tmp_path: Path) -> None:
    """Rules are tried in order over the last user message."""
    provider = script(tmp_path, {"when": "refund", "output": {"a": 1}}, {"when": "A", "text": "later"})
    assert asyncio.run(provider.complete(REQUEST)).text == '{"a": 1}'
    with pytest.raises(ProviderError, match="no rule matches"):
        asyncio.run(provider.complete(Request("m", (Message("user", "zzz"),))))


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"wen": "a", "text": "x"}, "did you mean 'when'"),
        ({"when": "a"}, 'has "text" or "output"'),
        ({"when": "(", "text": "x"}, "not a regular expression"),
        ({"when": "a", "text": "x", "delay_ms": -1}, "delay_ms"),
        ([], "a rule must be an object"),
    ],
)
def test_broken_rules_name_their_line(tmp_path: Path, rule: object, told: str) -> None:
    """A script is checked when it is opened."""
    with pytest.raises(InvalidInput, match=told) as caught:
        script(tmp_path, {"when": "ok", "text": "x"}, rule)
    assert str(caught.value).startswith("s.jsonl:2:1 PE401")


def test_a_rule_whose_search_does_not_end_is_named(tmp_path: Path) -> None:
    """The pattern and the message are in the error, within seconds."""
    provider = script(tmp_path, {"when": "^(a+)+$", "text": "x"})
    request = Request("m", (Message("user", "a" * 40 + "!"),))
    with pytest.raises(ProviderError, match=r"\(a\+\)\+.* did not end within 1 s"):
        asyncio.run(provider.complete(request))


def test_identity_follows_the_rules(tmp_path: Path) -> None:
    """Another script is another model."""
    one = script(tmp_path, {"when": "a", "text": "x"}).identity
    assert script(tmp_path, {"when": "a", "text": "y"}).identity != one


def test_scripted_does_not_import_the_sdk() -> None:
    """Light providers stay light."""
    code = (
        "import prompteval.providers.scripted, prompteval.providers.open, sys; print('openai' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def record(path: Path, *requests: Request) -> None:
    recorder = Recorder(path)
    for request in requests:
        recorder.add(
            request, Response("billing", usage=Usage(3, 1), logprobs=(-0.5,), details={"attempts": 2})
        )
    recorder.close()


def test_a_recording_replays_to_the_same_reply(tmp_path: Path) -> None:
    """Text, usage and logprobs come back, marked as replayed, on another server too."""
    record(tmp_path / "r.jsonl", REQUEST)
    provider = replay.create("r.jsonl", None, tmp_path)
    other = replace(REQUEST, model="openai/x", identity="elsewhere")
    response = asyncio.run(provider.complete(other))
    assert (response.text, response.served_by, response.usage, response.logprobs) == (
        "billing", "replay", Usage(3, 1), (-0.5,),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"params": {"temperature": 1}}, "params changed since it was recorded"),
        ({"schema": {"type": "object"}}, "schema changed"),
        ({"replicate": 3}, "replicate changed"),
        ({"messages": (Message("system", "New"), Message("user", "A refund?"))}, "messages changed"),
        ({"messages": (Message("user", "other"),), "seed": 4}, "never recorded"),
    ],
)
def test_a_stale_recording_says_what_changed(tmp_path: Path, changed: dict[str, object], told: str) -> None:
    """A request that was not recorded is an error with its reason, never a live call."""
    record(tmp_path / "r.jsonl", REQUEST)
    provider = replay.create("r.jsonl", None, tmp_path)
    if "never" in told:
        record(tmp_path / "r.jsonl", replace(REQUEST, params={"x": 1}))
        provider = replay.create("r.jsonl", None, tmp_path)
    with pytest.raises(ProviderError, match=told) as caught:
        asyncio.run(provider.complete(replace(REQUEST, **changed)))  # type: ignore[arg-type]
    assert caught.value.kind == "stale_recording"


@pytest.mark.parametrize("moved", ["elsewhere", "inside"])
def test_a_file_that_was_moved_is_said_to_be(tmp_path: Path, moved: str) -> None:
    """Its content is the same: within its message, or in another one at the same place of the text."""
    file = (PlacedFile(0, File.from_bytes(png())),)
    system, user = REQUEST.messages
    recorded = replace(REQUEST, messages=(system, replace(user, files=file)))
    inside = (system, replace(user, files=(PlacedFile(3, file[0].file),)))
    elsewhere = (replace(system, files=file), user)
    record(tmp_path / "r.jsonl", recorded)
    provider = replay.create("r.jsonl", None, tmp_path)
    changed = replace(recorded, messages=inside if moved == "inside" else elsewhere)
    with pytest.raises(ProviderError, match="the place of the files changed since it was recorded"):
        asyncio.run(provider.complete(changed))


def test_a_recording_of_several_models_answers_each_with_its_own(tmp_path: Path) -> None:
    """What was recorded of neither is an error where their replies differ, not the last one's reply."""
    recorder = Recorder(tmp_path / "r.jsonl")
    for name in ("a", "b"):
        recorder.add(replace(REQUEST, model=name), Response(f"of {name}"))
    recorder.close()
    provider = replay.create("r.jsonl", None, tmp_path)
    for name in ("a", "b"):
        assert asyncio.run(provider.complete(replace(REQUEST, model=name))).text == f"of {name}"
    with pytest.raises(ProviderError, match="several replies to this request, from a, b; c is asked"):
        asyncio.run(provider.complete(replace(REQUEST, model="c")))


def test_s22_a_recording_is_sorted_and_holds_no_header(tmp_path: Path) -> None:
    """The same exchanges in another order are the same file; nothing of a header is in it."""
    second = replace(REQUEST, messages=(Message("user", "a"),))
    record(tmp_path / "a.jsonl", REQUEST, second)
    record(tmp_path / "b.jsonl", second, REQUEST)
    text = (tmp_path / "a.jsonl").read_text()
    assert text == (tmp_path / "b.jsonl").read_text()
    assert "authorization" not in text.lower()
    assert "attempts" not in text


class Flaky:
    """Fails a number of times, then answers."""

    identity = "flaky"

    def __init__(self, *errors: ProviderError) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def complete(self, request: Request) -> Response:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return Response("ok")

    async def aclose(self) -> None:
        pass


def retried(provider: Flaky, waits: list[float], **more: float) -> Response:
    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    layer = RetryLayer(provider, sleep=sleep, rng=random.Random(0), **more)  # type: ignore[arg-type]
    return asyncio.run(layer.complete(REQUEST))


def test_retries_wait_at_least_what_the_server_asks() -> None:
    """A wish of 7 s is the least wait; attempts are counted."""
    waits: list[float] = []
    provider = Flaky(ProviderError("rate_limit", "x", retryable=True, retry_after_s=7.0))
    assert retried(provider, waits).details["attempts"] == 2
    assert waits[0] >= 7.0


def test_f3_a_wish_beyond_the_limit_is_not_hammered() -> None:
    """Retry-After of ten minutes is one call."""
    provider = Flaky(ProviderError("rate_limit", "x", retryable=True, retry_after_s=600.0))
    with pytest.raises(ProviderError):
        retried(provider, [], max_wait_s=60.0)
    assert provider.calls == 1


def test_retries_end() -> None:
    """A server that never recovers is asked max_attempts times."""
    provider = Flaky(*[ProviderError("server", "x", retryable=True)] * 9)
    with pytest.raises(ProviderError):
        retried(provider, [], max_attempts=4)
    assert provider.calls == 4


class Memory(dict[str, Response]):
    waits = False

    def put(self, key: str, request: object, response: Response) -> None:
        self[key] = response


def test_f31_the_cache_answers_the_same_request_only() -> None:
    """Any field that can change the answer is another key; failures are not kept."""
    cache = Memory()
    provider = Flaky(ProviderError("bad_request", "x"))
    layered = build_layers(provider, cache=cache)  # type: ignore[arg-type]
    with pytest.raises(ProviderError):
        asyncio.run(layered.complete(REQUEST))
    variants = [
        REQUEST, replace(REQUEST, model="m"), replace(REQUEST, params={"temperature": 1}), replace(REQUEST, seed=1),
        replace(REQUEST, schema={}), replace(REQUEST, replicate=1), replace(REQUEST, identity="i"),
        replace(REQUEST, messages=(Message("user", "A refund?"),)),
    ]  # fmt: skip
    for request in variants * 2:
        asyncio.run(layered.complete(request))
    assert (len(cache), provider.calls) == (8, 9)


def test_references_are_profiles_or_kinds(tmp_path: Path) -> None:
    """A profile's name wins; a slip gets the nearest."""
    settings = Settings(models={"ours": ModelProfile("ours", model="m")})
    workspace = Workspace(tmp_path, settings, tmp_path)
    assert check_reference("ours", workspace)[:2] == ("openai", "m")
    assert check_reference("local/minilm", workspace)[:2] == ("local", "minilm")
    with pytest.raises(UsageError, match="did you mean 'ours'"):
        check_reference("our", workspace)
    with pytest.raises(UsageError, match="unknown model 'openai'"):
        check_reference("openai", workspace)
    with pytest.raises(UsageError, match="did you mean 'openai/gpt-5'"):
        check_reference("openai:gpt-5", workspace)
    with pytest.raises(UsageError, match=r'profile with .* preset = "ollama", model = "qwen3:8b"'):
        check_reference("ollama/qwen3:8b", workspace)
