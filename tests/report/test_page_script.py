"""The page's script: what TypeScript says of its types, and what its files may not hold."""

import json
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from prompteval.report.page.assets import (
    REMOTE_SCRIPTS,
    SCRIPTS,
    STYLES,
    policy,
    remote_policy,
    remote_script,
    script,
    style,
)

ASSETS = Path(str(files("prompteval.report.page") / "assets"))
INSTALLED = Path(sys.prefix) / "typescript/node_modules/.bin/tsc"


def test_every_file_of_the_assets_is_in_the_page() -> None:
    """None is left over, and each is of a size that can be read."""
    assert {file.name for file in ASSETS.iterdir()} == {*SCRIPTS, *REMOTE_SCRIPTS, *STYLES}
    assert all(len(file.read_text("utf-8").splitlines()) <= 400 for file in ASSETS.iterdir())


def test_s6_the_script_makes_no_markup_and_asks_for_nothing() -> None:
    """Texts become text nodes; no way of a browser to read a text as HTML or code is used."""
    forbidden = r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|setTimeout\(\s*['\"`]|fetch\("
    assert not re.search(forbidden, script())
    assert (
        "</script" not in script()
        and "</style" not in style()
        and "@import" not in style()
        and "url(" not in style()
    )
    assert policy().startswith("default-src 'none'; ") and "connect-src" not in policy()
    assert not re.search(forbidden.removesuffix(r"|fetch\("), remote_script())
    assert remote_policy().endswith("connect-src 'self'; frame-ancestors 'none'")


@pytest.mark.slow
def test_typescript_finds_no_wrong_type(tmp_path: Path) -> None:
    """`tsc --strict` over the comments of the script."""
    program = str(INSTALLED) if INSTALLED.exists() else shutil.which("tsc")
    if program is None:
        pytest.skip("TypeScript is not installed: `make test-all` does, where npm is")
    options = {
        "allowJs": True, "checkJs": True, "noEmit": True, "strict": True, "target": "es2022", "types": [],
        "lib": ["es2023", "dom", "dom.iterable", "dom.asynciterable"], "moduleDetection": "legacy",
    }  # fmt: skip
    config = {
        "compilerOptions": options,
        "files": [str(ASSETS / name) for name in {**dict.fromkeys(SCRIPTS), **dict.fromkeys(REMOTE_SCRIPTS)}],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))
    done = subprocess.run([program, "-p", str(tmp_path)], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout
