"""What a judge said, as it is stored with a score."""

from collections.abc import Mapping, Sequence

from prompteval.core.observation import Observation
from prompteval.judging.ask import Ask, shortened


def entry_of(ask: Ask, answer: Observation, name: str, verdict: object) -> dict[str, object]:
    """One reply: of which part it is, its verdict, and what the judge said beside it."""
    entry: dict[str, object] = {"verdict": verdict, **beside(answer.output, name)}
    return {"part": ask.part, **entry} if ask.part else entry


def beside(output: object, name: str) -> dict[str, object]:
    """What a judge said beside its verdict."""
    rest = {key: value for key, value in output.items() if key != name} if isinstance(output, Mapping) else {}
    return {str(key): shortened(value) for key, value in rest.items()}


def label_said(said: Sequence[Mapping[str, object]], shares: Mapping[str, float]) -> str:
    """The most probable label; without probabilities the one that most samples gave, the first of several."""
    if shares:
        return max(shares, key=lambda label: shares[label])
    labels = [str(one["verdict"]) for one in said]
    return max(labels, key=labels.count)
