"""The journal of attempts survives whatever ends the process."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prompteval.core.errors import StoreError, UsageError
from prompteval.core.notice import Notice
from prompteval.core.request import Usage
from prompteval.store.journal import AttemptJournal, read_attempts
from prompteval.store.results import SqliteStore

CASE = ("suite", "p@v1", "m", "c1", 0)


def test_f19_an_attempt_whose_end_was_not_seen_is_possibly_billed(tmp_path: Path) -> None:
    """A process that is killed between the two notes leaves the first, at once and for good."""
    code = (
        "import os, signal, sys; from pathlib import Path; from prompteval.store.journal import AttemptJournal\n"
        "journal = AttemptJournal(Path(sys.argv[1]), 'r1')\n"
        "first = journal.begin(('suite', 'p@v1', 'm', 'c1', 0), 'sha256:1')\n"
        "journal.end(first, 'ok', 5.0, billed=True, usage=None)\n"
        "journal.begin(('suite', 'p@v1', 'm', 'c2', 0), 'sha256:2')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-B", "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -9
    found = list(read_attempts(tmp_path / "attempts-r1.jsonl"))
    assert [(one[4], one[8], one[10]) for one in found] == [("c1", "ok", 1), ("c2", None, 1)]


def test_f36_a_journal_removed_while_it_is_opened_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder ends its run between the opening and the lock: what is then written still has a name."""
    holder = AttemptJournal(tmp_path, "r1")
    lock = fcntl.flock

    def end_first(file: int, operation: int) -> None:
        holder.close(remove=True)
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", end_first)
    journal = AttemptJournal(tmp_path, "r1")
    journal.begin(CASE, "sha256:1")
    assert len(list(read_attempts(journal.path))) == 1
    journal.close(remove=True)


def test_only_one_process_runs_a_run(tmp_path: Path) -> None:
    """A second one is told so."""
    journal = AttemptJournal(tmp_path, "r1")
    with pytest.raises(UsageError, match="being run by another process"):
        AttemptJournal(tmp_path, "r1")
    journal.close(remove=True)
    AttemptJournal(tmp_path, "r1").close(remove=True)
    assert not list(tmp_path.iterdir())


def test_a_line_cut_by_a_full_disk_is_passed_over(tmp_path: Path) -> None:
    """Its attempt never began."""
    journal = AttemptJournal(tmp_path, "r1")
    journal.end(journal.begin(CASE, "k"), "ok", 1.0, billed=True, usage=Usage(7, 3))
    journal.close(remove=False)
    path = tmp_path / "attempts-r1.jsonl"
    path.write_bytes(path.read_bytes() + b'[1,["suite"')
    assert [one[-2:] for one in read_attempts(path)] == [(7, 3)]


def test_f24_a_journal_that_cannot_be_written_stops_the_call(tmp_path: Path) -> None:
    """The attempt does not start: the error comes before it."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    journal = AttemptJournal(tmp_path, "r1")
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal._file)
    os.close(full)
    with pytest.raises(StoreError, match="No space left"):
        journal.begin(CASE, "k")


def test_attempts_become_rows(tmp_path: Path) -> None:
    """In order, with the unseen ones counted by who made them, and the next number known."""
    journal = AttemptJournal(tmp_path, "r1", first=3)
    journal.begin(CASE, "k1")
    journal.end(journal.begin(CASE, "k2"), "timeout", 9.0, billed=True, usage=None)
    store = SqliteStore.open(tmp_path / "r.sqlite")
    store.begin_run("r1", {}, "now")
    store.add_attempts("r1", read_attempts(journal.path))
    journal.close(remove=True)
    assert [(one[0], one[8]) for one in store.attempts("r1")] == [(3, None), (4, "timeout")]
    assert store.unseen_attempts("r1") == {("suite", "p@v1", "m"): 1}
    assert (store.next_attempt("r1"), store.next_attempt("r2")) == (5, 0)
    store.close()


@pytest.mark.parametrize(
    "line",
    [b"", b"[", b"[" * 5000, b"[1]", b'[1,"ok"]', b'["x",["s","t","m","c",0],"k",1]', b'[1,["s","t","m",5,0],"k",1]',
     b'[1,["s","t","m","c",0],"k",1e999]', b'[7,"ok",1,1,2,3]', b'[0,"ok",1,2,3,4]', b'[0,"ok",1,1,' + b"9" * 30 + b",4]",
     b'[0,"ok",NaN,1,3,4]', b"\xff", b"null", b'[1,["s","t","m","\\ud800",0],"k",1]', b'[1,["s","t","m","c",0],"\\ud800",1]',
     b'[0,"\\udfff",1,1,2,3]'],
)  # fmt: skip
def test_f38_a_line_that_no_journal_writes_is_passed_over(line: bytes, tmp_path: Path) -> None:
    """The attempts around it count, and a notice names the file, the line and what is not counted."""
    journal = AttemptJournal(tmp_path, "r1")
    attempt = journal.begin(CASE, "k")
    with journal.path.open("ab") as file:
        file.write(line + b"\n")
    journal.end(attempt, "ok", 1.0, billed=True, usage=Usage(7, 3))
    journal.close(remove=False)
    with pytest.warns(Notice, match=r"attempts-r1\.jsonl:2: 1 line of the journal"):
        assert [one[-2:] for one in read_attempts(journal.path)] == [(7, 3)]


def test_s33_a_journal_is_no_link_and_no_pipe(tmp_path: Path) -> None:
    """Nothing is written where it leads, and nobody is waited for; an old one becomes private."""
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "attempts-r1.jsonl").symlink_to("victim")
    os.mkfifo(tmp_path / "attempts-r2.jsonl")
    for run in ("r1", "r2"):
        with pytest.raises(StoreError, match=r"is a symbolic link|cannot be written"):
            AttemptJournal(tmp_path, run)
    assert (tmp_path / "victim").read_text() == "precious"
    (tmp_path / "attempts-r3.jsonl").write_text("")
    (tmp_path / "attempts-r3.jsonl").chmod(0o644)
    AttemptJournal(tmp_path, "r3").close(remove=False)
    assert (tmp_path / "attempts-r3.jsonl").stat().st_mode & 0o777 == 0o600
