"""The pages of the site that no file of docs/ holds: sections of README.md, other documents, the reference.

Each is made from what the repository says already, so that nothing is written twice.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
# Page: (title, the README's headings that stand on it, in this order).
SECTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "index.md": ("prompteval", ("Two commands", "What is not finished", "Tested on", "Licence")),
    "tutorial.md": ("Tutorial", (
        "Start your own workspace", "A prompt", "Cases", "A suite and its gate", "A case's verdict",
        "Repeats", "Published versions", "Better or worse than before?",
    )),
    "models.md": ("Your own model", (
        "Your own model", "What a suite may run and read", "Large and long runs",
    )),
    "rag.md": ("Questions over documents", ("Questions over documents", "Score a TREC run")),
    "numbers.md": ("How numbers are made", ("How numbers are made", "Metrics")),
    "verbs.md": ("Verbs and exit codes", ("Verbs", "Exit codes")),
}  # fmt: skip
# Documents that lie elsewhere in the repository.
DOCUMENTS = {
    "architecture.md": "ARCHITECTURE.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "reporting.md": "SECURITY.md",
    "statistics.md": "benchmarks/statistics/README.md",
}
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")
SOURCE = "https://github.com/prompteval/prompteval/blob/main/"


def on_files(files: Any, config: Any) -> Any:
    """Add what is made here."""
    made = {page: _sections(page) for page in SECTIONS}
    made |= {page: _document(path) for page, path in DOCUMENTS.items()}
    made["reference/commands.md"] = _commands()
    made["reference/names.md"] = _names()
    made["reference/schemas.md"] = _schemas()
    for page, text in made.items():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Links lead to a page of the site where there is one, else to the source."""
    here = page.file.src_uri
    base = Path(SOURCES.get(here, f"docs/{here}")).parent

    def linked(match: re.Match[str]) -> str:
        target = _plain(base / match[1])
        if target in PAGES:
            return f"]({_relative(PAGES[target], here)}{match[2] or ''})"
        return f"]({SOURCE}{target}{match[2] or ''})"

    return markdown if here.startswith("reference/") else LINK.sub(linked, markdown)


SOURCES = {**dict.fromkeys(SECTIONS, "README.md"), **DOCUMENTS}
OWN = [str(path.relative_to(ROOT / "docs")) for path in ROOT.glob("docs/**/*.md")]
PAGES = {**{path: page for page, path in DOCUMENTS.items()}, **{f"docs/{page}": page for page in OWN}}


def _plain(path: Path) -> str:
    return str((ROOT / path).resolve().relative_to(ROOT))


def _relative(page: str, here: str) -> str:
    return "../" * here.count("/") + page


def _readme() -> dict[str, str]:
    """The README's sections by their headings, the text before the first under no name."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    parts = re.split(r"^(##+ .*)$", text, flags=re.MULTILINE)
    found = {"": parts[0]}
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        found[heading.lstrip("# ")] = body
    return found


def _sections(page: str) -> str:
    title, headings = SECTIONS[page]
    sections = _readme()
    text = [f"# {title}\n" + (sections[""].partition("\n")[2] if page == "index.md" else "")]
    for heading in headings:
        text.append((f"\n## {heading}\n" if heading != title else "") + sections[heading])
    return "".join(text)


def _document(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _commands() -> str:
    """`--help` of every verb, as it is held by the tests."""
    directory = ROOT / "tests/fixtures/golden/help"
    pages = sorted(directory.glob("*.txt"), key=lambda path: (path.stem != "prompteval", path.stem))
    text = "# Commands\n\nWhat `--help` prints.\n"
    for path in pages:
        verb = "" if path.stem == "prompteval" else " " + path.stem.replace("-", " ")
        text += f"\n## prompteval{verb}\n\n```text\n{path.read_text(encoding='utf-8')}```\n"
    return text


def _names() -> str:
    """Every name that `prompteval explain` knows."""
    from prompteval.reference.page import page

    return page()


def _schemas() -> str:
    return "# Schemas\n\n" + "".join(_schema_pages())


def _schema_pages() -> Iterator[str]:
    from prompteval.cases.schema import case_schema
    from prompteval.plan.suite_schema import suite_schema

    for title, schema in (("Suites", suite_schema()), ("Cases", case_schema())):
        yield f"## {title}\n\n| key | what it is |\n|---|---|\n"
        for key, entry in schema["properties"].items():
            about = " ".join(str(entry.get("description", "")).split()).replace("|", "\\|")
            yield f"| `{key}` | {about} |\n"
        yield f"\n```json\n{json.dumps(schema, indent=2)}\n```\n\n"
