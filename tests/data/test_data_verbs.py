"""`prompteval data` on the command line: files in, files out, exit codes."""

import csv
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prompteval.cli.app import command_line
from prompteval.core.errors import InvalidInput, PromptevalError, UsageError
from prompteval.data.assign import by_hash
from prompteval.data.rows import read_raw
from prompteval.data.split import FileSplit, SplitOptions
from tests.closed_schema import unmet

ROWS = [
    {"id": f"c{number}", "inputs": {"message": f"question {number * 7919} of user {number % 9}, please"},
     "expected": {"intent": "ab"[number % 2]}, "tags": {"user": f"u{number % 9}"}}
    for number in range(200)
]  # fmt: skip


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def code(*arguments: object) -> int:
    """The exit code of a command line; of a user's mistake its own."""
    try:
        return command_line([str(argument) for argument in arguments])
    except PromptevalError as error:
        return error.exit_code
    except BaseException as error:
        if isinstance(error.__cause__, PromptevalError):
            return error.__cause__.exit_code
        raise


def test_b14_split_check_and_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """B14: a file that is shuffled and longer has every row where it was; the manifest tells of a moved one."""
    monkeypatch.chdir(tmp_path)
    source, output = write(tmp_path / "a.jsonl", ROWS[:150]), tmp_path / "s.jsonl"
    for more in ([], ["--stratify", "expected.intent"], ["--group", "tags.user"]):
        assert code("data", "split", source, "-o", output, *more) == 0
        first = {row["id"]: row["split"] for row in read(output)}
        grown = write(tmp_path / "b.jsonl", [*ROWS[150:], *reversed(read(output))])
        assert code("data", "split", grown, "-o", tmp_path / "t.jsonl", *more) == 0
        again = {row["id"]: row["split"] for row in read(tmp_path / "t.jsonl")}
        assert {name: again[name] for name in first} == first and len(again) == 200
    assert code("data", "check", output, "--near", 1) == 0
    rows = read(output)
    write(output, [{**rows[0], "split": "dev" if rows[0]["split"] != "dev" else "test"}, *rows[1:]])
    assert code("data", "check", output, "--near", 1) == 1


@pytest.mark.parametrize(
    "rows", [ROWS[:150], [{"id": f"r{n}", "inputs": {"a": "mail me: x@example.org"}} for n in range(3)]]
)
def test_a_check_meets_the_published_schema(
    rows: list[dict[str, object]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With labels and without, with problems and without."""
    monkeypatch.chdir(tmp_path)
    code("data", "check", write(tmp_path / "a.jsonl", rows), "--json")
    found = json.loads(capsys.readouterr().out)
    assert bool(found["problems"]) is ("@" in str(rows)) and unmet("data-check", found) == []


def test_redact_masks_alike_everywhere_and_opens_no_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One value, one pseudonym over two files; the source is left alone, and no connection is tried."""

    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("REDACTION_KEY", "0123456789abcdef0123")
    masked = []
    for name in ("a", "b"):
        source = write(
            tmp_path / f"{name}.jsonl",
            [{"id": name, "deep": [{"mail": "Ada@example.org"}], "card": 4111111111111111}],
        )
        before = source.read_bytes()
        assert (
            code("data", "redact", source, "-o", tmp_path / f"{name}.m.jsonl", "--key-env", "REDACTION_KEY")
            == 0
        )
        masked.append(read(tmp_path / f"{name}.m.jsonl")[0])
        assert source.read_bytes() == before
    assert masked[0]["deep"] == masked[1]["deep"] and masked[0]["card"] == masked[1]["card"]
    assert masked[0]["deep"][0]["mail"].startswith("[EMAIL:") and masked[0]["card"].startswith("[CARD:")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["redact", "a.jsonl", "-o", "a.jsonl"], 2),
        (["redact", "a.jsonl", "-o", "b.csv"], 2),
        (["redact", "a.jsonl", "-o", "b.jsonl", "--kinds", "emial"], 2),
        (["redact", "a.jsonl", "-o", "b.jsonl", "--key-env", "NOT_SET_ANYWHERE"], 2),
        (["split", "a.jsonl", "-o", "b.jsonl", "--ratios", "train=.7"], 2),
        (["split", "a.jsonl", "-o", "b.jsonl", "--time", "nothing"], 2),
        (["check", "nope.jsonl"], 2),
        (["check", "empty.jsonl"], 5),
        (["check", "bad.jsonl"], 2),
        (["check", "a.jsonl", "--fail-on", "eror"], 2),
        (["check", "a.jsonl", "--reference", "train"], 2),
        (["check", "a.jsonl", "--reference", "train=a.jsonl"], 1),
        (["check", "a.jsonl", "--near", "1"], 0),
    ],
)
def test_exit_codes(
    arguments: list[str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2 for a mistake, 5 for nothing, 1 for findings; outside of any workspace."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.jsonl", ROWS)
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "bad.jsonl").write_text("{}\nnope\n")
    assert code("data", *arguments) == expected
    assert not (tmp_path / "b.jsonl").exists()


