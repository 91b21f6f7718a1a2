"""promptfoo: configurations and results; assertions that text alone decides are decided alike, others are listed."""

import json
import re
from pathlib import Path

import pytest

from prompteval.interchange.promptfoo_assertions import PlacesOfTest, PromptfooTests
from tests.forks import shared
from tests.interchange.support import imported, ran, write_lines

CONFIG = """description: Capitals
prompts:
  - "Answer in one word: what is the capital of {{country}}?"
providers: [openai:chat:gpt-6-luna]
defaultTest:
  assert:
    - {type: not-contains, value: sorry}
tests:
  - vars: {country: Norway}
    assert:
      - {type: equals, value: Oslo}
  - description: a wrong one
    vars: {country: Italy}
    assert:
      - {type: icontains, value: ROME}
"""


def test_a_configuration_becomes_a_prompt_and_checks(tmp_path: Path) -> None:
    """Its model, prompt, variables and assertions; nothing is lost."""
    (tmp_path / "promptfooconfig.yaml").write_text(CONFIG)
    imported(tmp_path, "promptfoo", "promptfooconfig.yaml", 0)
    write_lines(
        tmp_path / "made" / "m.jsonl", [{"when": "Norway", "text": "Oslo"}, {"when": "", "text": "Milan"}]
    )
    result = ran(tmp_path, "--model", "scripted/m.jsonl")
    assert (result["cases"]["passed"], result["cases"]["failed"]) == (1, 1)


def test_what_needs_a_model_or_a_program_is_listed_with_its_line(tmp_path: Path) -> None:
    """Exit 3, and each at its own line."""
    more = (
        CONFIG
        + "      - {type: llm-rubric, value: is polite}\n      - {type: javascript, value: output.length > 3}\nsharing: true\n"
    )
    (tmp_path / "c.yaml").write_text(more)
    lines = imported(tmp_path, "promptfoo", "c.yaml", 3).stdout.splitlines()
    assert [line.split(" PI101 ")[0].rpartition("/")[2] for line in lines] == [
        "c.yaml:16:1",
        "c.yaml:17:1",
        "c.yaml:18:1",
    ]
    assert "'llm-rubric'" in lines[0] and "'javascript'" in lines[1] and "'sharing'" in lines[2]


ASSERTIONS = [
    ("equals", "Oslo", "Oslo", True), ("equals", "Oslo", "oslo", False), ("equals", {"a": 1}, '{"a": 1}', True),
    ("contains", "sl", "Oslo", True), ("icontains", "OSLO", "in Oslo", True), ("not-contains", "x", "Oslo", True),
    ("contains-all", ["a", "b"], "ab", True), ("contains-all", ["a", "c"], "ab", False), ("contains-any", ["a", "c"], "ab", True),
    ("icontains-any", ["A"], "ab", True), ("icontains-all", ["A", "B"], "ab", True), ("starts-with", "Os", "Oslo", True),
    ("regex", "^O.*o$", "Oslo", True), ("regex", "[0-9]", "Oslo", False), ("is-json", None, "[1]", True), ("is-json", None, "x", False),
    ("contains-json", None, 'so {"a": 1} it is', True), ("not-is-json", None, "x", True), ("contains", 5, "15", True),
]  # fmt: skip


def results() -> list[dict[str, object]]:
    """One result for each assertion, as `promptfoo eval -o` writes them; `success` is what promptfoo decided."""
    return [
        {"promptIdx": 0, "testIdx": number, "vars": {"n": str(number)}, "provider": {"id": "echo"}, "success": held, "latencyMs": 12,
         "response": {"output": output}, "testCase": {"assert": [{"type": kind, **({} if value is None else {"value": value})}]}}
        for number, (kind, value, output, held) in enumerate(ASSERTIONS)
    ]  # fmt: skip


def test_results_are_scored_as_promptfoo_scored_them(tmp_path: Path) -> None:
    """Every assertion on its recorded output: the same are passed and failed."""
    document = {"version": 4, "results": {"version": 3, "results": results()}, "config": {}}
    (tmp_path / "results.json").write_text(json.dumps(document))
    imported(tmp_path, "promptfoo", "results.json", 0)
    cases = ran(tmp_path)["cases"]
    held = sum(held for *_, held in ASSERTIONS)
    assert (cases["passed"], cases["failed"]) == (held, len(ASSERTIONS) - held)


def test_tests_in_csv(tmp_path: Path) -> None:
    """`__expected` is an assertion, other columns are variables."""
    (tmp_path / "tests.csv").write_text(
        "country,__expected,__description\nNorway,Oslo,first\nItaly,icontains:rome,\nSpain,llm-rubric:polite,\n"
    )
    (tmp_path / "c.yaml").write_text("prompts: ['Capital of {{ country }}?']\ntests: file://tests.csv\n")
    done = imported(tmp_path, "promptfoo", "c.yaml", 3)
    assert done.stdout.startswith("tests.csv:4:1 PI101 assertion 'llm-rubric' is not carried over")
    rows = json.loads((tmp_path / "made/evals/c_assertions.json").read_text())
    assert rows == {
        "case-1": [{"type": "equals", "value": "Oslo"}],
        "case-2": [{"type": "icontains", "value": "rome"}],
    }


@pytest.mark.parametrize("text", ["[]", "prompts: &a [*a]\n", "x: 1\n", "prompts: [" + "[" * 200, "\0", ""])
def test_what_is_no_configuration_is_refused(tmp_path: Path, text: str) -> None:
    """With a message, and nothing is written."""
    (tmp_path / "c.yaml").write_text(text)
    done = shared().run(tmp_path, "import", "promptfoo", "c.yaml", "-o", "made", env={"NO_COLOR": "1"})
    assert done.code == 2 and "Traceback" not in done.stderr and not (tmp_path / "made").exists()


