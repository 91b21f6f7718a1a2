"""A short slice of the fuzzing: the corpus as it is, and a few inputs of every kind with a fixed seed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forks import Forks
from tests.fuzz.attempt import CORPUS, attempt
from tests.fuzz.kinds import KINDS
from tests.fuzz.replies import HostileServer

SEED = 20261128
FOUND = sorted(path for path in CORPUS.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.close()


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    made = HostileServer()
    yield made
    made.close()


@pytest.mark.parametrize("kind", KINDS)
def test_f38_a_hostile_input_is_its_own_problem(kind: str, forks: Forks, server: HostileServer) -> None:
    """No traceback, no crash of ours, no exit 1 without a gate, within time and memory."""
    with attempt(kind, SEED, 0, forks, server) as on:
        KINDS[kind](on)
    assert on.inputs and [finding.short for finding in on.findings] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_f38_what_was_found_once_is_not_found_again(path: Path, forks: Forks, server: HostileServer) -> None:
    kind = path.parent.name
    with attempt(kind, SEED, 0, forks, server, given=path) as on:
        KINDS[kind](on)
    assert on.inputs and [finding.short for finding in on.findings] == []
