"""Whole runs of conversations, scripted and with a simulated user, against a server on loopback."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from prompteval.testing.server import FakeServer, Fault, Reply
from tests.faults.conftest import Live

PROMPT = """
from typing import Any
from pydantic import BaseModel
from prompteval import Prompt, history, system, user

class Inputs(BaseModel):
    turns: list[dict[str, Any]]
    message: str

prompt = Prompt(inputs=Inputs, output=str, messages=[
    system("Be brief."), history("turns"), user("<{{ message }}>"),
])
"""
SUITE = """prompt: help
cases: ../datasets/c.jsonl
models: [m]
scorers: [SCORER]
metrics: [accuracy]
"""
REPLIES = [Reply("one", text="1"), Reply("two", text="2"), Reply("three", text="3")]
ONE, TWO, THREE = (
    {"user": word, "expected": digit} for word, digit in (("one", "1"), ("two", "2"), ("three", "3"))
)
WRONG = {"user": "two", "expected": "9"}


def make(root: Path, server: FakeServer, *cases: list[Any], scorer: str = "exact", **profile: Any) -> Live:
    live = Live(root, server)
    live.profile(**profile)
    live.write("prompts/help/v1.py", PROMPT)
    live.write("evals/s.yaml", SUITE.replace("SCORER", scorer))
    rows = [{"id": f"c{n}", "turns": turns} for n, turns in enumerate(cases)]
    live.write("datasets/c.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    return live


def said(request: Any) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in request["messages"]]


def test_each_turn_is_sent_what_was_said_before(tmp_path: Path) -> None:
    """The history holds the user's words and the model's replies, and the row all of it."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, [ONE, TWO])
        result = live.result()
        (row,) = live.rows()
    assert said(server.requests[1]) == [
        ("system", "Be brief."), ("user", "one"), ("assistant", "1"), ("user", "<two>"),
    ]  # fmt: skip
    assert result["metrics"]["accuracy"]["value"] == 1.0 and result["usage"]["requests"] == 2
    assert [turn["output"] for turn in row["turns"]] == ["1", "2"] and row["output"] == "2"
    assert [message["content"] for message in row["messages"]] == ["Be brief.", "one", "1", "<two>", "2"]


def test_all_turns_are_scored_and_the_conversation_is_their_cluster(tmp_path: Path) -> None:
    """Five turns of two conversations are five scores of two clusters, and too few to decide."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, [ONE, WRONG, THREE], [ONE, TWO], scorer="{exact: {turn: all}}")

        result = live.result()
        rows = live.rows()
    assert (result["metrics"]["accuracy"]["value"], result["metrics"]["accuracy"]["n"]) == (0.8, 5)
    assert result["cases"]["total"] == 2 and result["cases"]["failed"] == 1
    assert [row["verdict"] for row in rows] == ["fail", "pass"]


@pytest.mark.parametrize(("turn", "value"), [("last", 1.0), (2, 0.0), (1, 1.0)])
def test_one_turn_may_be_chosen(tmp_path: Path, turn: object, value: float) -> None:
    """`turn: N` scores that turn by what is expected of it."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, [ONE, WRONG, THREE], scorer=f"{{exact: {{turn: {turn}}}}}")
        assert live.result()["metrics"]["accuracy"]["value"] == value


def test_a_turn_whose_call_fails_ends_the_conversation(tmp_path: Path) -> None:
    """Later turns are not played, and count as the worst where all are scored."""
    faults = [None, Fault("status", 401)]
    with FakeServer(REPLIES, faults=faults) as server:
        live = make(tmp_path, server, [ONE, TWO, THREE], scorer="{exact: {turn: all}}")
        result = live.result(code=3)
        assert server.stats["requests"] == 2
        text, _ = live.run("show", "last", "--case", "c0", code=0)
    accuracy = result["metrics"]["accuracy"]
    assert (accuracy["n"], accuracy["value"]) == (3, pytest.approx(1 / 3))
    assert "turn 3" in text


def test_a_conversation_is_cached_recorded_and_replayed(tmp_path: Path) -> None:
    """Each turn is a request of its own, known again by all that was said."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, [ONE, TWO])
        live.run("run", "--record", "r.jsonl", code=0)
        assert live.result()["usage"]["cached"] == 2
        assert server.stats["requests"] == 2
    assert live.result("--no-cache", "--replay", "r.jsonl")["usage"]["replayed"] == 2


CUSTOMER = """
from typing import Any
from pydantic import BaseModel
from prompteval import Prompt, history, system, user

