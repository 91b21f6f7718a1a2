"""S30: what is written of personal data, measured in the file itself."""

import json
from collections import Counter
from pathlib import Path

import pytest

from prompteval.core.prediction import Feedback, Prediction
from prompteval.engine.logged_inputs import LogInputs, closed_inputs, features, reduced
from prompteval.engine.prediction_log import open_log
from prompteval.prompt.loader import load_prompt
from prompteval.workspace.tree import WorkingTree
from tests.serve.conftest import ROUTE, serving

TEXTS = Path("../shared/data/presidio_synth/texts.jsonl")
# By kind of the labelled set: the least share that must be masked. Names and places have no form to find.
LEAST = {"EMAIL_ADDRESS": 1.0, "IBAN_CODE": 1.0, "US_SSN": 0.95, "CREDIT_CARD": 0.95, "IP_ADDRESS": 1.0, "PHONE_NUMBER": 0.5}  # fmt: skip
MAIL, CARD, IBAN = "ann.lee@example.org", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00"


def _record(message: object, output: object = None) -> Prediction:
    return Prediction(1.8e9, "r", "p@v1", "f", "m", "ok", 1.0, output, {"message": message})


@pytest.mark.parametrize("policy", ["redacted", "features"])
def test_s30_personal_data_is_masked_before_it_is_written(tmp_path: Path, policy: LogInputs) -> None:
    """In inputs at any depth, in names of fields, in numbers, in the output and in feedback."""
    log = open_log(str(tmp_path / "log.jsonl"), policy)
    deep = {"to": [MAIL, {"card": CARD, MAIL: 1}], "number": 4111111111111111, "n": 7}
    log.record(_record(deep, {"answer": f"sent to {MAIL}", "account": IBAN}))
    log.record(Feedback("r", label={"team": MAIL}, comment=f"call me: {CARD}"))
    log.close()
    text = (tmp_path / "log.jsonl").read_text()
    for value in (MAIL, CARD, IBAN, "4111111111111111"):
        assert value not in text
    assert "[EMAIL]" in text and log.written == 2


def test_s30_full_keeps_all_but_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that has the shape of one is hidden under every policy."""
    log = open_log(str(tmp_path / "log.jsonl"), "full")
    log.record(_record(f"{MAIL} sk-proj-abcdefghijklmnop1234567890"))
    log.close()
    text = (tmp_path / "log.jsonl").read_text()
    assert MAIL in text and "sk-proj-abcdefghijklmnop" not in text


def test_s30_recall_on_a_labelled_set(tmp_path: Path) -> None:
    """1,500 synthetic texts with labelled spans, read back from the log: the share of values that are not in it."""
    if not TEXTS.exists():
        pytest.skip("../shared/data/presidio_synth is absent")
    rows = [json.loads(line) for line in TEXTS.read_text("utf-8").splitlines()]
    log = open_log(str(tmp_path / "log.jsonl"))
    for row in rows:
        log.record(_record(row["text"]))
    log.close()
    written = [
        json.loads(line)["inputs"]["message"] for line in (tmp_path / "log.jsonl").read_text().splitlines()
    ]
    spans, masked = Counter[str](), Counter[str]()
    for row, text in zip(rows, written, strict=True):
        for span in row["spans"]:
            spans[span["type"]] += 1
            masked[span["type"]] += span["value"] not in text
    for kind, count in spans.most_common():
        print(f"{kind}: {masked[kind]} of {count} masked ({masked[kind] / count:.3f})")
    assert {kind for kind, least in LEAST.items() if masked[kind] / spans[kind] < least} == set()


def test_features_keep_what_is_declared_and_lengths_of_the_rest(tmp_path: Path) -> None:
    """A label of a few words, a boolean and a number have values; a text has its length."""
    (tmp_path / "prompts/route").mkdir(parents=True)
    fields = "    urgent: bool = False\n    amount: float | None = None\n    items: list[str] = []\n"
    source = ROUTE.replace("class Output", f"{fields}\nclass Output")
    (tmp_path / "prompts/route/v1.py").write_text(source)
    closed = closed_inputs(load_prompt(WorkingTree(tmp_path), "route", 1))
    assert closed == {"channel", "urgent"}
    inputs = {"message": "héllo", "channel": "chat", "urgent": True, "amount": 2.5, "items": ["a"], "x": None}
    assert features(inputs, closed) == {
        "message": {"length": 5}, "channel": {"value": "chat"}, "urgent": {"value": True}, "amount": {"value": 2.5},
        "items": {"length": 1}, "x": {"value": None},
    }  # fmt: skip
    found = reduced(Prediction(1.0, "r", "p@v1", "f", "m", "ok", 1.0, "x", inputs), "features", closed)
    assert isinstance(found, Prediction) and found.inputs is None and found.output == "x"


def test_s30_a_service_masks_by_default(tmp_path: Path) -> None:
    """The answer has what was asked, the log does not."""
    with serving(tmp_path, "--log", "log.jsonl") as (service, _):
        assert service.ask(f"{MAIL} wants to pay with {CARD}").status == 200
        service.stop()
        text = (tmp_path / "log.jsonl").read_text()
        assert MAIL not in text and CARD not in text and "[EMAIL] wants to pay with [CARD]" in text
