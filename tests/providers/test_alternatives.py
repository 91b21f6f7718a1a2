"""What else a model might have written in place of the short values of its answer."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.observation import ALTERNATIVES
from prompteval.core.request import Message, Request
from prompteval.core.response_json import response_as_json, response_from_json
from prompteval.providers.openai.alternatives import alternatives_of, short_values
from prompteval.testing.server import FakeServer, Reply
from tests.providers.test_both_apis import ask, each_way, key  # noqa: F401


def tokens(*words: str | tuple[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Each a token that was certain, or the one that was written with all that were probable."""
    found = []
    for word in words:
        text, odds = (word, {word: 1.0}) if isinstance(word, str) else word
        top = [{"token": other, "logprob": math.log(share)} for other, share in odds.items()]
        found.append({"token": text, "logprob": math.log(odds[text]), "top_logprobs": top})
    return found


def of(text: str, given: object) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = alternatives_of(text, given).get(ALTERNATIVES, {})
    return found


@pytest.mark.parametrize(
    "words",
    [
        ['{"', "verdict", '":"', ("yes", {"yes": 0.9, "no": 0.1}), '"}'],
        ['{"verdict":', ' "', ("yes", {"yes": 0.9, "no": 0.1}), '"', "}"],
        ['{"verdict', ('":"yes', {'":"yes': 0.9, '":"no': 0.1}), '"}'],
        ['{"verdict":"', ("y", {"y": 0.9, "no": 0.1}), "es", '"}'],
    ],
)
def test_a_verdict_is_found_however_it_is_cut_into_tokens(words: list[Any]) -> None:
    """Quotes and colons may be in its token or not; the shares are those of its own place."""
    text = "".join(word if isinstance(word, str) else word[0] for word in words)
    found = of(text, tokens(*words))["verdict"]
    assert found['"yes"'] == pytest.approx(0.9)
    assert sum(share for word, share in found.items() if word.startswith('"no')) == pytest.approx(0.1)


def test_a_label_of_several_tokens_takes_the_product_of_its_way() -> None:
    """`not_found` and `not_supported` part at their second token."""
    words = [
        '{"v":"',
        ("not_", {"not_": 0.8, "yes": 0.2}),
        ("found", {"found": 0.75, "supported": 0.25}),
        '"}',
    ]
    found = of('{"v":"not_found"}', tokens(*words))["v"]
    assert found == pytest.approx({'"yes': 0.2, '"not_supported': 0.2, '"not_found"': 0.6})


def test_a_verdict_that_the_reasons_quote_is_text() -> None:
    """Only the field of the answer itself is read, and long texts are not kept."""
    said = {"reasons": 'He wrote {"verdict": "yes"} ' + "x" * 100, "verdict": "no"}
    text = json.dumps(said)
    words = [text[: text.rindex("no")], ("no", {"no": 0.7, "yes": 0.3}), '"}']
    assert of(text, tokens(*words)) == {"verdict": {'"yes': pytest.approx(0.3), '"no"': pytest.approx(0.7)}}


def test_true_and_false_have_no_quotes() -> None:
    """What follows in the same token is cut."""
    found = of('{"ok":true}', tokens('{"ok":', ("true}", {"true}": 0.6, "false}": 0.4})))
    assert found == {"ok": {"false": pytest.approx(0.4), "true": pytest.approx(0.6)}}


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("prose", tokens("prose")),
        ('{"v": "yes"}', tokens("another text")),
        ('{"v": "yes"}', [{"token": '{"v": "yes"}', "logprob": -0.1}]),
        ('{"v": "yes"', tokens('{"v": "yes"')),
        ('{"v": {"w": 1}}', tokens('{"v": {"w": 1}}')),
        ('{"v": "yes"}', [3, None, {"token": 3, "top_logprobs": [1]}]),
        ('{"v": "yes"}', "no list"),
    ],
)
def test_no_alternatives_where_there_are_none(text: str, given: object) -> None:
    """Prose, tokens of another text, tokens without any, and what is no list."""
    found = of(text, given)
    assert found.get("v", {'"yes"': 1.0}) == {'"yes"': 1.0}


@given(
    st.text(max_size=60), st.lists(st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8)))
)
def test_hostile_tokens_never_raise(text: str, given: list[dict[str, object]]) -> None:
    """Whatever a server sends; the probabilities that are kept are some."""
    kept = [share for values in of(text, given).values() for share in values.values()]
    assert all(0.0 < share <= 1.0 for share in kept)
    assert all(text[a:b] for _, a, b in short_values(text))


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=7) | st.booleans() | st.integers(), max_size=4))
def test_the_place_of_each_short_value(values: dict[str, object]) -> None:
    """The text between the places is the value."""
    text = json.dumps(values, indent=1)
    assert {name: json.loads(text[a:b]) for name, a, b in short_values(text)} == values


@each_way
def test_every_way_gives_the_alternatives(api: str, stream: bool) -> None:
    """Chat completions and responses, whole and streamed; a cache keeps them."""
    request = Request("m", (Message("user", "a refund"),), {"logprobs": True, "top_logprobs": 20})
    reply = Reply("refund", output={"reasons": "a", "verdict": "yes"}, odds={"yes": 0.75, "no": 0.25})
    with FakeServer([reply]) as server:
        found = ask(server, api, stream, request)
    assert found.details[ALTERNATIVES]["verdict"] == pytest.approx({'"yes"': 0.75, '"no': 0.25})
    kept = response_from_json(json.loads(json.dumps(response_as_json(found))), "cache")
    assert kept.details[ALTERNATIVES] == found.details[ALTERNATIVES]