def test_a_table_of_any_columns_keeps_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CSV in, CSV out, with the side as the last column."""
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "a.csv"
    source.write_text(
        'message,label,when\n"hello, you",x,2026-01-01\n"two\nlines",y,2026-02-01\n', encoding="utf-8"
    )
    assert code("data", "split", source, "-o", "b.csv", "--time", "when", "--ratios", "train=.5,test=.5") == 0
    assert Path("b.csv").read_text() == (
        'message,label,when,split\n"hello, you",x,2026-01-01,train\n"two\nlines",y,2026-02-01,test\n'
    )
    assert code("data", "check", "b.csv", "--text", "message", "--label", "label", "--time", "when") == 0


def test_b7_tables_as_spreadsheets_write_them(tmp_path: Path) -> None:
    """B7: a byte order mark, `;`, CRLF, cells with line breaks; a byte that is not UTF-8 at its line."""
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffmessage;label\r\n"one; two";x\r\n"a\r\nb";y\r\n'.encode())
    assert [(line, raw["message"]) for line, raw in read_raw(path)] == [(2, "one; two"), (3, "a\nb")]
    path.write_bytes(b"message,label\na,x\n\xff,y\n")
    with pytest.raises(InvalidInput, match=r"a\.csv:3:1 PE104"):
        list(read_raw(path))


@pytest.mark.parametrize(
    "line", ['{"a": NaN}', '{"a": ' + "[" * 5000, '{"a": 1, "a": 2}', "[1]", "\x00", '"text"']
)
def test_b6_a_bad_line_is_a_problem_at_its_line(line: str, tmp_path: Path) -> None:
    """B6: never a crash, and the line is named."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": "fine"}\n' + line + "\n")
    with pytest.raises(InvalidInput, match=r"a\.jsonl:2:"):
        list(read_raw(path))


def test_lone_surrogates_are_rows_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checked, split and masked without a crash, and kept as they are."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.jsonl", [{"id": "x", "inputs": {"m": "half \ud800 a pair, long enough"}}])
    assert code("data", "check", "a.jsonl") == 0
    assert code("data", "split", "a.jsonl", "-o", "b.jsonl") == 0
    assert code("data", "redact", "a.jsonl", "-o", "c.jsonl") == 0
    assert read(tmp_path / "c.jsonl")[0]["inputs"]["m"] == "half \ud800 a pair, long enough"


def test_annotations_name_files_from_the_root_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """GitHub and SARIF look for paths there; and no line of the file is quoted, whose rows may be personal."""
    (tmp_path / ".git").mkdir()
    inner = tmp_path / "services" / "bot"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    write(inner / "a.jsonl", [ROWS[0], {**ROWS[0], "id": "again"}])
    for style, named in (("github", "file=services/bot/a.jsonl"), ("sarif", '"uri": "services/bot/a.jsonl"')):
        code("data", "check", "a.jsonl", "--output-format", style)
        shown = capsys.readouterr().out
        assert named in shown and "please" not in shown


def test_a_long_text_is_a_cell_like_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The csv module stops at 131,072 characters; a line may have twenty million bytes."""
    monkeypatch.chdir(tmp_path)
    csv.field_size_limit(131_072)
    (tmp_path / "long.csv").write_text('id,text\n1,"' + "a, " * 60_000 + '"\n2,b\n')
    assert code("data", "check", "long.csv", "--near", 1, "--fail-on", "error") == 0
    (_, long), (_, short) = read_raw(tmp_path / "long.csv")
    assert len(long["text"]) == 180_000 and short["text"] == "b"


@pytest.mark.parametrize("option", ["--text", "--label", "--group", "--time", "--split"])
def test_a_named_field_that_no_row_has_is_refused(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelled field would check nothing and end with 0; the nearest name is suggested."""
    source = write(tmp_path / "a.jsonl", [{"id": "1", "inputs": {"message": "hello"}, "tags": {"user": ""}}])
    with pytest.raises(
        UsageError, match=rf"{option} inputs\.mesage: no row of .*did you mean 'inputs\.message'"
    ):
        command_line(["data", "check", str(source), option, "inputs.mesage"])
    assert code("data", "check", source, option, "tags.user") == 2  # a field that is always empty


def test_a_split_by_a_field_that_no_row_has_writes_nothing(tmp_path: Path) -> None:
    """Rows would be split one by one, as if each were a group; `--id` too."""
    source, output = write(tmp_path / "a.jsonl", ROWS), tmp_path / "s.jsonl"
    for option in ("--group", "--id"):
        assert code("data", "split", source, "-o", output, option, "tags.usr") == 2
    assert sorted(tmp_path.iterdir()) == [source]


