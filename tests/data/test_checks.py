"""Each check finds its fault, names both places, and finds nothing in sound data."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.data import languages
from prompteval.data.balance import balance, check_balance
from prompteval.data.doubt import Answer, doubtful
from prompteval.data.findings import Findings
from prompteval.data.languages import check_languages
from prompteval.data.leaks import Shown, check_corpus, check_examples, check_prompt
from prompteval.data.oddities import check_encodings, check_lengths, check_scripts, script
from prompteval.data.personal import check_personal
from prompteval.data.rows import DataRow, Fields, data_row, read_raw
from prompteval.data.sides import check_conflicts, check_duplicates, check_groups, check_ids, check_times
from prompteval.engine.data.check import CheckOptions, check_files

ROOT = Path(__file__).resolve().parents[2]

QUESTION = "Where is my parcel? It was sent a week ago."


def rows(*given: tuple[str, str] | DataRow) -> list[DataRow]:
    """Rows of (text, split), in one file."""
    made = [one if isinstance(one, DataRow) else DataRow("", 0, "", one[0], split=one[1]) for one in given]
    return [replace(row, path="d.jsonl", line=line, id=f"c{line}") for line, row in enumerate(made, 1)]


def row(text: str = QUESTION, **fields: str) -> DataRow:
    return DataRow(path="", line=0, id="", text=text, **fields)


def codes(findings: Findings) -> list[tuple[int, str]]:
    return [(problem.line, problem.code) for problem in findings.problems()]


def duplicates(*given: tuple[str, str]) -> list[tuple[int, str]]:
    findings = Findings()
    check_duplicates(rows(*given), 0.8, findings)
    return codes(findings)


def test_equal_and_similar_texts_within_and_across_sides() -> None:
    """By NFKC, case and white space; across sides it is an error."""
    upper = QUESTION.upper().replace(" ", "  ")
    assert duplicates((QUESTION, "test"), (upper, "test")) == [(2, "PD101")]
    assert duplicates((QUESTION, "train"), (upper, "test")) == [(2, "PD102")]
    assert duplicates((QUESTION, ""), (QUESTION + " Hm.", "")) == [(2, "PD103")]
    assert duplicates((QUESTION, "train"), (QUESTION + " Hm.", "test")) == [(2, "PD104")]
    assert duplicates((QUESTION, "train"), ("When do you open?", "test"), ("", "train"), ("", "test")) == []


def test_a_group_on_both_sides_is_found_once() -> None:
    """At the first row that is elsewhere."""
    findings = Findings()
    sides = [("train", "u1"), ("test", "u1"), ("test", "u1"), ("test", "u2"), ("", "u1")]
    check_groups(rows(*(row(split=side, group=group) for side, group in sides)), findings)
    assert codes(findings) == [(2, "PD108")]
    assert "'u1'" in findings.problems()[0].message and "d.jsonl:1" in findings.problems()[0].message


def test_train_knows_no_future() -> None:
    """Dates and numbers; the same moment is not later."""
    findings = Findings()
    times = [
        ("train", "2026-01-01"),
        ("test", "2026-02-01"),
        ("train", "2026-02-01T00:00:00Z"),
        ("train", "2026-02-02"),
    ]
    check_times(rows(*(row(split=side, time=time) for side, time in times)), findings)
    assert codes(findings) == [(4, "PD109")]


def test_a_time_that_cannot_be_read_is_an_error() -> None:
    """Such a row is compared with no other, which looks as if it were in order; an empty cell is no time."""
    findings = Findings()
    check_times(rows(*(row(split="train", time=time) for time in ("01/02/2026", "", "2026-01-01"))), findings)
    assert [(one.line, one.code, one.severity) for one in findings.problems()] == [(1, "PD120", "error")]


def test_an_id_of_two_rows_of_one_file_is_reported() -> None:
    """Rows of another file may have the same ids, and rows may have none."""
    findings = Findings()
    given = [DataRow(path, line, id, "t") for path, line, id in
             (("a", 1, "1"), ("a", 2, ""), ("b", 1, "1"), ("a", 3, "1"), ("a", 4, ""))]  # fmt: skip
    check_ids(given, findings)
    assert [(one.path, one.line, one.code) for one in findings.problems()] == [("a", 3, "PD121")]


def test_repeats_of_a_recorded_output_share_their_id(tmp_path: Path) -> None:
    """The key of a file of outputs is the id and its `replicate`, which is 0 where there is none."""
    given: list[dict[str, object]] = [{"id": "a", "text": "t"}, {"id": "a", "replicate": 1, "text": "u"}]
    for again, lines in (({"replicate": 2}, []), ({"replicate": 0}, [3]), ({"replicate": 1}, [3])):
        made = [json.dumps(one) for one in (*given, {"id": "a", "text": "v", **again})]
        (tmp_path / "a.jsonl").write_text("\n".join(made), encoding="utf-8")
        report = check_files([tmp_path / "a.jsonl"], CheckOptions(), None)
        assert [one.line for one in report.problems if one.code == "PD121"] == lines


def test_labels_in_conflict_are_found_and_missing_ones_are_not() -> None:
    """Equal labels of equal texts are a duplicate, and no conflict."""
    findings = Findings()
    check_conflicts(
        rows(row(label="a"), row(label="b"), row(label="a"), row(), row("other", label="b")), findings
    )
    assert codes(findings) == [(2, "PD111")]


def test_balance_is_that_of_the_conventions() -> None:
    """Counts, effective classes, the majority's accuracy, and weights n / (k n_c)."""
    found = balance(["a"] * 90 + ["b"] * 10 + [""])
    assert found is not None and found.counts == {"a": 90, "b": 10} and found.majority == 0.9
    assert found.weights == {"a": pytest.approx(100 / 180), "b": pytest.approx(5.0)}
    assert found.effective == pytest.approx(1.384, abs=1e-3)
    assert balance([]) is None