def test_what_is_of_another_type_is_listed_too(tmp_path: Path) -> None:
    """Nothing is dropped quietly, also where no case is left."""
    tests = "[1, null, {vars: 3, assert: 7}, {vars: {x: a}, assert: [{type: regex, value: '(?i)a'}]}]"
    (tmp_path / "a.yaml").write_text(
        f"prompts: ['{{{{x}}}}']\nproviders: [openai:m]\ndefaultTest: file://d.yaml\ntests: {tests}\n"
    )
    done = imported(tmp_path, "promptfoo", "a.yaml", 3)
    assert done.stdout.count(" PI101 ") == 6
    (tmp_path / "b.yaml").write_text("prompts: ['{{x}}']\nproviders: [openai:m]\ntests: 7\n")
    done = shared().run(tmp_path, "import", "promptfoo", "b.yaml", "-o", "other")
    assert done.code == 2 and "b.yaml:3:1 PI101 'tests' is neither a list nor a file" in done.stdout


def test_losses_are_listed_for_the_first_prompt_only(tmp_path: Path) -> None:
    """The same assertions for another prompt give the same, and what is not carried over once."""
    tests = PromptfooTests(tmp_path / "c.yaml")
    given = [{"type": "equals", "value": "Oslo"}, {"type": "llm-rubric", "value": "polite"}]
    assert (
        tests.assertions(given, PlacesOfTest(3))
        == tests.assertions_again(given, PlacesOfTest(3))
        == [{"type": "equals", "value": "Oslo"}]
    )
    assert [one.line for one in tests.imported.losses] == [3]


def test_an_assertion_of_every_test_is_listed_once_where_it_is(tmp_path: Path) -> None:
    """That of `defaultTest` at its line; of a YAML file of tests in that file."""
    (tmp_path / "c.yaml").write_text(
        "prompts: ['{{ x }}']\ndefaultTest:\n  assert:\n    - {type: cost}\n    - {type: contains, value: a}\ntests: t.yaml\n"
    )
    (tmp_path / "t.yaml").write_text(
        "- vars: {x: a}\n- vars: {x: b}\n  assert:\n    - {type: equals, value: b}\n    - {type: latency}\n"
    )
    lines = imported(tmp_path, "promptfoo", "c.yaml", 3).stdout.splitlines()
    assert [line.partition(" PI101 ")[0] for line in lines if " PI101 " in line] == [
        "c.yaml:4:1",
        "t.yaml:5:1",
    ]
    checks = json.loads((tmp_path / "made/evals/c_assertions.json").read_text())
    assert [len(one) for one in checks.values()] == [1, 2]


def test_prompts_of_a_text_file_are_apart_and_keep_their_filters(tmp_path: Path) -> None:
    """A line `---` ends a prompt; filters, tags and names that are no identifiers here; `check` accepts all."""
    (tmp_path / "p.txt").write_text(
        "Say {{ name | upper }}\n---\n{% if _polite %}Please {% endif %}tell {{_polite}}\n"
    )
    (tmp_path / "c.yaml").write_text(
        "prompts: file://p.txt\nproviders: [openai:m]\ntests: [{vars: {name: Bob, _polite: x}}]\n"
    )
    imported(tmp_path, "promptfoo", "c.yaml", 3)
    first, second = sorted((tmp_path / "made/prompts").glob("*/v1.py"))
    assert "Say {{ name | upper }}" in first.read_text()
    assert "{% if input_polite %}Please {% endif %}tell {{input_polite}}" in second.read_text()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ user.first }}", "looks into variable 'user'"),
        ("{% for x in names %}{{ x }}{% endfor %}", "looks into variable 'names'"),
        ("{{{ raw }}}", "expected token"),
        ("{{ x | dump }}", "unknown filter 'dump'"),
        ("{% include 'a.txt' %}{{ x }}", "includes another file"),
    ],
)
def test_a_template_that_jinja_cannot_render_alike_is_listed(text: str, why: str, tmp_path: Path) -> None:
    """The other prompts are carried over, and `check` accepts them."""
    (tmp_path / "c.yaml").write_text(
        json.dumps({"prompts": [text, "Say {{ x }}"], "tests": [{"vars": {"x": "a"}}]})
    )
    done = imported(tmp_path, "promptfoo", "c.yaml", 3)
    assert f"a prompt is not carried over: {why}" in done.stdout.replace("it ", "")
    assert len(list((tmp_path / "made/prompts").iterdir())) == 1


def test_inputs_are_in_the_order_of_the_prompt_also_where_one_begins_another(tmp_path: Path) -> None:
    """The same module every time: of two names found at one place the shorter comes first."""
    config = "prompts: ['{{ name_full }} {{ name }} {{ a }}']\nproviders: [openai:m]\n"
    vars_ = "{name: x, name_full: y, a: z}"
    (tmp_path / "c.yaml").write_text(
        f"{config}tests: [{{vars: {vars_}, assert: [{{type: equals, value: q}}]}}]\n"
    )
    shared().run(tmp_path, "import", "promptfoo", "c.yaml", "-o", "out")
    (module,) = (tmp_path / "out").rglob("v1.py")
    found = re.findall(r"^    (\w+): str", module.read_text(), re.MULTILINE)
    assert sorted(found) == ["a", "name", "name_full"] and found.index("name") < found.index("name_full")
