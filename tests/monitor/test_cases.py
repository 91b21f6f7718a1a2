"""`monitor cases` and `monitor init`: logged rows into cases to review, a reference into thresholds."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prompteval.cases.record import to_case
from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.prediction import Feedback
from prompteval.monitor.cases import grown_cases, read_labels
from prompteval.monitor.config import load_config
from prompteval.monitor.init import class_field, config_text
from prompteval.monitor.pick import PICKS, PickRules
from prompteval.workspace.settings import Workspace
from tests.monitor.logs import predictions, write_log


def nowhere() -> Workspace:
    raise AssertionError("a log needs no workspace")


def rows_of(lines: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def texts(n: int, **more: Any) -> list[Any]:
    """Rows with different messages."""
    rows = predictions(n, **more)
    return [
        replace(row, inputs={"message": f"message {i} of {row.request_id}"}) for i, row in enumerate(rows)
    ]


def test_labelled_and_wrong_rows_become_cases_with_where_they_came_from(tmp_path: Path) -> None:
    """The label in the form of the output; the tags say which row, of which prompt, on which day."""
    rows = texts(100)
    right = [Feedback(row.request_id, label=row.output["intent"]) for row in rows[:20]]
    wrong = [Feedback(row.request_id, label="other") for row in rows[20:30]]
    log = write_log(tmp_path / "log.jsonl", [*rows, *right, *wrong])
    found = grown_cases(log, PickRules(("wrong", "labelled"), 50, "intent"))
    cases = rows_of(found.lines)
    assert found.picks == {"wrong": 10, "labelled": 20} and found.unlabelled == 0
    first = next(case for case in cases if case["tags"]["picked"] == "wrong")
    assert first["expected"] == {"intent": "other"} and first["tags"]["prompt"] == "route_ticket@v1"
    assert {"source", "predicted", "model", "day", "request_id"} <= set(first["tags"])
    assert all(to_case(case, 1, None)[1] == [] for case in cases)
    assert len({case["id"] for case in cases}) == 30


def test_doubtful_drifted_and_sampled_rows(tmp_path: Path) -> None:
    """Those of least confidence, those of the classes that rose, as many of each class; each row once."""
    rows = [replace(row, confidence=i / 1000) for i, row in enumerate(texts(1000))]
    log = write_log(tmp_path / "log.jsonl", rows)
    found = grown_cases(log, PickRules(PICKS, 40, "intent", 0, ("escalate",)))
    cases = rows_of(found.lines)
    by = {pick: [case for case in cases if case["tags"]["picked"] == pick] for pick in PICKS}
    assert {case["tags"]["request_id"] for case in by["doubtful"]} == {row.request_id for row in rows[:40]}
    assert {case["tags"]["predicted"] for case in by["drifted"]} == {"escalate"} and len(by["drifted"]) == 40
    counts = [
        sum(case["tags"]["predicted"] == name for case in by["sample"]) for name in ("billing", "escalate")
    ]
    assert counts == [10, 10] and found.unlabelled == len(cases)
    again = grown_cases(log, PickRules(PICKS, 40, "intent", 0, ("escalate",)))
    assert again.lines == found.lines


def test_s30_what_is_personal_is_masked_and_what_is_there_is_left_out(tmp_path: Path) -> None:
    """An address and a card in a message; a duplicate by case and space; one of the golden cases."""
    said = ["write to jo.doe@example.org", "Where is it?", "where  is IT?", "known already"]
    rows = [replace(row, inputs={"message": text}) for row, text in zip(predictions(4), said, strict=True)]
    log = write_log(tmp_path / "log.jsonl", rows)
    found = grown_cases(log, PickRules(("sample",), 50, "intent"), existing=[{"message": "Known already"}])
    messages = [case["inputs"]["message"] for case in rows_of(found.lines)]
    assert len(messages) == 2 and found.duplicates == 2
    assert "[EMAIL]" in "".join(messages) and "jo.doe" not in "".join(found.lines)
    assert found.masked == {"email": 1}


def test_a_file_of_labels_wins_and_a_wrong_line_is_a_problem(tmp_path: Path) -> None:
    """By request id; each wrong line with its number."""
    rows = texts(5)
    log = write_log(tmp_path / "log.jsonl", [*rows, Feedback(rows[0].request_id, label="billing")])
    labels = tmp_path / "labels.jsonl"
    labels.write_text(json.dumps({"request_id": rows[0].request_id, "label": {"intent": "general"}}) + "\n")
    (case,) = rows_of(grown_cases(log, PickRules(("labelled",), 9, "intent"), labels=labels).lines)
    assert case["expected"] == {"intent": "general"}
    labels.write_text('{"label": "a"}\n\n[]\n')
    with pytest.raises(InvalidInput) as error:
        grown_cases(log, PickRules(("labelled",), 9), labels=labels)
    assert [(problem.line, problem.code) for problem in error.value.problems] == [(1, "PE604"), (3, "PE604")]


def test_a_file_of_labels_may_have_a_mark_and_odd_line_separators(tmp_path: Path) -> None:
    """A byte order mark, CRLF, and U+2028 within a comment, which ends no line of JSON."""
    labels = tmp_path / "labels.jsonl"
    lines = [{"request_id": name, "label": "a", "comment": "one\u2028two"} for name in "xy"]
    text = "\r\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    labels.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert {name: one.comment for name, one in read_labels(labels).items()} == dict.fromkeys(
        "xy", "one\u2028two"
    )


def test_a_log_without_inputs_says_how_to_have_them(tmp_path: Path) -> None:
    """Features alone make no case."""
    rows = predictions(5, inputs=None, features={"message": {"length": 3}})
    log = write_log(tmp_path / "log.jsonl", rows)
    with pytest.raises(UsageError, match="--log-inputs redacted"):
        grown_cases(log, PickRules(("sample",), 5))


def test_init_writes_a_file_that_is_read_and_says_what_it_detects(tmp_path: Path) -> None:
    """Thresholds from the reference, the field that is a class, and the counts at which they can be shown."""
    rows = texts(2000)
    labels = [Feedback(row.request_id, label=row.output["intent"]) for row in rows[:500]]
    reference = write_log(tmp_path / "reference.jsonl", [*rows, *labels])
    text = config_text(reference, nowhere, per_day=5000, prompt="", suite="")
    path = tmp_path / "monitor.yaml"
    path.write_text(text)
    config = load_config(path)
    signals = config.signals
    assert signals.predictions is not None and signals.predictions.field == "intent"
    assert signals.latency is not None and 150 < (signals.latency.p99_ms or 0) < 400
    assert signals.feedback is not None and config.file.prompt == "route_ticket"
    assert "in a day, by" in text and "it is too_few" in text and "5,000 rows" in text


def test_the_field_of_an_output_that_is_a_class() -> None:
    """The one whose few values repeat; a text is none; an only field is that."""
    outputs = [{"reason": f"because {n}", "intent": "ab"[n % 2], "ok": True} for n in range(40)]
    assert class_field(outputs) == "intent"
    assert class_field(["a", "b"]) == "" and class_field([]) == ""


def test_a_label_of_a_failed_call_is_of_the_field_of_the_others(tmp_path: Path) -> None:
    """A call that failed has no output whose form says what is expected; a text output has no fields."""
    rows = texts(3)
    failed = replace(rows[2], outcome="error", output=None)
    labels = [Feedback(row.request_id, label="billing") for row in rows]
    log = write_log(tmp_path / "log.jsonl", [*rows[:2], failed, *labels])
    found = grown_cases(log, PickRules(("wrong", "labelled"), 9))
    assert [case["expected"] for case in rows_of(found.lines)] == [{"intent": "billing"}] * 3
    plain = [replace(row, output="a text") for row in rows]
    found = grown_cases(write_log(tmp_path / "b.jsonl", [*plain, *labels]), PickRules(("labelled",), 9))
    assert {case["expected"] for case in rows_of(found.lines)} == {"billing"}