def test_one_label_alone_is_a_warning() -> None:
    """Always answering it is right every time, so no metric says anything; a few rows may be a beginning."""
    for count, warned in ((10, 1), (3, 0)):
        findings = Findings()
        check_balance(rows(*[row(label="a")] * count), findings)
        assert findings.counts["PD110"] == warned


def test_what_the_readers_of_python_say_is_not_repeated(tmp_path: Path) -> None:
    """A message has the words of the format: no class of Python, and no advice to set one of its limits."""
    for name, text, message in (
        ("l.jsonl", "[1]\nnull\n", "an object, not a list"),
        ("n.jsonl", f'{{"text": {"9" * 5_000}}}\n', "a number of more than 4,300 digits"),
        ("r.csv", "text,label\na,b\rc,d\n", "a carriage return inside a line"),
        ("c.csv", "text,label\na\n", "the row has 1 cell, the header 2"),
    ):
        (tmp_path / name).write_bytes(text.encode())
        with pytest.raises(InvalidInput, match=message):
            list(read_raw(tmp_path / name))


@pytest.mark.parametrize(
    ("a", "b", "warned"), [(50, 50, 0), (95, 5, 1), (100, 10, 1), (20, 9, 1), (90, 12, 0)]
)
def test_imbalance_is_a_warning_with_what_it_does(a: int, b: int, warned: int) -> None:
    """From ten to one, or under ten rows of a class."""
    findings = Findings()
    check_balance(rows(*[row(label="a")] * a, *[row(label="b")] * b), findings)
    assert findings.counts["PD110"] == warned


def test_b12_rows_that_the_model_is_shown() -> None:
    """B12: exact and near examples, the prompt's own text, a document of the corpus; each names its place."""
    findings = Findings()
    given = rows(
        (QUESTION, "test"), (QUESTION + " Hm.", "test"), ("Do you ship to the moon and back?", "test")
    )
    check_examples(given, [Shown("prompts/p/v1.py:14", QUESTION.upper())], 0.8, findings)
    check_prompt(given, [Shown("prompts/p/v1.py:9", f"Answer. For example: {given[2].text}")], findings)
    check_corpus(given, [Shown("faq.md", f"# FAQ\n{given[2].text}\nYes.")], findings)
    assert codes(findings) == [(1, "PD105"), (2, "PD105"), (3, "PD106"), (3, "PD107")]
    assert "prompts/p/v1.py:14" in findings.problems()[0].message


def test_odd_lengths_scripts_and_encodings() -> None:
    """Of a hundred alike rows, those that are not."""
    draw = random.Random(3)
    usual = [(f"{'word ' * draw.randint(5, 15)}{number}", "") for number in range(100)]
    findings = Findings()
    given = rows(
        *usual, ("", ""), ("word " * 9000, ""), ("Где моя посылка, скажите", ""), ("I cannâ€™t wait", "")
    )
    check_lengths(given, findings)
    check_scripts(given, findings)
    check_encodings(given, findings)
    assert codes(findings) == [(101, "PD113"), (102, "PD113"), (103, "PD114"), (104, "PD115")]
    assert script("日本語の文") == "cjk" and script("123") == ""


def test_s21_a_finding_never_has_the_value() -> None:
    """S21: kind and place of personal data and of a key; the text is in no message."""
    findings = Findings()
    key = "sk-proj-" + "a1B2" * 6
    totals = check_personal(rows((f"ask ada@example.org, key {key}", "")), findings)
    assert codes(findings) == [(1, "PD116"), (1, "PD117")] and totals == {"email": 1, "secret": 1}
    printed = json.dumps([str(problem) for problem in findings.problems()])
    assert "ada@" not in printed and key[:12] not in printed


