"""Which parameters the native APIs take, by the kind of their models."""

from collections.abc import Callable
from typing import Final

# (model, parameter, value) to (what is wrong with it, what to do beside removing it), None where nothing is.
ParamFault = Callable[[str, str, object], tuple[str, str] | None]
KINDS: Final = frozenset({"anthropic", "gemini"})


def param_faults(kind: str) -> ParamFault:
    """What the API of one of KINDS says of a parameter; its module is loaded here."""
    if kind == "anthropic":
        from prompteval.providers.anthropic.params import param_fault as of_anthropic

        return of_anthropic
    from prompteval.providers.gemini.params import param_fault as of_gemini

    return of_gemini
