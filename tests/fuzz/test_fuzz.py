"""A short slice of the fuzzing: the corpus as it is, and a few inputs of every kind with a fixed seed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forks import Forks, shared
from tests.fuzz import file_kinds, name_kinds, server_kinds, state_kinds
from tests.fuzz.attempt import CORPUS, Attempt, attempt
from tests.fuzz.kinds import KINDS
from tests.fuzz.replies import HostileServer

SEED = 20261128
# What leaves its input as it is, by the name of the function that spoils it.
SOUND = {
    "mutated": lambda value, *_: value,
    "spoilt": lambda data, *_: data,
    "lines_mutated": lambda text, *_: text.encode(),
    "_edit": lambda *_: None,
    "_said": lambda *_: '{"team": "payments"}',
    "_table": lambda on: on.text("datasets/minutes.csv").encode(),
}
# These make inputs that were never sound.
WITHOUT_SOUND_TWIN = ("arguments", "names", "settings", "trec")
FOUND = sorted(path for path in CORPUS.rglob("*") if path.is_file())


@pytest.fixture
def forks() -> Forks:
    return shared()


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    made = HostileServer()
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WITHOUT_SOUND_TWIN])
def test_what_is_not_spoilt_gets_through(
    kind: str, forks: Forks, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kind whose inputs were all refused, for a reason of its own, would try nothing."""
    for module in (file_kinds, server_kinds, state_kinds, name_kinds):
        for name in SOUND.keys() & vars(module).keys():
            monkeypatch.setattr(module, name, SOUND[name])
    monkeypatch.setattr(Attempt, "from_corpus", lambda *_: None)
    codes: set[int | None] = set()
    for number in range(4):
        with attempt(kind, SEED, number, forks, server, most=4) as on:
            KINDS[kind](on)
        codes |= on.codes.keys()
        assert codes <= {0, 1, 3} and not on.findings, [finding.told for finding in on.findings] or on.codes
        if codes & {0, 1}:
            return
    raise AssertionError(f"every command line ended in {codes}")


@pytest.mark.parametrize("kind", KINDS)
def test_f38_a_hostile_input_is_its_own_problem(kind: str, forks: Forks, server: HostileServer) -> None:
    """No traceback, no crash of ours, no exit 1 without a gate, within time and memory."""
    with attempt(kind, SEED, 0, forks, server, most=4) as on:
        KINDS[kind](on)
    assert on.inputs and [finding.short for finding in on.findings] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_f38_what_was_found_once_is_not_found_again(path: Path, forks: Forks, server: HostileServer) -> None:
    kind = path.parent.name
    with attempt(kind, SEED, 0, forks, server, given=path) as on:
        KINDS[kind](on)
    assert on.inputs and [finding.short for finding in on.findings] == []
