"""Entries for a terminal."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from prompteval.core.codes import codes
from prompteval.reference.entry import Entry, Group, Option
from prompteval.reference.index import Found, groups

WIDTH = 100
CODES_TOPIC = "codes"


def shown(found: Found) -> str:
    """Entries one under the other, then what is related, a line each."""
    parts = ["\n".join(_entry(entry)) for entry in found.entries]
    parts += ["\n".join([f"{group.title}:", *_lines(group.entries)]) for group in found.groups]
    if found.related:
        title = ["See also:"] if found.entries or found.groups else []
        parts.append("\n".join([*title, *_lines(found.related, kinds=True)]))
    return "\n\n".join(parts) + "\n"


def overview() -> str:
    """Every name by its group."""
    return "".join(_overview())


def _overview() -> Iterator[str]:
    for group in groups():
        yield f"{group.title} ({group.topic}):\n{_flow(_tops(group))}\n\n"
    yield f"Problem codes ({CODES_TOPIC}):\n{_flow(codes())}\n\n"
    yield "`prompteval explain NAME` explains one of them, and the word in brackets lists a group.\n"


def _tops(group: Group) -> list[str]:
    """The names of a group; of keys those at the top, which list what is below them."""
    names = [entry.name for entry in group.entries]
    is_below = {name for name in names if name.partition(".")[0] in names and "." in name}
    return [name for name in names if name not in is_below]


def _entry(entry: Entry) -> Iterator[str]:
    yield f"{entry.name}  {entry.kind}"
    yield ""
    for paragraph in entry.about.split("\n"):
        yield from textwrap.wrap(paragraph, WIDTH)
    facts = [(fact.label, fact.text) for fact in entry.facts]
    if entry.others:
        facts.append(("also", ", ".join(entry.others)))
    if facts:
        yield ""
        yield from _table(facts)
    if entry.options:
        yield ""
        yield "Options:"
        yield from _table([(option.name, _option(option)) for option in entry.options])
    if entry.example is not None:
        yield ""
        yield "Example:"
        yield from (f"  {line}" for line in entry.example.text.split("\n"))


def _option(option: Option) -> str:
    return f"{option.about} ({option.value})" if option.value else option.about


def _lines(entries: Sequence[Entry], *, kinds: bool = False) -> Iterator[str]:
    yield from _table([(e.name, f"{e.kind}: {e.summary}" if kinds else e.summary) for e in entries])


def _table(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Two columns, the second wrapped."""
    wide = max(len(name) for name, _ in rows)
    for name, text in rows:
        lines = textwrap.wrap(text, max(WIDTH - wide - 4, 40)) or [""]
        yield f"  {name:<{wide}}  {lines[0]}".rstrip()
        yield from (f"  {'':<{wide}}  {line}" for line in lines[1:])


def _flow(names: Iterable[str]) -> str:
    return textwrap.fill(
        ", ".join(names), WIDTH, initial_indent="  ", subsequent_indent="  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
