"""What is read of a sample of texts: their language by its commonest words, and their embeddings."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from prompteval.monitor.signals.inputs import Embed
from prompteval.workspace.settings import Workspace

# The commonest words of running text, none of them in two lists.
_WORDS = {
    "de": "der die das und ist nicht ich wir sie mit für auf den dem ein eine zu bitte wie kann mein meine",
    "en": "the and is not i we you with for on a an to please how can my of it what that this do",
    "es": "el los las y es por para con una mi cómo puedo qué pero usted muy está hola tengo del",
    "fr": "le les et est pas je nous vous avec pour sur une mon ma comment des du dans qui ce suis",
    "it": "il gli è non io noi con per una mio come posso di che sono della ciao ho perché questo",
    "nl": "het en niet ik wij jij met voor op een mijn hoe kan van dat dit naar zijn heb geen",
    "pt": "os uma não eu nós você com para em meu minha como posso de isso está são mas olá obrigado",
}
_SCRIPTS = (
    (0x0370, 0x03FF, "el"), (0x0400, 0x052F, "cyrillic"), (0x0590, 0x05FF, "he"), (0x0600, 0x06FF, "arabic"),
    (0x0900, 0x097F, "devanagari"), (0x0E00, 0x0E7F, "th"), (0x3040, 0x30FF, "ja"), (0x4E00, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "ko"),
)  # fmt: skip
UNKNOWN = "other"
_READ = 500


@cache
def _lists() -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in _WORDS.items()}


def detect_language(text: str) -> str:
    """The language of a text by its script, or by its commonest words; `other` where none is known.

    Coarse on purpose: it compares two samples, and errs in both alike.
    """
    start = text[:_READ].lower()
    scripts = [name for character in start for low, high, name in _SCRIPTS if low <= ord(character) <= high]
    letters = sum(character.isalpha() for character in start)
    if scripts and 2 * len(scripts) >= letters:
        return "ja" if "ja" in scripts else max(sorted(set(scripts)), key=scripts.count)
    words = [word.strip(".,;:!?¡¿()\"'") for word in start.split()]
    hits = {name: sum(word in known for word in words) for name, known in _lists().items()}
    best = max(sorted(hits), key=lambda name: hits[name])
    return best if hits[best] else UNKNOWN


def embedder(workspace: Callable[[], Workspace]) -> Embed:
    """The embedded model, loaded at the first texts. Raises MissingExtra then, where it is not installed."""

    def embed(texts: Sequence[str]) -> NDArray[np.float64]:
        from prompteval.providers.open import DefaultEmbedder

        vectors, _ = DefaultEmbedder(workspace()).embed(texts)
        return np.asarray(vectors, np.float64)

    return embed
