"""S6, S9, S37: JUnit, GitHub annotations and SARIF with any text in them: valid, and nothing but themselves."""

import json
import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.problem import Problem
from prompteval.core.text import inert, printable
from prompteval.report import github, junit
from prompteval.report.problems import render
from tests.report.test_html import make_row, make_view

TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\x9b\u2028\u202e\ud800\ufffe%\r\n:,#[]<>&\"'"))
)


def obeyed(text: str) -> list[tuple[str, dict[str, str], str]]:
    """(command, properties, message) of each command, read as GitHub's runner reads a log."""

    def plain(value: str, more: bool = False) -> str:
        for code, sign in (
            ("%0D", "\r"),
            ("%0A", "\n"),
            *((("%3A", ":"), ("%2C", ",")) if more else ()),
            ("%25", "%"),
        ):
            value = value.replace(code, sign)
        return value

    found = []
    for line in re.split(r"\r\n|\r|\n", text):
        match = re.match(r"\s*::(\w[^\s:]*)(?: (.*?))?::(.*)", line)
        if match is not None:
            pairs = (pair.split("=", 1) for pair in (match[2] or "").split(",") if "=" in pair)
            found.append((match[1], {name: plain(value, True) for name, value in pairs}, plain(match[3])))
        assert ("##[" not in line and not line.strip().startswith("::")) or match is not None
    return found


@given(TEXTS)
def test_s9_an_annotation_is_one_command_with_its_whole_text(text: str) -> None:
    """Of a problem and of a gate: no second command, no other file, nothing lost."""
    problem = Problem(f"evals/{text}.yaml", 3, 7, "PE1", text)
    (command, properties, message), *more = obeyed("".join(github.problems([problem])))
    assert (command, more, message) == ("error", [], inert(f"PE1 {text}"))
    assert properties == {"file": inert(f"evals/{text}.yaml"), "line": "3", "col": "7"}
    (command, properties, message), *more = obeyed("".join(github.gates(make_view([], text))))
    assert (command, more, message) == ("error", [], inert(text))
    assert properties == {"title": inert(f"s: {text}")}


@given(TEXTS)
def test_s7_junit_is_valid_xml_without_controls(text: str) -> None:
    """In names, messages and bodies; a parser gives back what `printable` made of it."""
    document = "".join(junit.render(make_view([make_row(1, text, 0.0)], text)))
    suites = ElementTree.fromstring(document.encode("utf-8"))
    (case, gate) = suites.iter("testcase")
    shown = printable(text).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
    assert [failure.get("message") for failure in gate.iter("failure")] == [shown]
    assert case.find("failure") is not None and not re.search("[\x1b\x9b\u202e\u2028]", document)


@given(TEXTS)
def test_sarif_is_json_without_links_and_commands(text: str) -> None:
    """A text in brackets before one in brackets is a link to a viewer; `##[` is a command in a log."""
    problem = Problem(text or "a", 1, 1, "PE1", f"[{text}](javascript:x) {text}", text)
    (result,) = json.loads("".join(render([problem], "sarif", lambda path, line: None)))["runs"][0]["results"]
    assert "](" not in result["message"]["text"] and result["message"]["text"].startswith("[")


def test_junit_counts_what_it_holds() -> None:
    """Readers that validate take the numbers of each suite, and of the whole, from its opening tag."""
    root = ElementTree.fromstring("".join(junit.render(make_view([make_row(1, "x", 0.0)], "no"))))
    for suite in [root, *root.iter("testsuite")]:
        cases = list(suite.iter("testcase"))
        kinds = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
        wanted = {name: str(sum(case.find(tag) is not None for case in cases)) for name, tag in kinds}
        assert {"tests": str(len(cases)), **wanted} == {
            name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")
        }
