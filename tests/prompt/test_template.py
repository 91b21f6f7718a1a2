"""Templates cannot escape, hang or swell."""

import time
from pathlib import Path
from typing import Any

import pytest

import prompteval.prompt.template as module
from prompteval.core.errors import DeadlineExceeded, InvalidInput, PromptevalError, RenderError
from prompteval.prompt.loader import load_prompt
from prompteval.prompt.template import Template
from prompteval.workspace.tree import WorkingTree


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}", "{{ cycler.__init__.__globals__ }}", "{{ lipsum.__globals__ }}",
        "{{ m.__class__ }}", "{{ ''['__class__'] }}", "{{ range(3) }}", "{{ dict(a=1) }}", "{{ joiner() }}",
        "{{ namespace() }}", "{{ self.__init__ }}", "{{ m.format.__globals__ }}", "{{ '{0.__class__}'.format(m) }}",
        "{% set x = [].append(1) %}{{ x.__class__ }}",
    ],
)  # fmt: skip
def test_s1_nothing_of_python_is_reached(source: str) -> None:
    """Attributes of the interpreter and jinja's own globals are out of reach."""
    with pytest.raises(RenderError):
        Template(source, {}).render({"m": "x"})


def test_s1_filters_that_reach_attributes_do_not_exist() -> None:
    """`attr` is gone: the template does not even compile."""
    with pytest.raises(RenderError, match="attr"):
        Template("{{ m|attr('__class__') }}", {})


@pytest.mark.parametrize(
    "source",
    [
        "{{ 10**(10**8) }}", "{{ 'a'*10**9 }}", "{{ 'a'*999999999 }}", "{{ '%999999999d'%1 }}",
        "{{ [1]*999999999 }}", "{{ m.center(999999999) }}", "{{ '{:999999999}'.format(1) }}",
        "{{ 'x'|center(999999999) }}", "{{ 1.5|round(999999999, 'ceil') }}", "{{ [1]|tojson(indent=999999999) }}",
        "{{ [1]|batch(99999999, 'x')|list|length }}",
    ],
)  # fmt: skip
def test_s2_no_expression_burns_time_or_memory(source: str) -> None:
    """Huge powers, repeats and paddings end in an error, soon."""
    started = time.perf_counter()
    with pytest.raises(PromptevalError):
        Template(source, {}).render({"m": "x"})
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (f"\n{{{{ {'9' * 5000} }}}}", "line 2: Exceeds the limit"),
        (f"{{{{ 0x{'f' * 5000} }}}}", "Exceeds the limit"),
        (f"{{{{ {'(' * 5000}m{')' * 5000} }}}}", "nested too deeply"),
        ("{% if m %}" * 120 + "{% endif %}" * 120, "nested too deeply"),
        ("{% for a in m %}" * 25 + "{% endfor %}" * 25, "nested too deeply"),
    ],
)  # fmt: skip
def test_s2_what_cannot_be_compiled_is_told_with_its_reason(source: str, reason: str) -> None:
    """Numbers and nestings that Python refuses are a fault of the template, found before it renders."""
    with pytest.raises(RenderError, match=reason):
        Template(source, {})


def test_s2_a_template_that_needs_too_much_memory_is_told_so() -> None:
    """Python's own error for it has no words."""
    with pytest.raises(RenderError, match="it needs more memory than a template may take"):
        Template("{{ m.center(9999999999) }}", {}).render({"m": "x"})


def test_s2_a_text_put_into_itself_ends() -> None:
    """An input that is joined with itself grows with its square: apart, and within the worker's memory."""
    with pytest.raises(PromptevalError):
        Template("{{ m|replace('x', m) }}", {}).render({"m": "x" * 200_000})


NESTED = "{% for a in m %}{% for b in m %}{% for c in m %}{% for d in m %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}"


def test_s3_nested_loops_are_killed() -> None:
    """A template that would run for minutes is ended in a worker."""
    started = time.perf_counter()
    with pytest.raises(DeadlineExceeded):
        Template(NESTED, {}).render({"m": "x" * 400})
    assert time.perf_counter() - started < 6