def test_an_id_that_is_named_must_be_there_also_where_it_is_the_default(tmp_path: Path) -> None:
    """`--id id` is refused for rows without one, which are their content where nothing is named."""
    rows = [{"case_id": f"c{n}", "text": f"t {n}"} for n in range(20)]
    source, output = write(tmp_path / "a.jsonl", rows), tmp_path / "s.jsonl"
    with pytest.raises(UsageError, match=r"--id id: no row of .* has a value in 'id'"):
        command_line(["data", "split", str(source), "-o", str(output), "--id", "id"])
    assert sorted(tmp_path.iterdir()) == [source]
    assert code("data", "split", source, "-o", output) == 0 and len(read(output)) == 20
    assert code("data", "split", write(source, ROWS), "-o", output, "--id", "id") == 0
    assert json.loads((tmp_path / "s.jsonl.manifest.json").read_text())["id"] == "id"


@pytest.mark.parametrize("group", [lambda n: float(n), lambda n: n % 2 == 0, lambda n: f"u{n}"])
def test_a_group_of_any_scalar_stays_together(group: Callable[[int], object], tmp_path: Path) -> None:
    """Numbers of users that a table made floats, and booleans: each value is on one side."""
    rows = [{"id": str(n), "text": f"t {n}", "user": group(n % 5)} for n in range(60)]
    source, output = write(tmp_path / "a.jsonl", rows), tmp_path / "s.jsonl"
    for more in ([], ["--stratify", "user"]):
        assert code("data", "split", source, "-o", output, "--group", "user", *more) == 0
        sides = {(row["user"], row["split"]) for row in read(output)}
        assert len(sides) == len({row["user"] for row in rows})


def test_the_sides_of_groups_that_are_booleans_do_not_move(tmp_path: Path) -> None:
    """The hashed name of one is Python's: files that were split by it stay as they are."""
    source = write(tmp_path / "a.jsonl", [{"id": "1", "new": True}, {"id": "2", "new": False}])
    for seed in range(8):
        options = SplitOptions({"train": 0.5, "test": 0.5}, salt=f"s{seed}", group="new")
        sides = [row["split"] for row in FileSplit.of(source, options).rows()]
        assert sides == [by_hash(f"group:{one}", options.ratios, options.salt) for one in ("True", "False")]


def test_masked_names_of_fields_and_numbers_lose_no_value(tmp_path: Path) -> None:
    """A mapping by address keeps each of its values; a card is masked as a float of a table too."""
    row = {"who": {"a@example.org": 1, "b@example.org": 2}, "card": 4111111111111111.0, "n": 12.5}
    assert code("data", "redact", write(tmp_path / "a.jsonl", [row]), "-o", tmp_path / "b.jsonl") == 0
    assert read(tmp_path / "b.jsonl") == [
        {"who": {"[EMAIL]": 1, "[EMAIL] (2)": 2}, "card": "[CARD]", "n": 12.5}
    ]


def test_a_masked_name_of_a_field_is_of_one_person_in_the_whole_file(tmp_path: Path) -> None:
    """In whatever order the fields of a row are, and where the first name is missing; a mask may be there."""
    john, mary, sue, mask = "john@x.de", "mary@x.de", "sue@x.de", "[EMAIL] (3)"
    rows = [{john: 1, "n": [{mary: 2}]}, {mary: 2, john: 1, mask: 4}, {sue: 3, mask: 4}]
    assert code("data", "redact", write(tmp_path / "a.jsonl", rows), "-o", tmp_path / "b.jsonl") == 0
    first, second = "[EMAIL]", "[EMAIL] (2)"
    assert read(tmp_path / "b.jsonl") == [
        {first: 1, "n": [{second: 2}]}, {second: 2, first: 1, mask: 4}, {"[EMAIL] (4)": 3, mask: 4},
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_text_in_utf_16_is_refused_rather_than_called_clean(encoding: str, tmp_path: Path) -> None:
    """No pattern finds an address in it, and the copy would hold all of them."""
    (tmp_path / "a.txt").write_bytes("mail a@example.org".encode(encoding))
    assert code("data", "redact", tmp_path / "a.txt", "-o", tmp_path / "b.txt") == 2
    assert not (tmp_path / "b.txt").exists()


def test_a_split_says_which_rows_keep_their_side_and_which_move(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A side that no ratio names is counted too: shares of all rows add up to 1."""
    sides = ["train", "validation", ""]
    rows = [
        {"id": str(n), "text": "t", "label": "a", "user": n // 3, "split": sides[n % 3]} for n in range(30)
    ]
    source, output = write(tmp_path / "a.jsonl", rows), tmp_path / "b.jsonl"
    code("data", "split", source, "-o", output, "--stratify", "label")
    found = capsys.readouterr()
    assert "validation 10 (33.3%)" in found.out and "20 rows kept the side in the file" in found.err
    code("data", "split", source, "-o", output, "--stratify", "label", "--group", "user")
    found = capsys.readouterr()
    assert "10 rows moved to another side than in the file" in found.err


@pytest.mark.parametrize("more", [[], ["--stratify", "label"], ["--time", "at"]])
def test_a_split_of_no_rows_writes_nothing(more: list[str], tmp_path: Path) -> None:
    """An empty output beside a manifest would look like a split."""
    source = write(tmp_path / "a.jsonl", [])
    assert code("data", "split", source, "-o", tmp_path / "b.jsonl", *more) == 5
    assert list(tmp_path.iterdir()) == [source]