class Inputs(BaseModel):
    goal: str
    said: list[dict[str, Any]]

prompt = Prompt(inputs=Inputs, output=str, messages=[
    system("You want: {{ goal }}"), history("said"), user("Your next words."),
])
"""
# The customer is the only one whose last message is this; what it says depends on how much was said.
SPEAKS = [
    Reply("Your next words.", text="three"),
    *REPLIES,
]
USER = "user: {prompt: customer@v1, model: customer, max_turns: 3, stop: ENOUGH}\n"


def simulated(root: Path, server: FakeServer, customer: FakeServer, user: str = USER, **profile: Any) -> Live:
    """A help desk on one server, its customer on another, so that each one's calls can be counted."""
    live = make(root, server, scorer="{contains: {value: '3'}}", **profile)
    live.write("prompts/customer/v1.py", CUSTOMER)
    text = (root / "evals/s.yaml").read_text()
    live.write("evals/s.yaml", text + user)
    price = "price = { input = 10, output = 10 }"
    more = f'\n[models.customer]\nmodel = "fake"\nbase_url = "{customer.url}"\napi_key_env = "FAKE_KEY"\n{price}\n'
    live.write("prompteval.toml", (root / "prompteval.toml").read_text() + more)
    live.write("datasets/c.jsonl", json.dumps({"id": "c0", "inputs": {"goal": "a refund"}}) + "\n")
    return live


def test_a_simulated_user_is_paid_for_apart(tmp_path: Path) -> None:
    """Its calls are counted and priced beside the system's, and each side sees itself as the assistant."""
    with FakeServer(SPEAKS) as server, FakeServer([Reply("", text="three")]) as customer:
        live = simulated(tmp_path, server, customer, price={"input": 1, "output": 1})
        result = live.result()
        (row,) = live.rows()
        assert (server.stats["requests"], customer.stats["requests"]) == (3, 3)
    usage = result["usage"]
    assert usage["requests"] == 3 and usage["user"]["requests"] == 3
    assert usage["user"]["cost_usd"] == pytest.approx(10 * usage["cost_usd"])
    assert said(customer.requests[1]) == [
        ("system", "You want: a refund"), ("assistant", "three"), ("user", "3"), ("user", "Your next words."),
    ]  # fmt: skip
    assert "refund" not in json.dumps(server.requests)
    assert len(row["turns"]) == 3 and row["user_usage"]["prompt_tokens"] == row["usage"]["prompt_tokens"]


def test_words_with_the_stop_end_the_conversation_unsent(tmp_path: Path) -> None:
    """What the user says with `stop` in it is not sent; without a turn before, the case is an error."""
    ends = [None, None]
    with FakeServer(REPLIES) as server, FakeServer([Reply("", text="ENOUGH")], faults=ends) as customer:
        live = simulated(tmp_path, server, customer)
        live.write(
            "datasets/c.jsonl", json.dumps({"id": "c0", "inputs": {"goal": "x"}, "turns": [THREE]}) + "\n"
        )
        assert live.result()["metrics"]["accuracy"]["value"] == 1.0
        assert (server.stats["requests"], customer.stats["requests"]) == (1, 1)
        live.write("datasets/c.jsonl", json.dumps({"id": "c1", "inputs": {"goal": "x"}}) + "\n")
        live.result(code=3)
        assert "before its first turn" in live.rows()[0]["error"]


def test_a_simulated_conversation_is_cached_and_its_repeats_differ(tmp_path: Path) -> None:
    """A repeat is asked again on both sides; the same run is not."""
    with FakeServer(REPLIES) as server, FakeServer([Reply("", text="three")]) as customer:
        live = simulated(tmp_path, server, customer)
        live.run("run", "--repeat", "2", "--record", "r.jsonl", code=0)
        assert (server.stats["requests"], customer.stats["requests"]) == (6, 6)
        usage = live.result("--repeat", "2")["usage"]
        assert (usage["cached"], usage["user"]["cached"]) == (6, 6)
    usage = live.result("--repeat", "2", "--no-cache", "--replay", "r.jsonl")["usage"]
    assert (usage["replayed"], usage["user"]["replayed"]) == (6, 6)