def test_doubtful_labels_are_those_of_confident_learning() -> None:
    """Thresholds are mean confidences of right answers; the furthest above comes first."""
    answers = [Answer(f"r{i}", "a", "a", 0.8) for i in range(5)] + [
        Answer(f"s{i}", "b", "b", 0.6) for i in range(5)
    ]
    wrong = [
        Answer("x", "b", "a", 0.79),
        Answer("y", "b", "a", 0.95),
        Answer("z", "a", "b", 0.7),
        Answer("w", "a", "c", 1.0),
    ]
    found = doubtful([*answers, *wrong])
    assert [(doubt.answer.id, round(doubt.threshold, 2)) for doubt in found] == [("y", 0.8), ("z", 0.6)]
    assert doubtful(reversed([*answers, *wrong])) == found


@pytest.mark.parametrize(
    ("raw", "fields", "text", "label"),
    [
        ({"inputs": {"m": "a", "n": ["b"]}, "expected": {"i": "x"}}, Fields(), "a\nb", "x"),
        ({"inputs": {"m": "a"}, "expected": {"i": "x", "j": "y"}}, Fields(label="expected.j"), "a", "y"),
        ({"inputs.m": "a", "expected.i": "x", "id": "1"}, Fields(), "a", "x"),
        ({"q": "a", "deep": {"label": 3}}, Fields(text="q", label="deep.label"), "a", "3"),
        ({"inputs": "a", "expected": True}, Fields(), "a", "true"),
        ({"inputs": {"m": 1}}, Fields(), "", ""),
    ],
)
def test_rows_of_any_shape(raw: dict[str, object], fields: Fields, text: str, label: str) -> None:
    """Cases, cells of a table, other JSON."""
    found = data_row(raw, "f", 1, fields)
    assert (found.text, found.label) == (text, label)


def test_of_one_code_a_hundred_are_shown() -> None:
    """And the number of the rest."""
    findings = Findings()
    check_duplicates(rows(*[(QUESTION, "")] * 150), None, findings)
    problems: Sequence[object] = findings.problems()
    assert len(problems) == 101 and findings.counts["PD101"] == 149


GERMAN = "Ich habe gestern zweimal dieselbe Rechnung bezahlt und möchte mein Geld zurück, bitte."
ENGLISH = "I have been charged twice for the same order and would like my money back, number {}, please."


def test_a_row_in_another_language_than_the_others_is_odd() -> None:
    """PD114 with both languages; texts of the same script, which the scripts say nothing of."""
    pytest.importorskip("py3langid")
    findings = Findings()
    given = rows(*[(ENGLISH.format(place), "") for place in range(40)], (GERMAN, ""), ("ok", ""))
    assert check_languages(given, findings) == {"en": 40, "de": 1}
    (found,) = findings.problems()
    assert (found.code, found.line) == ("PD114", 41)
    assert "language 'de', and 98% of the rows in 'en'" in found.message


def test_of_many_rows_the_languages_of_a_sample_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rows each time."""
    pytest.importorskip("py3langid")
    monkeypatch.setattr(languages, "MOST_ROWS", 100)
    given = rows(*[(ENGLISH.format(place), "") for place in range(1000)])
    first, second = (check_languages(given, Findings()) for _ in range(2))
    assert first == second and first is not None and 60 < first["en"] < 140


def test_a_file_in_four_languages_has_none_that_is_odd() -> None:
    """Those of the cases of this repository; what is certain is mostly right."""
    pytest.importorskip("py3langid")
    found = check_files([ROOT / "datasets/support_intents.jsonl"], CheckOptions(), None)
    assert found.languages is not None and set(found.languages) == {"en", "de", "es", "fr"}
    assert found.counts["PD114"] == 0


def test_rows_of_one_form_are_reported_once_each() -> None:
    """Not each with each; once more where one is on another side of a split."""
    findings = Findings()
    form = "the very same text here, again and again, until it ends with the number "
    given = [(f"{form}{place}", "test" if place == 30 else "train") for place in range(60)]
    check_duplicates(rows(*given), 0.8, findings)
    assert findings.counts["PD103"] == 58
    assert 1 <= findings.counts["PD104"] <= 30
    assert (31, "PD104") in codes(findings)


def test_a_table_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    """One of both would be lost."""
    (tmp_path / "a.csv").write_text("id,text,text\n1,a,b\n")
    with pytest.raises(InvalidInput, match="duplicate column 'text'"):
        list(read_raw(tmp_path / "a.csv"))
