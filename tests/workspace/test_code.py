"""Python that a suite names is in the workspace, or is allowed; nothing else is imported."""

import ast
import py_compile
import sys
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path
from types import ModuleType

import pytest

from prompteval.core.errors import UsageError
from prompteval.workspace.code import load_code
from prompteval.workspace.imports import RESERVED
from prompteval.workspace.settings import Settings, Workspace
from tests.syntax_trees import statements, tree_of

APP = """
import random, subprocess
from functools import lru_cache, partial, wraps
from os import system
from subprocess import run
import yaml
import pack
from helper import helped

shell = partial(system, "touch x")
cached = lru_cache(system)
dump = yaml.safe_dump
evaluate = eval

def reply(x): return random.randint(1, 1)
def later(x):
    from pack.inner import value
    return value
class Bot:
    def __call__(self, x): return x
    def answer(self, x): return x
bot = Bot()
bound = bot.answer
made = partial(reply, 1)
"""


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A workspace with a module, a package and a helper; what was imported is forgotten after the test."""
    known = set(sys.modules)
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "helper.py").write_text("def helped(x): return x\n")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack/__init__.py").write_text("from pack.inner import inner\n")
    (tmp_path / "pack/inner.py").write_text("value = 7\ndef inner(x): return x\n")
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals/mine.py").write_text("def score(x): return 1\n")
    yield tmp_path
    for name in set(sys.modules) - known:
        del sys.modules[name]


def at(root: Path, *allow: str) -> Workspace:
    return Workspace(root, Settings(allow=allow), root / "prompteval.toml")


@pytest.mark.parametrize(
    "entry",
    [
        "app:reply",
        "app:bot",
        "app:bound",
        "app:made",
        "app:helped",
        "pack:inner",
        "pack.inner:inner",
        "evals.mine:score",
    ],
)
def test_what_the_workspace_defines_is_loaded(root: Path, entry: str) -> None:
    """Functions, objects that can be called, methods, partials, and names brought from another file."""
    code = load_code(at(root), entry)
    assert callable(code.function) and code.fingerprint.startswith("sha256:")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("os:system", "os.py does not exist in the workspace"), ("builtins:eval", "builtins.py does not exist"),
        ("subprocess:run", "name a function of a file"), ("prompteval:load", 'add allow = ."prompteval".'),
        ("yaml:safe_load", 'add allow = ."yaml". to prompteval.toml'), ("app:system", "not defined in the workspace, but in posix"),
        ("app:run", "but in subprocess .write a function there"), ("app:shell", "but in posix"), ("app:cached", "but in posix"),
        ("app:evaluate", "but in builtins"), ("app:dump", 'but in yaml .* or add allow = ."yaml".'), ("app:__class__", "but in builtins"),
        ("app:__dir__", "not defined in the workspace"), ("app:os.system", "is not module:function"),
        ("app:nothing", "app has no function 'nothing'"), ("app", "is not module:function"), ("../app:f", "is not module:function"),
    ],
)  # fmt: skip
def test_s31_what_lies_elsewhere_is_refused(root: Path, entry: str, told: str) -> None:
    """Neither a module from elsewhere nor a name that a file of the workspace only imports."""
    with pytest.raises(UsageError, match=told):
        load_code(at(root), entry)


def test_s31_a_module_from_elsewhere_is_not_even_imported(
    root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would run as it is imported; a link that leads to it is no file of the workspace."""
    other = tmp_path_factory.mktemp("other")
    (other / "elsewhere.py").write_text(f"open({str(other / 'ran')!r}, 'w').close()\ndef f(x): pass\n")
    (root / "link.py").symlink_to(other / "elsewhere.py")
    (root / "linked").symlink_to(other)
    monkeypatch.syspath_prepend(other)
    for entry in ("elsewhere:f", "link:f", "linked.elsewhere:f"):
        with pytest.raises(UsageError, match="in the workspace"):
            load_code(at(root), entry)
    assert not (other / "ran").exists()
    load_code(at(root, "elsewhere"), "elsewhere:f")
    assert (other / "ran").exists()


def test_an_allowed_package_is_allowed_by_whole_names(root: Path) -> None:
    """`allow` covers what is below a package, and what a file of the workspace takes from it."""
    assert load_code(at(root, "yaml"), "yaml:safe_load").function.__name__ == "safe_load"
    load_code(at(root, "yaml"), "app:dump")
    for allow in ("yam", "yaml.loader"):
        with pytest.raises(UsageError):
            load_code(at(root, allow), "yaml:safe_load")


def test_s35_a_file_does_not_stand_in_for_a_module_of_python(root: Path) -> None:
    """`random.py` of a workspace is not what its other files import, and cannot be named."""
    (root / "random.py").write_text("raise SystemExit(9)\n")
    (root / "colorsys.py").write_text("raise SystemExit(9)\n")
    (root / "uses.py").write_text("import colorsys\ndef f(x): return colorsys.__file__\n")
    assert str(root) not in load_code(at(root), "uses:f").function(1)
    with pytest.raises(UsageError, match=r"keep their names \(rename random.py"):
        load_code(at(root), "random:randint")


