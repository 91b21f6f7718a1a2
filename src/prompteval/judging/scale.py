"""What a judge's verdicts and people's labels are compared as: classes, or numbers on a scale."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prompteval.judging.labels import Word


@dataclass(frozen=True, slots=True)
class JudgeScale:
    """The words of a judge and those of them that pass; a scale has no words, and runs from low to high."""

    labels: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0

    @property
    def is_numeric(self) -> bool:
        return not self.labels

    @property
    def is_binary(self) -> bool:
        """Whether words pass or fail, so that there are sensitivity and specificity."""
        return bool(self.passes)

    def fault(self, label: Word) -> str:
        """What is wrong with a label of a person; empty where nothing is."""
        if self.labels:
            words = ", ".join(self.labels)
            return "" if label in self.labels else f"label {label!r} is not one of the judge's: {words}"
        if isinstance(label, str):
            return f"label {label!r} is not a number, and the judge's scale is {self.low:g} to {self.high:g}"
        inside = self.low <= label <= self.high
        return "" if inside else f"label {label:g} is outside of the scale {self.low:g} to {self.high:g}"

    def truth(self, given: Mapping[str, Word]) -> Word | None:
        """What people say together: the mean on a scale, else the majority; None where no word has it."""
        if self.is_numeric:
            numbers = [float(label) for label in given.values()]
            return sum(numbers) / len(numbers) if numbers else None
        ranked = Counter(given.values()).most_common(2)
        if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
            return None
        return ranked[0][0]

    def value(self, word: Word) -> float:
        """A verdict or truth as a number: on the scale, or 1 where it passes."""
        return float(word) if self.is_numeric else float(word in self.passes)

    def codes(self, words: Sequence[Word]) -> list[int]:
        """The place of each word among the labels; one behind the last for what is none of them."""
        places: dict[Word, int] = {label: place for place, label in enumerate(self.labels)}
        return [places.get(word, len(self.labels)) for word in words]
