"""docs/files.md and examples/files are the same workspace, and it does what the page says."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forks import shared
from tests.golden import ROOT

EXAMPLE = ROOT / "examples/files"
PAGE = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
FILE = re.compile(r"`([\w/]+\.[a-z]+)`[^`]*:\n\n```[a-z]+\n(.*?)```", re.DOTALL)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "files", ignore=shutil.ignore_patterns(".prompteval")))


def test_the_page_shows_the_files_of_the_example() -> None:
    """Word for word."""
    shown = dict(FILE.findall(PAGE))
    assert set(shown) == {"prompts/name_shape/v1.py", "datasets/shapes.jsonl", "evals/name_shape.yaml"}
    assert {path: (EXAMPLE / path).read_text() for path in shown} == shown


def test_the_example_runs_from_its_recording(copy: Path) -> None:
    """Four of five are right, as the page says, without a network; the images are known by their hashes."""
    done = shared().run(copy, "run", "--json", "-q", "--offline")
    (result,) = json.loads(done.stdout)["results"]
    assert (done.code, result["metrics"]["accuracy"]["value"], result["usage"]["replayed"]) == (0, 0.8, 5)
    shown = shared().run(copy, "show", "last", "--case", "blue-triangle").stdout
    assert "a PNG image, 1,820 bytes" in shown


def test_the_images_are_those_that_the_script_draws(copy: Path) -> None:
    """Byte for byte: they are synthetic."""
    images = sorted(EXAMPLE.rglob("*.png"))
    assert len(images) == 6
    for image in copy.rglob("*.png"):
        image.unlink()
    subprocess.run([sys.executable, "draw.py"], cwd=copy, check=True, timeout=60)
    drawn = {path.relative_to(copy): path.read_bytes() for path in copy.rglob("*.png")}
    assert drawn == {path.relative_to(EXAMPLE): path.read_bytes() for path in images}


def test_the_sizes_on_the_page_are_the_limits() -> None:
    """20 MB a file, 64 kB an image that is shown, 4 MB of images a page."""
    from prompteval.core.media import MOST_FILE_BYTES
    from prompteval.report.thumbnails import MOST_CHARACTERS
    from prompteval.store.thumbnails import MOST_SHOWN_BYTES

    assert (MOST_FILE_BYTES, MOST_SHOWN_BYTES, MOST_CHARACTERS) == (20_000_000, 65_536, 4_000_000)
    assert all(text in PAGE for text in ("over 20 MB", "up to 64 kB", "4 MB of images a page"))
