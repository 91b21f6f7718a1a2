"""No regular expression of the package takes the square of a text's length, or does not end at all."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import prompteval
from prompteval.audit.models import model_table
from prompteval.core import secret, unicode, word_splitting
from prompteval.core.text import MAX_NAME
from prompteval.pii import national_ids
from tests.regular_expressions import LENGTH, Found, expressions, fault

SOURCE = Path(prompteval.__file__).parent
# What local names inside a pattern may be.
VALUES: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "prompteval.core.secret": {
        "pattern": [search.__self__.pattern for search in secret._MAYBE],  # type: ignore[attr-defined]
        "longest_first": [["sk-0123456789abcdef", 'p"a\\s/s<w>0rd'], ["aaaaaaaaaaaaaaaa"], ["%41%41%41%41"]],
    },
    "prompteval.audit.models": {
        "row": [{"pattern": pattern.pattern} for pattern, _ in model_table().unpinned]
    },
    "prompteval.core.unicode": {"marks": [unicode._long_run().pattern[1:21]]},
    "prompteval.core.word_splitting": {"letter": [rf"[^\W_{word_splitting._WITHOUT_SPACES}]"]},
    "prompteval.interchange.source": {"name": ["test_cases", "a"]},
    "prompteval.pii.national_ids": {
        "pattern": [
            number.form.pattern.removeprefix(national_ids._BEFORE).removesuffix(national_ids._BEHIND)
            for number in national_ids._NUMBERS
        ],
        "words": [number.words.pattern[5:-3] for number in national_ids._NUMBERS if number.words],
    },
    "prompteval.providers.gemini.batch": {"run_id": ["20261129-070000-0a1b2c"]},
    "prompteval.prompt.parse": {"close": ["</think>", "[/THINK]"]},
    "prompteval.prompt.source_places": {"name": ["message", "a"]},
    "prompteval.store.predictions.jsonl": {"self": [SimpleNamespace(path=Path("log.jsonl"))]},
    "prompteval.workspace.settings_file": {"key": ["timeout_s", "models"]},
}
# Not ours to judge.
ELSEWHERE = {
    "prompteval.interchange.javascript_regex: made": "of the configuration: compiled, and searched by its workspace",
    "prompteval.isolate.pattern_search: pattern": "the user's own: searched in a process with a deadline (B10)",
    "prompteval.testing.fake.answers: reply.when": "written by whoever writes the test",
}


@dataclass(frozen=True, slots=True)
class Narrow:
    """Why a pattern is never given any text: what is used in place of one of LENGTH characters."""

    why: str
    length: int = LENGTH
    behind: str = ""
    at_one_place: bool | None = None


NARROW = {
    "prompteval.core.sentences._LAST_WORD": Narrow("looks at the 24 characters before a full stop", 24),
    "prompteval.core.sentences._LAST_TWO": Narrow("looks at the 24 characters before a full stop", 24),
    "prompteval.providers.openai.errors._SPAN": Narrow("longer headers are refused: LONGEST_SPAN", 40),
    "prompteval.metrics.names._FORM": Narrow("longer names are refused: MAX_NAME", MAX_NAME),
    "prompteval.metrics.ranking_names._FORM": Narrow("longer names are refused: MAX_NAME", MAX_NAME),
    "prompteval.stats.gate._RULE": Narrow("longer rules are refused: MAX_NAME", MAX_NAME),
    "prompteval.corpus.documents.html._TAG": Narrow("the text ends with its last >", behind=">"),
    "prompteval.workspace.yaml12: '[-+]?[0-9]+\\\\Z'": Narrow(
        "matched at its start alone", at_one_place=True
    ),
}


@cache
def found_in(root: Path, package: str = "prompteval") -> list[Found]:
    return list(expressions(root, package, VALUES))


def judged(found: Found) -> str:
    narrow = NARROW.get(found.name, Narrow(""))
    if narrow.at_one_place is not None:
        found = replace(found, at_one_place=narrow.at_one_place)
    return fault(found, narrow.length, narrow.behind)


def test_b24_every_regular_expression_is_known() -> None:
    """B24: of each pattern that is made from values it is said which these are, so that it can be tried."""
    found = [one for one in found_in(SOURCE) if one.name not in ELSEWHERE]
    assert len(found) > 100
    assert not [f"{one.name}: {one.why}" for one in found if one.why]


@pytest.mark.slow
def test_b24_every_regular_expression_is_linear() -> None:
    """B24: each atom and each repeat of each pattern, repeated to thousands of characters, is read at once."""
    found = [one for one in found_in(SOURCE) if one.name not in ELSEWHERE]
    faults = list(filter(None, map(judged, found)))
    assert not faults, "\n".join(faults)


def test_what_is_said_of_patterns_is_said_of_one_that_is_there() -> None:
    """A reason without its pattern would excuse the next one of that name."""
    names = {one.name for one in found_in(SOURCE)}
    assert {*NARROW, *ELSEWHERE} <= names


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"^(?:(\w+)\s?)*\Z",
        r"\s*x",
        r"(x|xx)+y",
        r"<!--.*?-->",
        r"a.*b.*c\Z",
        r"(?:ab|a|b)*\Z",
        r"\d+\.\d+",
    ],
)
def test_a_pattern_that_takes_the_square_is_found(pattern: str) -> None:
    """Exponential ones too, in their time; the same after a prefix, with lookaround and as bytes."""
    assert fault(Found("planted", pattern, re.DOTALL))
    assert fault(Found("planted", rf"(?=\w|\W)(?:{pattern})", re.DOTALL))
    assert fault(Found("planted", pattern.encode(), re.DOTALL))


@pytest.mark.parametrize(
    "pattern", [r"(?>a+)+$", r"[^\W_]+(?:[.,][^\W_]+)*%?", r"(?<!\s)\s++x", r"<[^<>]{1,200}>"]
)
def test_a_linear_pattern_is_left_alone(pattern: str) -> None:
    """What is matched at one place may look to the end once."""
    assert not fault(Found("linear", pattern))
    assert not fault(Found("linear", r"\s*x", at_one_place=True))


MODULE = """
import re
PART = "(a+)+"
_ASSIGNED = re.compile(rf"{PART}$")
TUPLE = (re.compile(PART + "$"),)
def inside(text, local):
    re.sub(r"(a+)+" "$", "", text, flags=re.I)
    return re.compile(r"(a+)+$").match(text) or re.search(f"{local}(a+)+$", text) or _ASSIGNED.match(text)
"""


def test_patterns_are_found_wherever_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In constants, f-strings, sums, tuples and functions; a local name without a value is a fault itself."""
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "__init__.py").write_text("")
    (tmp_path / "planted" / "module.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    found = found_in(tmp_path / "planted", "planted")
    assert sorted(one.pattern for one in found if not one.why) == ["(a+)+$"] * 4
    assert [one.why for one in found if one.why] == ["name 'local' is not defined: give it values"]
    assert [one.at_one_place for one in found if one.name.endswith("_ASSIGNED")] == [True]
    assert all(fault(one) for one in found if not one.why)
