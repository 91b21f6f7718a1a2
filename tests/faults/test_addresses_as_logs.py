"""The address of a database is no log: it is refused wherever a log is named, and its password is not repeated."""

import pytest

import prompteval
from prompteval.core.errors import UsageError
from tests.forks import shared
from tests.small_workspace import Place

ADDRESS = "postgresql://me:hunter22@127.0.0.1:1/db"


@pytest.mark.parametrize("address", [ADDRESS, f"sqlite:{ADDRESS}", ADDRESS.replace("postgresql", "POSTGRES")])
@pytest.mark.parametrize(
    "command",
    [
        ["serve", "--port", "0", "--unpublished", "--log", "@"],
        ["monitor", "check", "@", "--reference", "last"],
        ["monitor", "check", "log.jsonl", "--reference", "@"],
        ["monitor", "cases", "@", "-o", "cases.jsonl"],
    ],
)
def test_s36_an_address_as_a_log_is_refused(command: list[str], address: str, place: Place) -> None:
    """On the command line; what to do instead is said."""
    place.run()
    place.write("log.jsonl", "")
    done = shared().run(place.root, *[address if part == "@" else part for part in command])
    assert done.code == 2
    assert "holds the address of a database (write postgres, and set the address in" in done.stderr
    assert "hunter22" not in done.stderr + done.stdout


def test_s36_an_address_as_the_log_of_an_application_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file of that name is made."""
    monkeypatch.chdir(place.root)
    before = sorted(place.root.iterdir())
    with pytest.raises(UsageError, match="the log holds the address of a database") as raised:
        prompteval.load("say", log=ADDRESS)
    assert "hunter22" not in str(raised.value) and sorted(place.root.iterdir()) == before
