"""What can be refused is refused before the first call: exit 2 says that nothing was run."""

import json
import shutil
from typing import Any

import pytest

from prompteval.analysis.comparison.options import CompareOptions
from prompteval.core.errors import InvalidInput, MissingExtra, NothingSelected, UsageError
from prompteval.core.verdict import Verdict
from prompteval.engine.compare.compare import comparison
from prompteval.engine.compare.run_comparison import RunComparison
from prompteval.engine.compare.sides import parse_side
from prompteval.engine.progress import Progress
from prompteval.engine.run import run_suites
from prompteval.plan.run_options import RunOptions
from prompteval.report.view import RunView
from prompteval.testing.server import FakeServer, Reply
from tests.small_workspace import PROMPT, SUITE, Place


@pytest.fixture
def asked(place: Place, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The workspace's model is behind a server that counts its calls; nobody knows its price."""
    monkeypatch.setenv("FAKE_KEY", "k-0123456789abcdef")
    with FakeServer([Reply("", text="hello")]) as server:
        profile = f'model = "fake"\nbase_url = "{server.url}"\napi_key_env = "FAKE_KEY"\n'
        place.write(
            "prompteval.toml", f"[models.m]\n{profile}[models.free]\n{profile.replace('FAKE_KEY', 'NO_KEY')}"
        )
        place.write("evals/s.yaml", SUITE.replace("scripted/m.jsonl", "m"))
        yield place, server


def run_against(place: Place, text: str, **options: Any) -> RunView:
    ran = RunOptions(cache=False, **options)
    return run_suites(place.workspace, ran, Progress(), check=RunComparison(place.workspace, text, ran).check)


@pytest.mark.parametrize(
    ("against", "told", "error"),
    [
        ("nope", "no runs yet", UsageError),
        ("last", "no runs yet", UsageError),
        ("baseline", "no baseline yet", UsageError),
        ("git:main", "is not in a git repository", UsageError),
        ("say@v7", "has no version v7", InvalidInput),
        ("x@y", "no suite runs the prompt .x.", UsageError),
    ],
)
def test_against_what_is_not_there_costs_nothing(
    asked: Any, against: str, told: str, error: type[Exception]
) -> None:
    """`run --against REF` looks at REF first."""
    place, server = asked
    with pytest.raises(error, match=told):
        run_against(place, against)
    assert not server.requests


def test_against_a_run_without_these_suites_costs_nothing(asked: Any) -> None:
    """Two suites were run before, and neither is run now."""
    place, server = asked
    for name in ("a", "b"):
        place.write(f"evals/{name}.yaml", SUITE)
    place.run(suites=("a", "b"))
    with pytest.raises(NothingSelected, match="has nothing of s"):
        run_against(place, "last", suites=("s",))
    assert not server.requests


def test_b20_against_last_is_the_run_before(place: Place) -> None:
    """Not the run that is compared, which is never worse than itself."""
    first = place.run().run_id
    place.write("m.jsonl", '{"when": "", "text": "bye"}\n')
    ran = RunOptions(cache=False)
    other = RunComparison(place.workspace, "last", ran)
    view = run_suites(place.workspace, ran, Progress(), check=other.check)
    with other.comparison(view, Progress()) as found:
        assert found.a == first and found.results[0].broken == ("c1", "c2")


def test_a_broken_baseline_costs_nothing(asked: Any) -> None:
    """A gate needs it; of another suite it is none."""
    place, server = asked
    place.write(
        "evals/s.yaml",
        (place.root / "evals/s.yaml").read_text() + "gate: [{no_regression: {metric: accuracy}}]\n",
    )
    for text, told in (
        ("{", "is not JSON"),
        (
            json.dumps({"schema": "prompteval/baseline@1", "suite": "t", "entries": []}),
            "of another suite, 't'",
        ),
    ):
        place.write("evals/baselines/s.json", text)
        with pytest.raises(InvalidInput, match=told):
            place.run()
    assert not server.requests


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"models": ("m", "free")}, "duplicate model"),
        ({"max_cost": 1.0}, "the price of m is not known"),
    ],
)
def test_models_that_cannot_be_asked_cost_nothing(asked: Any, options: Any, told: str) -> None:
    """A key, a price or a way of asking that is missing for one of several models."""
    place, server = asked
    with pytest.raises(UsageError, match=told):
        place.run(**options)
    assert not server.requests


def test_the_second_side_is_looked_at_before_the_first_is_run(asked: Any) -> None:
    """Its model has no key."""
    place, server = asked
    place.write("prompts/say/v2.py", PROMPT.replace("{{ message }}", "Say {{ message }}"))
    place.write("evals/t.yaml", SUITE.replace("scripted/m.jsonl", "free"))
    sides = parse_side("say@v1"), parse_side("say@v2")
    with (
        pytest.raises(UsageError, match="NO_KEY is not set"),
        comparison(place.workspace, *sides, CompareOptions(), RunOptions(cache=False), Progress()),
    ):
        pass
    assert not server.requests


def test_a_missing_extra_costs_nothing(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scorer that needs the embedded model, where nothing can load it."""
    place, server = asked
    monkeypatch.setattr("prompteval.providers.local.weights.find_spec", lambda name: None)
    with pytest.raises(MissingExtra):
        place.run(models=("m", "local/minilm"))
    text = (place.root / "evals/s.yaml").read_text()
    place.write("evals/s.yaml", text.replace("[exact]", "[exact, similarity]"))
    with pytest.raises(InvalidInput, match=r"evals/s.yaml:4:\d+ PE223 local/minilm needs: pip install"):
        place.run()
    assert not server.requests


def test_a_recording_that_cannot_be_written_leaves_the_run_whole(place: Place) -> None:
    """It is known in full, -o files can be written, and the exit code says that something is missing."""
    directory = place.root / "rec"
    directory.mkdir()

    class Removing(Progress):
        def advance(self, *, error: bool, cached: bool) -> None:
            shutil.rmtree(directory, ignore_errors=True)

    view = run_suites(place.workspace, RunOptions(cache=False, record=directory / "r.jsonl"), Removing())
    assert (view.verdict, view.exit_code) == (Verdict.INCOMPLETE, 3)
    assert "before that: pass: the gate passes" in view.reason and len(view.results) == 1


def test_an_endpoint_without_its_variable_costs_nothing(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a model that is paid for; offline nothing is sent, so nothing is needed."""
    place, server = asked
    monkeypatch.delenv("APP_KEY", raising=False)
    settings = (place.root / "prompteval.toml").read_text()
    place.write("prompteval.toml", f'env = ["APP_KEY"]\n{settings}')
    text = SUITE.split("\n", 1)[1].replace("models: [scripted/m.jsonl]\n", "")
    headers = "headers_env: {x-key: APP_KEY}"
    place.write("evals/z.yaml", f'endpoint: {{url: "http://127.0.0.1:9/x", {headers}}}\n{text}')
    with pytest.raises(UsageError, match=r"APP_KEY is not set; http://127.0.0.1:9/x needs it"):
        place.run()
    assert not server.requests
    assert [result.suite for result in place.run(offline=True).results] == ["s", "z"]