def test_money_that_ends_within_a_conversation_is_that_of_both_sides_and_it_is_continued(
    tmp_path: Path,
) -> None:
    """What was said before comes from the cache: no call of either side is paid for twice."""
    with FakeServer(REPLIES) as server, FakeServer([Reply("", text="three")]) as customer:
        live = simulated(tmp_path, server, customer, price={"input": 100_000, "output": 0})
        settings = (tmp_path / "prompteval.toml").read_text()
        dear = settings.replace("input = 10, output = 10", "input = 100000, output = 0")
        live.write("prompteval.toml", dear)
        live.run("run", "--max-cost", "12", code=3)
        before = (server.stats["requests"], customer.stats["requests"])
        assert 0 < sum(before) < 6
        live.run("run", "--resume", "--max-cost", "1000", code=0)
        assert (server.stats["requests"], customer.stats["requests"]) == (3, 3)
        (row,) = live.rows()
    assert row["outcome"] == "ok" and len(row["turns"]) == 3


def test_a_failing_user_is_an_error_of_the_case_that_names_it(tmp_path: Path) -> None:
    """What the user's model cannot say ends the conversation as an error, and is not the system's."""
    with FakeServer(REPLIES) as server, FakeServer([], faults=[Fault("status", 400)]) as customer:
        live = simulated(tmp_path, server, customer)
        live.run("run", code=3)
        assert "the simulated user: " in live.rows()[0]["error"]
        assert server.stats["requests"] == 0


def test_a_dry_run_counts_the_calls_of_both_sides_at_most(tmp_path: Path) -> None:
    """One scripted turn of at most three leaves two to the customer."""
    with FakeServer(REPLIES) as server, FakeServer([]) as customer:
        live = simulated(tmp_path, server, customer)
        live.write(
            "datasets/c.jsonl", json.dumps({"id": "c0", "inputs": {"goal": "x"}, "turns": [ONE]}) + "\n"
        )
        (entry,) = json.loads(live.run("run", "--dry-run", "--json", code=0)[0])["entries"]
        usage = live.result()["usage"]
    assert (entry["calls"], entry["user_calls"]) == (3, 2)
    assert entry["prompt_tokens"] >= usage["prompt_tokens"] and entry["completion_tokens_at_most"] == 3000
    assert entry["user_prompt_tokens"] > 2 * 1000  # what the system may have said before
    assert entry["user_completion_tokens_at_most"] == 2000


def test_a_dry_run_follows_a_scripted_conversation_through_the_cache(tmp_path: Path) -> None:
    """Its second turn is known from the reply to the first."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, [ONE, TWO], price={"input": 1, "output": 1})
        (entry,) = json.loads(live.run("run", "--dry-run", "--json", code=0)[0])["entries"]
        assert (entry["calls"], entry["cached"], entry["cost_usd_at_most"] > 2e-3) == (2, 0, True)
        live.run("run", code=0)
        (entry,) = json.loads(live.run("run", "--dry-run", "--json", code=0)[0])["entries"]
        assert (entry["calls"], entry["cached"], entry["cost_usd_at_most"]) == (0, 2, 0.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("evals/s.yaml", "customer@v1", "nobody@v1"), "nobody"),
        (("evals/s.yaml", "model: customer", "model: nope/x"), "unknown model 'nope/x'"),
        (("evals/s.yaml", "stop: ENOUGH", "stop: '('"), "stop"),
        (("evals/s.yaml", "max_turns: 3", "max_turns: 0"), "max_turns must be"),
        (("prompts/customer/v1.py", "output=str", "output=Inputs"), "output=str"),
        (("prompts/help/v1.py", 'history("turns"), ', 'system("{{ turns }}"), '), "has no history(...)"),
        (("datasets/c.jsonl", '"goal"', '"aim"'), "aim"),
        (
            ("datasets/c.jsonl", '"goal"', '"message": "x", "goal"'),
            "the conversation fills the input 'message'",
        ),
    ],
)
def test_what_cannot_be_played_is_found_before_the_run(
    tmp_path: Path, change: tuple[str, str, str], words: str
) -> None:
    """`check` names it at its line, and nothing is called."""
    path, old, new = change
    with FakeServer(REPLIES) as server, FakeServer([]) as customer:
        live = simulated(tmp_path, server, customer)
        text = (tmp_path / path).read_text()
        assert old in text
        live.write(path, text.replace(old, new))
        out, err = live.run("check", code=2)
        assert words in out + err
        assert server.stats["requests"] == customer.stats["requests"] == 0


def test_calls_of_tools_stay_in_the_history(tmp_path: Path) -> None:
    """The second turn is sent the calls and results of the first; ids are not used twice."""
    tools = """
