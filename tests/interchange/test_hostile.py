"""Files that were made to hurt: refused with a message, within bounds, and nothing is written outside."""

import json
import zipfile
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.core.registry import resolve, table
from prompteval.interchange import source
from prompteval.interchange.write import workspace_files
from tests.forks import shared

FORMATS = sorted(table("prompteval.importers"))
BROKEN = [
    "",
    "[",
    "{",
    "[1]",
    '{"a": 1',
    "\0",
    "[" * 5_000,
    '{"a": ' * 5_000,
    "a,b\n1",
    "\ufeffx",
    '"x"',
    "- a\n- b: [",
    f'{{"input": {"9" * 5_000}}}',
    f'[{{"input": {"9" * 5_000}}}]',
    '{"input": "a", "input": "b"}',
]


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_broken_ends_with_a_message(tmp_path: Path, format: str) -> None:
    """In every format: exit 2, one line each, no traceback, and nothing is written."""
    for number, text in enumerate(BROKEN):
        (tmp_path / f"{number}.json").write_text(text)
        done = shared().run(tmp_path, "import", format, f"{number}.json", "-o", "made", env={"NO_COLOR": "1"})
        assert done.code in (0, 2, 3) and "Traceback" not in done.stderr and "crash" not in done.stderr, (
            text[:20],
            done,
        )
        assert done.code == 2 or format == "csv", (text[:20], done)
        if done.code != 2:
            break
        assert not (tmp_path / "made").exists()


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before all of it is unpacked; so is one with too many files."""
    with zipfile.ZipFile(tmp_path / "b.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("samples/1.json", " " * 5_000_000)
    monkeypatch.setattr(source, "MAX_IMPORT_BYTES", 1_000_000)
    with pytest.raises(InvalidInput, match="unpacks to more than"):
        source.read_archive(tmp_path / "b.eval")
    monkeypatch.setattr(source, "MOST_ENTRIES", 0)
    with pytest.raises(InvalidInput, match="more than 0 files"):
        source.read_archive(tmp_path / "b.eval")


def test_names_of_records_lead_nowhere(tmp_path: Path) -> None:
    """Ids, names of tasks and of archive members are never paths."""
    log = {
        "eval": {"task": "../../etc/passwd"},
        "samples": [{"id": "../x", "input": "a", "target": "b", "output": {"completion": "b"}}],
    }
    (tmp_path / "log.json").write_text(json.dumps(log))
    files = workspace_files(resolve("prompteval.importers", "inspect")(tmp_path / "log.json"))
    assert sorted(files) == [
        "datasets/passwd.jsonl",
        "evals/passwd.yaml",
        "outputs/passwd.jsonl",
        "prompteval.toml",
    ]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A second import into the same directory is refused, and changes nothing."""
    (tmp_path / "a.csv").write_text("question,expected,output\nx,y,y\n")
    assert shared().run(tmp_path, "import", "csv", "a.csv", "-o", "made").code == 0
    before = (tmp_path / "made/evals/a.yaml").read_text()
    done = shared().run(tmp_path, "import", "csv", "a.csv", "-o", "made")
    assert done.code == 2 and "already exists; nothing was written" in done.stderr
    assert (tmp_path / "made/evals/a.yaml").read_text() == before


def test_an_unknown_format_names_the_nearest(tmp_path: Path) -> None:
    """As every registry does."""
    done = shared().run(tmp_path, "import", "promtfoo", "a.csv", "-o", "made")
    assert done.code == 2 and "did you mean 'promptfoo'?" in done.stderr
