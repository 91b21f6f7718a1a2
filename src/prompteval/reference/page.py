"""Every name as a page of the documentation."""

from collections.abc import Iterator

from prompteval.reference.entry import Entry, Group
from prompteval.reference.index import groups


def page() -> str:
    """Markdown: a heading for each group and each name."""
    intro = (
        "Every name that a suite, a case, a result or the settings may have. `prompteval explain NAME`\n"
        "prints one of them. Packages add scorers, metrics and the like by entry points.\n"
    )
    return "".join(["# Names\n\n", intro, *(text for group in groups() for text in _group(group))])


def _group(group: Group) -> Iterator[str]:
    yield f"\n## {group.title}\n"
    for entry in group.entries:
        yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[str]:
    yield f"\n### `{entry.name}`\n\n"
    yield _escaped(entry.about.replace("\n", "\n\n")) + "\n"
    facts = [(fact.label, fact.text) for fact in entry.facts]
    facts += [("also", ", ".join(entry.others))] if entry.others else []
    facts += [(f"`{option.name}`", option.about + (f" ({option.value})" if option.value else ""))
              for option in entry.options]  # fmt: skip
    if facts:
        yield "\n| | |\n|---|---|\n"
        yield from (f"| {label} | {_escaped(text).replace('|', chr(92) + '|')} |\n" for label, text in facts)
    if entry.example is not None:
        yield f"\n```{entry.example.syntax}\n{entry.example.text}\n```\n"


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*")
