"""Rows in another language than the others, by the extra `[language]` (py3langid, on this machine alone)."""

from collections import Counter
from collections.abc import Callable, Sequence

from prompteval.core.errors import MissingExtra
from prompteval.core.fingerprint import seeded_rank
from prompteval.data.findings import Findings
from prompteval.data.oddities import FEWEST_ROWS, USUAL, script
from prompteval.data.rows import DataRow

# A shorter text is in many languages, and a language that is less certain is a guess.
SHORTEST = 20
CERTAIN = 0.9
# So many rows are looked at, chosen by the hash of their place: a text takes a tenth of a millisecond.
MOST_ROWS = 50_000
_READ = 300  # characters of a text

Language = tuple[str, float]  # its code of ISO 639-1, and how certain it is


def check_languages(rows: Sequence[DataRow], findings: Findings) -> Counter[str] | None:
    """Rows in another language than nine tenths of the rows; how many are in each, of those that are certain.

    None where the extra is not installed. Of more than MOST_ROWS rows a sample is looked at.
    """
    try:
        identify = identifier()
    except MissingExtra:
        return None
    found: dict[int, str] = {}
    share = MOST_ROWS / max(len(rows), 1) * 2**64
    for place, row in enumerate(rows):
        if len(row.text) >= SHORTEST and seeded_rank(0, str(place)) < share and script(row.text):
            language, certain = identify(row.text[:_READ])
            if certain >= CERTAIN:
                found[place] = language
    counts = Counter(found.values())
    if counts.total() < FEWEST_ROWS:
        return counts
    usual, count = counts.most_common(1)[0]
    if count < USUAL * counts.total():
        return counts
    for place, language in found.items():
        if language != usual:
            message = (
                f"text in language {language!r}, and {count / counts.total():.0%} of the rows in {usual!r}"
            )
            findings.add(rows[place], "PD114", message, "look at the row")
    return counts


def identifier() -> Callable[[str], Language]:
    """The language of a text. Raises MissingExtra where the library is not installed."""
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        raise MissingExtra("the language of a text", "language") from None
    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def identify(text: str) -> Language:
        language, certain = model.classify(text.encode("utf-8", "replace"))
        return str(language), float(certain)

    return identify