def look_up(order: int) -> str:
    "Look an order up."
"""
    replies = [Reply("one", tool_calls=[[("look_up", {"order": 1})]], text="1"),
               Reply("two", tool_calls=[[("look_up", {"order": 2})]], text="2")]  # fmt: skip
    with FakeServer(replies) as server:
        live = make(tmp_path, server, [ONE, TWO], scorer="{exact: {turn: all}}")
        prompt = PROMPT.replace("prompt = Prompt(", f"{tools}\nprompt = Prompt(tools=[look_up], ")
        live.write("prompts/help/v1.py", prompt)
        out, err = live.run("check", code=2)
        assert "tools: {module: evals.fakes}" in out + err
        live.write("evals/fakes.py", "def look_up(order):\n    return f'order {order}'\n")
        live.write("evals/s.yaml", (tmp_path / "evals/s.yaml").read_text() + "tools: {module: evals.fakes}\n")
        assert live.result()["metrics"]["accuracy"]["value"] == 1.0
        (row,) = live.rows()
    roles = [message["role"] for message in server.requests[-1]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user", "assistant", "tool"]
    ids = [message["tool_call_id"] for message in row["messages"] if message["role"] == "tool"]
    assert ids == ["call00001", "call00002"]
    assert [[call["arguments"]["order"] for call in turn["tool_calls"]] for turn in row["turns"]] == [
        [1],
        [2],
    ]
    assert [call["step"] for call in row["tool_calls"]] == [0, 1]


def test_an_input_that_could_be_another_is_named_in_the_suite(tmp_path: Path) -> None:
    """Two text inputs after the history are a choice, which `user_input` makes."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, [ONE])
        live.write(
            "prompts/help/v1.py",
            PROMPT.replace("message: str", "message: str\n    shop: str").replace("<{{", "{{ shop }} <{{"),
        )
        live.write(
            "datasets/c.jsonl", json.dumps({"id": "c0", "inputs": {"shop": "A"}, "turns": [ONE]}) + "\n"
        )
        out, err = live.run("check", code=2)
        assert "write `user_input: message`" in out + err
        live.write("evals/s.yaml", (tmp_path / "evals/s.yaml").read_text() + "user_input: message\n")
        live.result()
    assert said(server.requests[0])[-1] == ("user", "A <one>")


@pytest.mark.parametrize(
    "turns",
    [[], "one", [{}], [{"user": " "}], [{"user": "a", "expect": "b"}], [{"user": "a", "tool_calls": [{}]}]],
)
def test_turns_that_are_none_are_found_at_their_line(tmp_path: Path, turns: Any) -> None:
    """Each form is named with its code, and nothing is called."""
    with FakeServer([]) as server:
        live = make(tmp_path, server, turns)
        out, err = live.run("check", code=2)
    assert re.search(r"datasets/c\.jsonl:1:(14|23|24|53) PE32\d .*turns", out + err)


def test_turns_are_read_from_a_table_and_from_yaml(tmp_path: Path) -> None:
    """A cell holds the list as JSON; the cases are the same as in JSONL."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, [ONE, TWO])
        cell = json.dumps([ONE, TWO]).replace('"', '""')
        live.write("datasets/c.csv", f'id,turns\nc0,"{cell}"\n')
        live.write("datasets/c.yaml", f"- id: c0\n  turns: {json.dumps([ONE, TWO])}\n")
        for name in ("c.jsonl", "c.csv", "c.yaml"):
            live.write("evals/s.yaml", SUITE.replace("SCORER", "exact").replace("c.jsonl", name))
            assert live.result()["metrics"]["accuracy"]["value"] == 1.0
        assert server.stats["requests"] == 2
