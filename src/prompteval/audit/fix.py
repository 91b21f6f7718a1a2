"""`--fix`: a literal prompt becomes `prompts/<name>/v1.py` with typed inputs, and the code loads it.

Only the characters of the literal are replaced, by the places that Python's own parser gives, so that
comments and layout stay. What cannot be moved so that the same text comes out is left, with the reason.
"""

import ast
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prompteval.audit.files import MAX_SOURCE_BYTES, read_beginning
from prompteval.audit.prompt_rules import by_place
from prompteval.audit.prompts import PromptUse
from prompteval.audit.run import AuditReport
from prompteval.core.errors import InvalidInput, RenderError, UsageError
from prompteval.core.text import lines_of
from prompteval.interchange.imported import ImportedPrompt
from prompteval.interchange.records import suite_name, variable
from prompteval.interchange.write import prompt_module
from prompteval.prompt.template import Template, TemplateFault
from prompteval.workspace.python_source import parse_python
from prompteval.workspace.settings import find_workspace
from prompteval.workspace.writing import make_directory, write_whole

TITLE = "A prompt that was written in code before."
SETTINGS = "# The prompts of this repository. `prompteval check` validates them.\n"
# What Jinja would take for its own, or would not give back: openings, a brace before a hole, other line ends.
_SPECIAL = re.compile(r"\{(?=[{%#\r]|\n?\Z)|\r|\n\Z")
_SAMPLE = "\u00e4 {{ b }} {c}"


@dataclass(frozen=True, slots=True)
class FixPlan:
    """What would be written: new files, and changed files as (before, after); and what is left, with why."""

    new: Mapping[str, str]
    changed: Mapping[str, tuple[str, str]]
    left: tuple[str, ...]

    def difference(self) -> Iterator[str]:
        """The change as a unified diff."""
        for path, text in self.new.items():
            yield from _lines(difflib.unified_diff([], lines_of(text, ends=True), "/dev/null", f"b/{path}"))
        for path, (before, after) in self.changed.items():
            pair = lines_of(before, ends=True), lines_of(after, ends=True)
            yield from _lines(difflib.unified_diff(*pair, f"a/{path}", f"b/{path}"))


@dataclass(frozen=True, slots=True)
class _Moved:
    """One literal: its node, the expression that takes its place, and its prompt."""

    node: ast.Constant | ast.JoinedStr
    name: str
    code: str
    prompt: ImportedPrompt


def plan_fixes(root: Path, report: AuditReport) -> FixPlan:
    """Every prompt of the findings PA101 that can be moved. Nothing is written.

    Raises UsageError below the root of a workspace, whose prompts are in another directory.
    """
    wanted = {
        (f.problem.path, f.problem.line, f.problem.col) for f in report.findings if f.problem.code == "PA101"
    }
    is_workspace = _is_workspace(root)
    names = _Names(root)
    new: dict[str, str] = {}
    changed: dict[str, tuple[str, str]] = {}
    left: list[str] = []
    by_file: dict[str, list[PromptUse]] = {}
    for place, use in by_place(report.uses).items():
        if place in wanted:
            by_file.setdefault(place[0], []).append(use)
    for path, uses in by_file.items():
        try:
            before = _source(root, path)
            moved = [made for use in uses if (made := _moved(use, report, names, left)) is not None]
            after = _replaced(before, moved)
        except _Left as reason:
            left.append(f"{path}: {reason}")
            continue
        if moved:
            changed[path] = (before, after)
            new |= {f"prompts/{one.name}/v1.py": prompt_module(one.prompt, TITLE) for one in moved}
    if new and not is_workspace:
        new["prompteval.toml"] = SETTINGS
    return FixPlan(new, changed, tuple(left))


def write_fixes(root: Path, plan: FixPlan) -> None:
    """Write the files of a plan, new ones first, so that no call site lacks its prompt."""
    after = {path: text for path, (_, text) in plan.changed.items()}
    for path, text in {**plan.new, **after}.items():
        make_directory((root / path).parent, within=root)
        write_whole(root / path, [text.encode("utf-8")], within=root)


def _is_workspace(root: Path) -> bool:
    """Whether the code below `root` finds its prompts there; False where there is no workspace yet."""
    try:
        found = find_workspace(root).root
    except InvalidInput:
        raise
    except UsageError:
        return False
    if found != root:
        raise UsageError(f"{root} is below the workspace {found}", "run --fix on the workspace")
    return True


class _Left(Exception):
    """Why a literal or a file is left as it is."""