def test_a_folder_of_data_hides_no_installed_package(root: Path) -> None:
    """A workspace has a directory `datasets`, and so has a package that many install."""
    (root / "yaml").mkdir()
    (root / "uses.py").write_text("import yaml\ndef f(x): return yaml.safe_load(x)\n")
    loaded = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "yaml"}
    try:
        assert load_code(at(root), "uses:f").function("a: 1") == {"a": 1}
    finally:
        sys.modules.update(loaded)


def test_s31_a_module_of_that_name_from_elsewhere_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was imported before is not taken for the file of the workspace."""
    monkeypatch.setitem(sys.modules, "app", ModuleType("app"))
    with pytest.raises(UsageError, match=r"'app' is loaded already, from Python itself \(rename app.py"):
        load_code(at(root), "app:reply")


def test_s35_what_we_import_does_not_come_from_a_workspace(root: Path) -> None:
    """Every package that the source names is reserved, so that no directory or file replaces it later."""
    ours: set[str] = set()
    for file in (Path(__file__).parents[2] / "src").rglob("*.py"):
        for node in statements(tree_of(file)):
            if isinstance(node, ast.Import):
                ours.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                ours.add(node.module.partition(".")[0])
    assert not ours - RESERVED
    (root / "faiss").mkdir()
    (root / "faiss/mine.py").write_text("def f(x): return 1\n")
    with pytest.raises(UsageError, match=r"rename faiss/mine.py"):
        load_code(at(root), "faiss.mine:f")


def test_s32_no_bytecode_is_written_or_read(root: Path) -> None:
    """Also not by what a function imports when it is called; what runs is the source."""
    other = root / "other.py"
    other.write_text("def f(x): return 'bytecode'\n")
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(other), cfile=cache_from_source(str(root / "seen.py")), invalidation_mode=mode)
    (root / "seen.py").write_text("def f(x): return 'source'\n")
    assert load_code(at(root), "seen:f").function(1) == "source"
    assert load_code(at(root), "app:later").function(1) == 7
    assert [path.name.split(".")[0] for path in root.rglob("*.pyc")] == ["seen"]


def test_two_workspaces_have_modules_of_one_name(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As in one session of pytest; each gets its own."""
    other = tmp_path_factory.mktemp("other")
    (other / "app.py").write_text("from helper import number\ndef reply(x): return number\n")
    (other / "helper.py").write_text("number = 2\n")
    first = load_code(at(root), "app:reply").function
    assert load_code(at(other), "app:reply").function(1) == 2
    assert first(1) == 1 and load_code(at(root), "app:reply").function(1) == 1


@pytest.mark.parametrize(
    ("text", "told"), [("def f(:", "SyntaxError"), ("raise SystemExit(0)", "SystemExit: 0")]
)
def test_a_module_that_does_not_load_is_one_sentence(root: Path, text: str, told: str) -> None:
    """What it raises is told; the process continues."""
    (root / "broken.py").write_text(text)
    with pytest.raises(UsageError, match=f"broken:f: {told}"):
        load_code(at(root), "broken:f")


def test_s32_nothing_is_imported_where_the_workspace_says_so(root: Path) -> None:
    """Where the file is, and that it is Python, is known without running it."""
    (root / "trap.py").write_text(f"open({str(root / 'ran')!r}, 'w')\ndef f(x): pass\n")
    (root / "broken.py").write_text("def f(:")
    still = Workspace(root, Settings(), root / "prompteval.toml", imports=False)
    load_code(still, "trap:f")
    for entry, told in (("broken:f", "not Python"), ("os:system", "os.py does not exist")):
        with pytest.raises(UsageError, match=told):
            load_code(still, entry)
    assert not (root / "ran").exists()


@pytest.mark.parametrize("text", ["-" * 300_000 + "1", "x = " + "+".join(["1"] * 300_000), "f(" * 5000])
def test_b3_source_that_the_parser_has_no_room_for_is_one_sentence(root: Path, text: str) -> None:
    """Deep or long expressions: an error of that file, where nothing is imported too."""
    (root / "deep.py").write_text(text)
    for imports in (True, False):
        with pytest.raises(UsageError, match="deep:f: "):
            load_code(Workspace(root, Settings(), root / "prompteval.toml", imports=imports), "deep:f")


def test_b15_a_source_file_without_end_is_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As any other file of the workspace."""
    monkeypatch.setattr("prompteval.workspace.tree.MAX_READ_BYTES", 1_000)
    (root / "deep.py").write_text("#" * 2_000)
    with pytest.raises(UsageError, match="larger than 1,000 bytes"):
        load_code(Workspace(root, Settings(), root / "prompteval.toml", imports=False), "deep:f")
