"""What an answer cites: each citation with its passage and quote, each sentence with what it rests on."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from prompteval.core.attribution import Places
from prompteval.core.citation_marks import MARK, find_marks
from prompteval.core.observation import Observation
from prompteval.core.sentences import sentence_starts
from prompteval.core.trace import Trace
from prompteval.corpus.quote import find_exact, find_normalised, normalised
from prompteval.report.one_case.passages import Lists
from prompteval.report.one_case.shapes import Line, Mark


def citation_lines(seen: Observation, lists: Lists, places: Places | None) -> Iterator[Line]:
    """Each citation with the passage it names; right or wrong where gold is known."""
    context = lists.context or ()
    quotes = _quotes(seen)
    listed: list[tuple[int, bool | None]]
    if places is not None and places.cited:
        listed = [(one.n, one.right) for one in places.cited]
    else:
        listed = [(n, None) for n, _ in quotes]
    quoted = [quote for _, quote in quotes] if len(quotes) == len(listed) else [""] * len(listed)
    for (n, right), quote in zip(listed, quoted, strict=True):
        if not 1 <= n <= len(context):
            yield Line(f"[{n}]", "", (Mark("not in the context", "bad"),), quote)
            continue
        fits = () if right is None else (Mark("right", "good") if right else Mark("wrong", "bad"),)
        words = context[n - 1].words
        if quote and words and not _spans(words, quote):
            fits = (*fits, Mark("not word for word in the passage"))
        yield Line(f"[{n}]", context[n - 1].name, fits, quote)


def quoted_words(seen: Observation, lists: Lists) -> Iterator[tuple[int, str]]:
    """(place in the context from 1, words of the passage there) of each quote that the passage has."""
    context = lists.context or ()
    for n, quote in _quotes(seen):
        words = context[n - 1].words if 1 <= n <= len(context) else ""
        yield from ((n, words[start:end]) for start, end in _spans(words, quote)[:1])


def cited_sentences(seen: Observation) -> Iterator[Line]:
    """Each sentence of the answer with the passages that its marks name; none where no mark is in it."""
    output = seen.output
    answer = output.get("answer") if isinstance(output, Mapping) else output
    marked = find_marks(answer) if isinstance(answer, str) else None
    if marked is None or not marked.numbers:
        return
    text = marked.text
    for start, end in pairwise([0, *sentence_starts(text, 0, len(text)), len(text)]):
        plain = MARK.sub("", text[start:end]).strip()
        if plain:
            yield Line("".join(f"[{n}]" for n in marked.of(text[start:end])), plain)


def _spans(words: str, quote: str) -> list[tuple[int, int]]:
    """Where a passage has a quote, apart from spaces, quotation marks and dashes."""
    if not words or not quote:
        return []
    return find_exact(words, quote) or find_normalised(normalised(words), quote)


def _quotes(seen: Observation) -> Sequence[tuple[int, str]]:
    """(place in the context, quote) of each citation that the output lists."""
    trace = seen.trace or Trace()
    if trace.citations is not None:
        docs = [one.doc for one in trace.seen or ()]
        return [
            (one.n or (docs.index(one.doc) + 1 if one.doc in docs else 0), one.quote or "")
            for one in trace.citations
        ]
    listed = seen.output.get("citations") if isinstance(seen.output, Mapping) else None
    found = []
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, Mapping) and isinstance(one.get("n"), int):
            found.append((one["n"], str(one.get("quote") or "")))
    return found
