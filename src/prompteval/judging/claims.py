"""The claims that a judge of faithfulness found in a text, each held to the passage that it quotes."""

from collections.abc import Mapping

from prompteval.core.observation import Observation
from prompteval.corpus.quote import find_exact, find_normalised, normalised
from prompteval.judging.ask import shortened

CLAIM_FIELDS = ("claim", "verdict", "passage", "quote")
SUPPORTED, CONTRADICTED, NOT_FOUND = "supported", "contradicted", "not_found"
VERDICTS = (SUPPORTED, CONTRADICTED, NOT_FOUND)


class NoClaims(Exception):
    """A reply without a list of claims; the text says why."""


def claims_of(answer: Observation, passages: Mapping[int, str]) -> list[dict[str, object]]:
    """The claims of a reply with what each counts as. Raises NoClaims."""
    output = answer.output if isinstance(answer.output, Mapping) else {}
    claims = output.get("claims")
    if answer.outcome != "ok" or not isinstance(claims, list):
        why = answer.failure.message if answer.failure is not None else "no claims"
        raise NoClaims(f"{answer.outcome}: {why}")
    found = []
    for claim in claims:
        if not isinstance(claim, Mapping) or claim.get("verdict") not in VERDICTS:
            raise NoClaims("a claim has no verdict of supported, contradicted or not_found")
        found.append(_checked(claim, passages))
    return found


def _checked(claim: Mapping[str, object], passages: Mapping[int, str]) -> dict[str, object]:
    """A claim with what it counts as: one whose quote is not in its passage counts as not found."""
    number, quote = claim.get("passage"), claim.get("quote")
    text = passages.get(number) if isinstance(number, int) else None
    verdict, quoted = claim["verdict"], None
    if verdict != NOT_FOUND:
        quoted = text is not None and isinstance(quote, str) and _is_in(quote, text)
    counted = NOT_FOUND if quoted is False else verdict
    kept = {key: shortened(claim[key]) for key in CLAIM_FIELDS if key in claim}
    return {**kept, "quote_found": quoted, "counts_as": counted}


def _is_in(quote: str, text: str) -> bool:
    return bool(find_exact(text, quote) or find_normalised(normalised(text), quote))
