"""What is installed: floors that matter, what may not be there, and a lock with a hash for every file."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Fixed there: sandbox escapes; YAML's C loader on Python 3.11; code that a model's folder names.
FLOORS = {"jinja2": "3.1.6", "pyyaml": "6.0.3", "sentence-transformers": "6.0"}
# A stolen release, pickles without a fix, pickles and downloads.
NEVER = {"litellm", "diskcache", "nltk"}
_PINNED = re.compile(r"([a-z0-9.-]+)==([^ ]+)((?: --hash=sha256:[0-9a-f]{64})+)")


def locked(name: str) -> dict[str, str]:
    """(package, version) of a lock; every entry is one version with at least one hash."""
    text = (ROOT / "requirements" / name).read_text().replace(" \\\n   ", "")
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = _PINNED.fullmatch(line)
            assert match is not None, line[:80]
            found[match[1]] = match[2]
    return found


def test_s27_lower_bounds_are_at_fixed_versions() -> None:
    """An older release could be installed beside us otherwise."""
    every = [*PROJECT["dependencies"], *chain.from_iterable(PROJECT["optional-dependencies"].values())]
    for text in every:
        need = Requirement(text)
        floor = FLOORS.get(canonicalize_name(need.name))
        if floor is not None:
            lowest = [Version(item.version) for item in need.specifier if item.operator in (">=", "==")]
            assert lowest and max(lowest) >= Version(floor), text


def test_s27_the_lock_has_a_hash_for_every_file_and_the_tested_versions() -> None:
    """Both locks pin what constraints.txt pins, and neither names where files come from."""
    pinned = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    )
    wanted = {canonicalize_name(name): version for name, version in pinned.items()}
    for name in ("build.txt", "ci.txt"):
        for package, version in locked(name).items():
            assert wanted.get(package, version) == version.partition("+")[0], package
        assert "://" not in (ROOT / "requirements" / name).read_text()
    assert {"pytest", "ruff", "mypy", "torch", "pydantic", "fastapi"} <= locked("ci.txt").keys()
    assert {"hatchling", "editables"} <= locked("build.txt").keys()


def test_s27_every_direct_dependency_is_locked() -> None:
    """Core, extras and what tests need; the build's own in its lock."""
    extras = PROJECT["optional-dependencies"]
    named = chain(PROJECT["dependencies"], *(needs for name, needs in extras.items() if name != "all"))
    assert {canonicalize_name(Requirement(text).name) for text in named} <= locked("ci.txt").keys()


def test_s27_nothing_that_must_not_be_there_is_needed(tmp_path: Path) -> None:
    """The bill of materials of prompteval with its extras: no such package, no tool of the tests; the graph is whole."""
    report, out = tmp_path / "report.json", tmp_path / "bom.json"
    file = {"archive_info": {"hashes": {"sha256": "0" * 64}}}
    report.write_text(json.dumps({"install": [{"metadata": {"name": "Jinja2"}, "download_info": file}]}))
    script = [sys.executable, ROOT / "release/sbom.py", "offline,rag,metrics", report, out]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bom = json.loads(out.read_text())
    parts = {part["name"]: part for part in bom["components"]}
    assert not parts.keys() & {*NEVER, "pytest", "ruff", "mypy", "prompteval"}
    assert {"pydantic", "torch", "sacrebleu", "selectolax"} <= parts.keys()
    assert parts["jinja2"]["hashes"] == [{"alg": "SHA-256", "content": "0" * 64}]
    refs = {bom["metadata"]["component"]["bom-ref"], *(part["bom-ref"] for part in parts.values())}
    assert {item["ref"] for item in bom["dependencies"]} == refs
    assert {need for item in bom["dependencies"] for need in item["dependsOn"]} <= refs


def test_s27_the_source_imports_none_of_them() -> None:
    """Not even where one happens to be installed, for tests or by another package."""
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & NEVER, file
