"""Rules of the source that no linter knows, read from its syntax trees."""

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

from tests.syntax_trees import blocks, statements, tree_of, walk, without_collections

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "prompteval"
# What the engine may start; a provider, a scorer or a report is called by it, and starts nothing.
STARTS = {
    "TaskGroup", "create_task", "ensure_future", "gather", "to_thread", "run_in_executor",
    "Semaphore", "BoundedSemaphore", "Thread", "Timer", "ThreadPoolExecutor", "ProcessPoolExecutor", "Popen",
}  # fmt: skip
# `git` is run and waited for, its output read up to a bound; a cache on a server is looked into, and files of
# calls are encoded, in the executor that the engine gives its loop.
MAY_START = {
    "engine", "cluster", "isolate", "serve", "testing", "store/writer.py", "store/postgres/deadline.py",
    "workspace/git.py", "providers/layers/cache.py", "providers/hosted/in_flight.py",
}  # fmt: skip
# The test doubles and conformance kits say by assertions what is wrong.
ASSERTS_ARE_THE_RESULT = {"testing/conformance.py", "testing/store_kit.py"}
MOST_NARROWING = 5
MOST_ANY_A_THOUSAND = 8.0  # where it is; it may only fall
MOST_OF_ONE_ROOM = 0.14
# A stored row or score is called so in the rooms that read it back.
STORED = {"row", "score"}
# What asserts by its name: pytest's own, its `pytester`'s, NumPy's.
ASSERTING = re.compile(r"raises|warns|assert_\w+|fnmatch_lines")
READERS = {"analysis", "engine", "report", "cli", "testing"}


@cache
def trees() -> dict[str, ast.Module]:
    """Every module by its path below the package."""
    files = sorted(SOURCE.rglob("*.py"))
    return {file.relative_to(SOURCE).as_posix(): tree_of(file) for file in files}


@cache
def by_kind() -> dict[type[ast.AST], list[tuple[str, ast.AST]]]:
    """Every node of the package with its path, by its class."""
    found: dict[type[ast.AST], list[tuple[str, ast.AST]]] = {}
    for path, tree in trees().items():
        for node in walk(tree):
            found.setdefault(type(node), []).append((path, node))
    return found


@pytest.fixture(scope="module", autouse=True)
def _trees_are_dropped() -> Iterator[None]:
    """They are millions of objects, which every later collection of garbage would visit."""
    with without_collections():
        yield
        trees.cache_clear()
        by_kind.cache_clear()


def nodes(kind: type[ast.AST]) -> list[tuple[str, ast.AST]]:
    return by_kind().get(kind, [])


def called(call: ast.Call) -> str:
    """The last name of what is called."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def test_tasks_threads_and_processes_start_where_the_design_puts_them() -> None:
    """In the engine, in the service, in the store's writer, in the isolated worker, and in the fake server that ships."""
    started = [
        f"{path}:{node.lineno} {ast.unparse(node.func)}"
        for path, node in nodes(ast.Call)
        if isinstance(node, ast.Call)
        and called(node) in STARTS
        and not {path, path.partition("/")[0]} & MAY_START
    ]
    assert started == []


def test_no_stored_row_is_read_by_position() -> None:
    """A row read back has names; its stored form is known to the room of the store alone."""
    found = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, node in nodes(ast.Subscript)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id in STORED
        and isinstance(node.slice, ast.Constant | ast.Slice)
        and (isinstance(node.slice, ast.Slice) or isinstance(node.slice.value, int))
        and path.partition("/")[0] in READERS
    ]
    assert found == []


def test_types_are_narrowed_by_what_they_are_and_not_by_asserts() -> None:
    """An assert that only narrows a type says that a type is too wide."""
    found = [path for path, _ in nodes(ast.Assert) if path not in ASSERTS_ARE_THE_RESULT]
    assert len(found) <= MOST_NARROWING, found


def test_any_is_rare() -> None:
    """Held where it is; it may only fall."""
    lines = sum(file.read_text("utf-8").count("\n") for file in SOURCE.rglob("*.py"))
    used = sum(isinstance(node, ast.Name) and node.id == "Any" for _, node in nodes(ast.Name))
    print(f"{1000 * used / lines:.1f} a thousand lines")
    assert 1000 * used / lines <= MOST_ANY_A_THOUSAND


def test_no_room_is_the_house() -> None:
    """The largest room has a seventh of the lines at most; a larger one is two."""
    lines: Counter[str] = Counter()
    for file in SOURCE.rglob("*.py"):
        lines[file.relative_to(SOURCE).parts[0]] += file.read_text("utf-8").count("\n")
    room, largest = lines.most_common(1)[0]
    assert largest <= MOST_OF_ONE_ROOM * lines.total(), room


def test_a_function_fits_on_a_screen() -> None:
    """60 lines at most, in the package, its tests and its benchmarks; a verb's may have its options beside them."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for directory in ("src", "tests", "benchmarks")
        for path in sorted((ROOT / directory).rglob("*.py"))
        for node in statements(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 - len(node.args.args + node.args.kwonlyargs) > 60
    ]
    assert found == []


def _imports(tree: ast.Module, modules: Collection[str]) -> Iterator[str]:
    """The modules of the package that a module imports, in functions too; not those for type checkers alone."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo += node.orelse
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in modules else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        todo += blocks(node)


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports inside functions count too: what they hide is a cycle all the same."""
    modules = {
        ".".join(("prompteval", *Path(path).with_suffix("").parts)).removesuffix(".__init__"): tree
        for path, tree in trees().items()
    }
    graph = {
        name: {found for found in _imports(tree, modules) if found in modules and found != name}
        for name, tree in modules.items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(modules)  # else CycleError names them


def _asserts(node: ast.AST) -> bool:
    return isinstance(node, ast.Assert) or (
        isinstance(node, ast.Attribute) and ASSERTING.fullmatch(node.attr) is not None
    )


def test_every_test_asserts_something_itself() -> None:
    """A helper gives back what was found, and the test says what it must be."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in statements(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not any(_asserts(inner) for inner in walk(node))
    ]
    assert found == []


def _exports(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


@cache
def imported() -> dict[str, set[str]]:
    """What is imported from each module of the package, by source, tests and documents."""
    found: dict[str, set[str]] = {}
    files = [
        file for directory in ("src", "tests", "benchmarks") for file in (ROOT / directory).rglob("*.py")
    ]
    for file in files:
        for node in statements(tree_of(file)):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.setdefault(node.module, set()).update(alias.name for alias in node.names)
    return found


def exporting() -> dict[str, list[str]]:
    """What each module with `__all__` exports. Other files are not parsed, and no tree is kept while tests run."""
    texts = {path.relative_to(SOURCE).as_posix(): path.read_text("utf-8") for path in SOURCE.rglob("*.py")}
    found = {path: _exports(ast.parse(text)) for path, text in texts.items() if "__all__" in text}
    return {path: names for path, names in found.items() if names is not None}


EXPORTING = exporting()


@pytest.mark.parametrize("path", EXPORTING)
def test_all_is_what_is_exported(path: str) -> None:
    """Every name of `__all__` is there, and nothing else is imported from the module."""
    name = ".".join(("prompteval", *Path(path).with_suffix("").parts)).removesuffix(".__init__")
    module, names = import_module(name), EXPORTING[path]
    assert [item for item in names if not hasattr(module, item)] == []
    inside = (
        {child.stem for child in (SOURCE / path).parent.iterdir()} if path.endswith("__init__.py") else set()
    )
    assert imported().get(name, set()) - inside - {"*"} <= set(names) | {"__version__"}
