"""How much a text reads like a prompt. It ranks findings that data flow made, and makes none itself."""

import re
from typing import Final

# Words that tell a model what to do or be, and marks of texts that are for machines. Chosen by hand, before
# they were measured on other people's literals (benchmarks/audit).
_CUES: Final = re.compile(
    r"\b(?:you are|you're|your (?:task|job|goal|role)|you (?:will|should|must|can|have)|act as"
    r"|as an? (?:ai|assistant)|answer|summari[sz]e|translate|rewrite|rephrase|classify|extract|generate"
    r"|write an?|list the|explain|describe|given (?:the|a|an|this)|the following|based on|do not|don't"
    r"|make sure|please|respond|reply|step by step|context|question|assistant|user|human|example)\b",
    re.IGNORECASE,
)
_MACHINE: Final = re.compile(
    r"https?://|^\s*(?:select|insert|update|create|delete)\b|</?[a-z]+[^>]{0,80}>"
    r"|(?<=[\w/-])\.(?:py|json|csv|txt|md|png)\b"
    r"|--?[a-z][\w-]+|\bdef |\bimport |[{;]\s*$|\\[dws]|%[sdf]\b",
    re.IGNORECASE | re.MULTILINE,
)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
ENOUGH: Final = 40  # words: beyond them length says no more


def likeness(text: str) -> float:
    """From 0 to 1: cues of instructions and length speak for a prompt, marks of machines against it."""
    text = text[:4_000]
    words = len(_WORD.findall(text))
    if words < 2:
        return 0.0
    cues = min(len({match.lower() for match in _CUES.findall(text)}), 4) / 4
    length = min(words, ENOUGH) / ENOUGH
    machine = min(len(_MACHINE.findall(text)) / words, 0.5) * 2
    return max(0.0, (0.6 * cues + 0.4 * length) * (1 - machine))
