"""The documentation as a site: what docs/hooks.py takes from other files is there. `make docs` builds it, strictly."""

import importlib.util
import re
from types import ModuleType

import pytest
import yaml

from tests.golden import ROOT


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    pytest.importorskip("mkdocs")
    spec = importlib.util.spec_from_file_location("docs_hooks", ROOT / "docs/hooks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_section_of_the_readme_is_on_a_page_or_left_out_on_purpose(hooks: ModuleType) -> None:
    """A heading that is renamed, or a new one, is noticed."""
    taken = {heading for _, headings in hooks.SECTIONS.values() for heading in headings}
    assert set(hooks._readme()) - taken == {
        "", "A system of your own", "Tool calls", "In CI", "Security", "Documentation",
    }  # fmt: skip


def test_a_page_of_names_says_what_each_is(hooks: ModuleType) -> None:
    """Read from the registries and the code behind them."""
    assert "### `exact`" in hooks._names() and "| `scorers` |" in hooks._schemas()


def test_every_page_of_the_menu_is_made() -> None:
    """A file of docs/, or one of those that the hook makes."""
    pages = re.findall(
        r"[\w/-]+\.md", yaml.safe_dump(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"])
    )
    made = re.findall(r"[\w/-]+\.md", (ROOT / "docs/hooks.py").read_text())
    assert [page for page in pages if not (ROOT / "docs" / page).is_file() and page not in made] == []


def test_every_decision_is_in_the_index() -> None:
    """In its order, under its own title."""
    directory = ROOT / "docs/decisions"
    files = sorted(path for path in directory.glob("*.md") if path.name != "index.md")
    titles = [(path.read_text().splitlines()[0][2:], path.name) for path in files]
    assert (
        re.findall(r"^\d+\. \[(.*)\]\((.*)\)$", (directory / "index.md").read_text(), re.MULTILINE) == titles
    )
