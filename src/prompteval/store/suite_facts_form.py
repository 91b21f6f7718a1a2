"""The stored form of what a run and a baseline keep of a suite."""

from collections.abc import Mapping
from typing import Any

from prompteval.core.stored import SuiteFacts


def facts_json(facts: SuiteFacts) -> dict[str, object]:
    """What the manifest of a run and a baseline keep of a suite."""
    return {
        "cases": facts.cases,
        "scorers": [[kind, name, dict(options)] for kind, name, options in facts.scorers],
        "fields": dict(facts.fields),
        "measures": [list(pair) for pair in facts.measures],
        "primary": list(facts.primary),
        "effects": {metric: dict(limits) for metric, limits in facts.effects.items()},
        "slices": list(facts.slices),
        "split": list(facts.split),
        "on_error": facts.on_error,
    }


def facts_from(body: Mapping[str, Any]) -> SuiteFacts:
    """The facts behind `facts_json`; keys of a manifest that no comparison reads are skipped."""
    return SuiteFacts(
        cases=body["cases"],
        scorers=tuple((kind, name, options) for kind, name, options in body["scorers"]),
        fields=body["fields"],
        measures=tuple((text, scorer) for text, scorer in body["measures"]),
        primary=tuple(body["primary"]),
        effects=body["effects"],
        slices=tuple(body["slices"]),
        split=tuple(body["split"]),
        on_error=body["on_error"],
    )
