"""What well-formed files may say: refused by `check` and `run` before any call, at the line to edit."""

import json
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import PROMPT, SUITE, Workspace
from tests.e2e.test_bad_files import Told, told

__all__ = ["told"]

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
)


def refusals(told: Told) -> list[str]:
    """The one line that each verb refuses with, exit 2."""
    lines = []
    for verb in ("check", "run"):
        code, printed = told(verb)
        assert (code, len(printed)) == (2, 1), printed
        lines += printed
    return lines


@pytest.mark.parametrize("place", ["evals/s.yaml", "datasets/c.yaml"])
@pytest.mark.parametrize("text", ["[" * 200_000, "- " * 200_000, BOMB, "x" * 100_000_000], ids="[-*x")
def test_b3_a_yaml_bomb_is_exit_2_at_once(workspace: Workspace, told: Told, place: str, text: str) -> None:
    """As a suite and as a case file: within a second of this process, read from the disk and all."""
    if place.startswith("datasets"):
        workspace.write("evals/s.yaml", SUITE.replace("c.jsonl", "c.yaml"))
    workspace.write(place, text)
    started = time.process_time()
    code, lines = told("check")
    assert time.process_time() - started < 1
    assert (code, len(lines)) == (2, 1) and lines[0].startswith(f"{place}:")


def test_b2_a_doubled_key_of_a_suite_names_both_lines(workspace: Workspace, told: Told) -> None:
    """The key of line 4 is there again at line 10."""
    workspace.write("evals/s.yaml", SUITE + "scorers: [exact]\n")
    wanted = "evals/s.yaml:10:1 PE112 duplicate key 'scorers', first at line 4"
    assert all(wanted in line for line in refusals(told))


def test_b1_a_label_no_is_scored_as_text(workspace: Workspace) -> None:
    """From the YAML case file to the confusion table: `no` is a class of its own, not false."""
    workspace.write("prompts/route/v1.py", PROMPT.replace("payments", "no"))
    workspace.script({"when": "", "output": {"team": "no"}})
    workspace.write("datasets/c.yaml", "".join(f"- {{id: {i}, inputs: {{message: m}}, expected: {{team: no}}, tags: {{channel: on}}}}\n" for i in range(3)))  # fmt: skip
    workspace.write("evals/s.yaml", SUITE.replace("c.jsonl", "c.yaml"))
    result = workspace.run_json()["results"][0]
    assert (result["metrics"]["accuracy"]["value"], result["confusion"]["labels"]) == (1, ["no"])
    assert list(result["slices"]["channel"]) == ["on"]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("{{ message }}", "{{ mesage }} {{ message }}", "v1.py:12:84 PE302 template variable 'mesage' is not an input (did you mean 'message'?)"),
        ("message: str", "message: str\n    unused: str = ''", "v1.py:8:5 PE304 input 'unused' is used by no template"),
        ("{{ message }}", "{{ message }}{{ ''.__class__.__mro__ }}", "cannot be rendered: SecurityError"),
        ("{{ message }}", "{{ message }}{{ cycler.__init__ }}", "PE302 template variable 'cycler' is not an input"),
        ("{{ message }}", "{{ message|attr('format') }}", "PE308 template: unknown filter 'attr'"),
        ("{{ message }}", "{{ message }}{{ lipsum(n=100000) }}", "PE302 template variable 'lipsum' is not an input"),
        ("{{ message }}", "{{ message }}{{ 10**(10**8) }}", "cannot be rendered: SecurityError: operator ** is not allowed"),
        ("{{ message }}", "{{ message }}{{ 'a'*10**9 }}", "cannot be rendered: SecurityError"),
        ("{{ message }}", "{{ message }}{{ '%999999999d'%1 }}", "cannot be rendered: SecurityError"),
        ("{{ message }}", "{% set m = message|list * 1 %}x", "cannot be rendered: SecurityError"),
        ("{{ message }}", "{{ message }}{% include '/etc/passwd' %}", "PE303 included template '/etc/passwd' is not in the prompt's directory"),
    ],
)  # fmt: skip
def test_b5_s1_s2_s5_a_template_is_refused_before_any_call(
    workspace: Workspace, told: Told, old: str, new: str, wanted: str
) -> None:
    """Names, escapes, C-level bombs and files: `check` says so, exit 2, and nothing is stored."""
    workspace.write("prompts/route/v1.py", PROMPT.replace(old, new))
    assert all(wanted in line for line in refusals(told))
    assert not (workspace.root / ".prompteval").exists()


def test_s3_nested_loops_end_in_exit_2(workspace: Workspace, told: Told) -> None:
    """99,999² rounds over what a case brings are killed in the worker, before the first call."""
    loops = "{% for a in message %}{% for b in message %}{% endfor %}{% endfor %}"
    workspace.write("prompts/route/v1.py", PROMPT.replace("{{ message }}", loops))
    workspace.cases(("c1", "x" * 99_999, "payments"), ("c2", "y", "support"))
    started = time.perf_counter()
    code, lines = told("check")
    assert time.perf_counter() - started < 20
    assert (code, len(lines)) == (2, 1)
    assert (
        "prompts/route/v1.py:12:10 PE332 case 'c1' cannot be rendered" in lines[0]
        and "did not end within" in lines[0]
    )