LOOP = "{% for a in x %}{% if m|upper == '' %}{{ a }}{% endif %}{% endfor %}"
COSTLY = [
    (LOOP, {"m": "m" * 1_000_000, "x": ["a"] * 100_000}),
    ("{% for a in m %}{% if m|replace('m', 'n') == a %}{{ a }}{% endif %}{% endfor %}", {"m": "m" * 100_000}),
    ("{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(1) }}", {"m": "x"}),
    ("{% set m = m ~ m %}" * 60 + "{{ m|length }}", {"m": "x"}),
    ("{{ m|indent(2, true)|indent(2, true)|wordwrap(1)|indent(99999) }}", {"m": "x y\n" * 200_000}),
    ("{{ (m|batch(1))|list|tojson|length }}{{ m|urlize }}", {"m": "x" * 100}),
    ("{{ x|join(m)|length }}", {"m": "m" * 1_000_000, "x": ["a"] * 100_000}),
    ("{{ '" + "m" * 50_000 + "'|replace('m', '" + "n" * 50_000 + "')|length }}", {}),
]


@pytest.mark.parametrize(("source", "values"), COSTLY)
def test_s3_no_template_leaves_the_budget(source: str, values: dict[str, Any]) -> None:
    """Loops over large inputs, recursion and filters that swell end soon, whatever path they take."""
    before = time.process_time()
    with pytest.raises(PromptevalError):
        Template(source, {}).render(values)
    assert time.process_time() - before < 1  # in this process; the worker has its own limit


def test_s3_what_is_small_renders_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt with its passages needs no other process; the same template over much more does."""
    asked: list[str] = []
    monkeypatch.setattr(module, "_apart", lambda function, *_: asked.append(function))
    template = Template("{% for c in context %}[{{ loop.index }}] {{ c.text|trim }}\n{% endfor %}{{ q }}", {})
    passages = [{"text": "Refunds take five days. " * 60}] * 40
    assert template.render({"context": passages, "q": "x"}).startswith("[1] Refunds")
    assert not asked
    template.render({"context": passages * 100, "q": "x"})
    assert asked == ["render_here"]
    Template(LOOP, {}).render({"m": "m" * 1_000, "x": ["a"] * 10_000})
    assert asked == ["render_here"] * 2


def test_s3_output_has_a_limit() -> None:
    """A loop over a long list cannot fill the memory."""
    with pytest.raises(RenderError, match="longer than"):
        Template("{% for a in m %}{{ t }}{% endfor %}", {}).render({"m": "x" * 1000, "t": "y" * 10_000})


@pytest.mark.parametrize("name", ["/etc/passwd", "../../secret.j2", "v1.py", "link.j2"])
def test_s5_includes_stay_in_the_prompts_folder(tmp_path: Path, name: str) -> None:
    """Absolute paths, `..`, the module itself and links that lead out are not included."""
    directory = tmp_path / "ws" / "prompts" / "p"
    directory.mkdir(parents=True)
    (tmp_path / "secret.j2").write_text("secret")
    (directory / "v1.py").write_text(
        "from pydantic import BaseModel\nfrom prompteval import Prompt, user\n"
        "class I(BaseModel):\n    m: str\n"
        f"prompt = Prompt(inputs=I, output=str, messages=[user(\"{{% include '{name}' %}}{{{{ m }}}}\")])\n"
    )
    if name == "link.j2":
        (directory / name).symlink_to(tmp_path / "secret.j2")
        with pytest.raises(InvalidInput, match="leads out"):
            load_prompt(WorkingTree(tmp_path / "ws"), "p")
        return
    prompt = load_prompt(WorkingTree(tmp_path / "ws"), "p")
    assert any(problem.code == "PE303" for problem in prompt.check())
    with pytest.raises(RenderError):
        prompt.render({"m": "x"})


def test_included_files_render_and_count() -> None:
    """A file beside the module is included, and its variables are known."""
    template = Template("{% include 'a.j2' %}", {"a.j2": "hello {{ name }}"})
    assert template.render({"name": "{{ x }}"}) == "hello {{ x }}"
    assert template.variables == {"name"}