class _Names:
    """Names of new prompts, each once, and none that the workspace has."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._taken: set[str] = set()

    def take(self, hint: str) -> str:
        base = suite_name(hint, "prompt")
        name, number = base, 2
        while name in self._taken or (self._root / "prompts" / name).exists():
            name = f"{base}_{number}"
            number += 1
        self._taken.add(name)
        return name


def _source(root: Path, path: str) -> str:
    data = read_beginning(root / path, MAX_SOURCE_BYTES + 1)
    if not path.endswith(".py") or b"\r" in data or data.startswith(b"\xef\xbb\xbf"):
        raise _Left("line ends other than LF, or a byte order mark" if path.endswith(".py") else "a notebook")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _Left("an encoding other than UTF-8") from None


def _moved(use: PromptUse, report: AuditReport, names: _Names, left: list[str]) -> _Moved | None:
    """The literal of a use as a prompt; None, with the reason in `left`, where it has to stay."""
    place = use.text.place
    try:
        node, hint = _literal(report.parsed[place.path].tree, place.line, place.column)
        if any((p.line, p.column) != (place.line, place.column) for p in use.text.pieces if not p.hole):
            raise _Left("put together of several literals")
        template, arguments = _template(node)
        name = names.take(hint or place.path.rpartition("/")[2].removesuffix(".py"))
    except _Left as reason:
        left.append(f"{place.path}:{place.line}: {reason}")
        return None
    role = "system" if use.role == "system" else "user"
    given = ", ".join(f"{key}={value}" for key, value in arguments.items())
    code = f'prompteval.load("{name}@v1", workspace=__file__).render({given})[0].content'
    return _Moved(node, name, code, ImportedPrompt(((role, template),), tuple(arguments)))


def _literal(tree: ast.Module, line: int, column: int) -> tuple[ast.Constant | ast.JoinedStr, str]:
    """(the literal at a place, the name of what it is assigned to, or of the function it is in)."""
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, hint = stack.pop()
        if isinstance(node, ast.Constant | ast.JoinedStr):
            here = (node.lineno, node.col_offset + 1) == (line, column)
            if here and (isinstance(node, ast.JoinedStr) or isinstance(node.value, str)):
                return node, hint
        match node:
            case ast.JoinedStr():
                continue  # what is in an f-string cannot be replaced in every version of Python
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                hint = name
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                hint = name if not hint or name.isupper() else f"{hint}_{name}"
        stack += [(child, hint) for child in ast.iter_child_nodes(node)]
    raise _Left("part of another f-string")


def _template(node: ast.Constant | ast.JoinedStr) -> tuple[str, dict[str, str]]:
    """(the template, the argument for each input) of a literal; the text of a hole is made where it is."""
    if isinstance(node, ast.Constant):
        template, arguments = _escaped(str(node.value)), dict[str, str]()
        _prove(template, str(node.value), {})
        return template, arguments
    template, plain = "", ""
    arguments = {}
    for part in node.values:
        if isinstance(part, ast.Constant):
            template += _escaped(str(part.value))
            plain += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            name = _input(part.value, arguments)
            if ast.dump(part.value).count("Await") or ast.dump(part.value).count("Yield"):
                raise _Left("awaits in an f-string")
            arguments[name] = ast.unparse(ast.JoinedStr([part]))
            template += f"{{{{ {name} }}}}"
            plain += _SAMPLE
    _prove(template, plain, dict.fromkeys(arguments, _SAMPLE))
    return template, arguments


def _input(value: ast.expr, known: Mapping[str, str]) -> str:
    """A name for an input: that of the variable or attribute, else `value`."""
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            base = variable(name)
        case _:
            base = "value"
    made, number = base, 2
    while made in known:
        made = f"{base}_{number}"
        number += 1
    return made


def _escaped(text: str) -> str:
    """A text as a template that renders it: what Jinja would take for its own is written as a string."""
    return _SPECIAL.sub(lambda match: f"{{{{ {match[0]!r} }}}}", text)


def _prove(template: str, expected: str, values: Mapping[str, str]) -> None:
    """Raise where the template does not render the text, with sample values in its holes."""
    try:
        rendered = Template(template, {}).render(dict(values))
    except (TemplateFault, RenderError) as error:
        raise _Left(f"no template renders it: {error}") from None
    if rendered != expected:
        raise _Left("no template renders it exactly")


def _replaced(before: str, moved: list[_Moved]) -> str:
    """The source with each literal replaced, and `import prompteval` where it is missing; it compiles."""
    if not moved:
        return before
    lines = before.split("\n")
    for one in sorted(moved, key=lambda m: (m.node.lineno, m.node.col_offset), reverse=True):
        node = one.node
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        head = lines[first].encode()[: node.col_offset].decode()
        tail = lines[last].encode()[node.end_col_offset or 0 :].decode()
        lines[first : last + 1] = [head + one.code + tail]
    tree = parse_python(before)
    if not any(
        isinstance(n, ast.Import) and any(a.name == "prompteval" and not a.asname for a in n.names)
        for n in tree.body
    ):
        lines.insert(_after_head(tree), "import prompteval")
    after = "\n".join(lines)
    try:
        compile(after, "fixed", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise _Left(f"the changed module does not compile: {error}") from None
    return after


def _after_head(tree: ast.Module) -> int:
    """The line behind the docstring and what is imported from `__future__`."""
    end = 0
    for number, node in enumerate(tree.body):
        is_docstring = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            end = node.end_lineno or node.lineno
        else:
            break
    return end


def _lines(diff: Iterator[str]) -> Iterator[str]:
    for line in diff:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