def test_s4_markup_and_paths_in_a_case_are_literal(workspace: Workspace) -> None:
    """`{{ 7*7 }}`, `{% raw %}` and a `file://` address reach the model as they are in the case."""
    texts = ["{{ 7*7 }}{% raw %}", "{% include 'v1.py' %}", "file:///etc/passwd", "{# gone? #}"]
    workspace.cases(*((f"c{n}", text, "payments") for n, text in enumerate(texts)))
    workspace.script(*({"when": f"^{_escaped(text)}$", "output": {"team": "payments"}} for text in texts))
    assert workspace.run_json()["results"][0]["metrics"]["accuracy"]["value"] == 1


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "{}*%()[].?" else c for c in text)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("../datasets/c.jsonl", "/etc/passwd", "evals/s.yaml:2:8 PE207 /etc/passwd leads out"),
        ("../datasets/c.jsonl", "../../outside.jsonl", "evals/s.yaml:2:8 PE207 ../../outside.jsonl leads out"),
        ("../datasets/c.jsonl", "../link/outside.jsonl", "leads out of the workspace"),
        ("scripted/model.jsonl", "scripted//etc/passwd", "evals/s.yaml:3:10 PE221 scripted//etc/passwd: leads out"),
        ("scripted/model.jsonl", "replay/../outside.jsonl", "evals/s.yaml:3:10 PE221 replay/../outside.jsonl: leads out"),
        ("prompt: route", "outputs: ../../outside.jsonl", "leads out"),
        ("{exact: {field: team}}", '{python: "link.mine:f"}', "evals/s.yaml:4:11 PE223"),
        ("prompt: route", "prompt: ../../route", "evals/s.yaml:1:1 PE222 no prompt named"),
    ],
)  # fmt: skip
def test_s5_no_path_of_a_suite_leads_out(
    workspace: Workspace, told: Told, old: str, new: str, wanted: str
) -> None:
    """Absolute paths, `..` and links, for cases, models, outputs, own scorers and prompts."""
    outside = workspace.root.parent
    (outside / "outside.jsonl").write_text(
        json.dumps({"id": "a", "inputs": {"message": "x"}, "output": "x"}) + "\n"
    )
    (outside / "mine.py").write_text("raise SystemExit('ran')\n")
    (workspace.root / "link").symlink_to(outside)
    workspace.write("evals/s.yaml", SUITE.replace(old, new))
    code, lines = told("check")
    assert code == 2 and any(wanted in line for line in lines), lines


def test_b12_an_example_that_is_nearly_a_case_names_both_places(workspace: Workspace, told: Told) -> None:
    """One word of ten differs: the case's line, the example's line, and how alike they are."""
    case = "my card was charged twice for the very same order"
    shots = 'messages=[\n    user("My card was charged twice for the very same order today."),\n    assistant("{}"),'
    text = PROMPT.replace("messages=[", shots).replace("import Prompt", "import Prompt, assistant")
    workspace.write("prompts/route/v1.py", text)
    workspace.cases(("c1", "pay me", "payments"), ("c2", case, "payments"))
    wanted = "datasets/c.jsonl:2:1 PE240 case 'c2' is 91% like the few-shot example at prompts/route/v1.py:13"
    assert all(wanted in line for line in refusals(told))


@pytest.mark.parametrize(
    ("case", "example"),
    [
        ("pay me now", "\uff30\uff41\uff59 \uff2d\uff25 now!"),
        ("我的卡被扣了两次请马上退款给我吧", "我的卡被扣了两次请马上退款给我"),
    ],
)
def test_b12_width_and_unspaced_scripts_hide_no_example(
    workspace: Workspace, told: Told, case: str, example: str
) -> None:
    """Full-width letters are letters, and a sentence without spaces is not one long word."""
    shots = f'messages=[\n    user("{example}"),\n    assistant("{{}}"),'
    text = PROMPT.replace("messages=[", shots).replace("import Prompt", "import Prompt, assistant")
    workspace.write("prompts/route/v1.py", text)
    workspace.cases(("c1", case, "payments"), ("c2", "other", "payments"))
    assert all("the few-shot example at prompts/route/v1.py:13" in line for line in refusals(told))


def test_s21_a_key_is_found_wherever_it_was_typed(workspace: Workspace, told: Told, tmp_path: Path) -> None:
    """In a comment, a parameter, a template file, a file it includes, a tag: every place, never whole."""
    key = "sk-proj-abcdefghijklmnop0123456789"
    prompt = PROMPT.replace('system("Route.")', 'system(file="s.j2")').replace(
        "import BaseModel", f"import BaseModel  # {key}"
    )
    workspace.write("prompts/route/v1.py", prompt)
    workspace.write("prompts/route/s.j2", f"one\n {key} {{% include 't.j2' %}}")
    workspace.write("prompts/route/t.j2", f"\n\n{key}")
    line = {"id": "a", "inputs": {"message": "x"}, "expected": {"team": "payments"}, "tags": {"channel": key}}
    workspace.write("datasets/c.jsonl", json.dumps(line) + "\n")
    code, lines = told("check")
    places = [found.split(" PE330 ")[0] for found in lines]
    assert places == [
        "datasets/c.jsonl:1:1",
        "prompts/route/s.j2:2:2",
        "prompts/route/t.j2:3:1",
        "prompts/route/v1.py:3:35",
    ]
    assert code == 2 and not [found for found in lines if key in found]
