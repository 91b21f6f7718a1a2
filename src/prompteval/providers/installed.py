"""Whether the models that a workspace runs with are installed, and the ways on where one is not."""

from collections.abc import Iterator

from prompteval.core.errors import MissingExtra, PromptevalError
from prompteval.providers.open import check_reference, open_provider
from prompteval.workspace.settings import Workspace

# Kinds of models that are packages of this machine.
_PACKAGED = frozenset({"local", "gguf"})


def missing_extra(reference: str, workspace: Workspace) -> str:
    """The extra that brings a model, where its package is not installed; empty for every other model.

    Nothing is loaded, and what else is wrong with the reference is said elsewhere.
    """
    try:
        kind, _, _ = check_reference(reference, workspace)
        if kind not in _PACKAGED:
            return ""
        provider = open_provider(reference, workspace)
        ready = getattr(provider, "check_ready", None)
        if ready is not None:
            ready()
    except MissingExtra as error:
        return error.extra
    except PromptevalError:
        return ""
    return ""


def ways_on(extra: str) -> Iterator[tuple[str, str]]:
    """(what to type, what it gives) where a model is not installed: a package, a key, a file of replies."""
    yield f'pip install "prompteval[{extra}]"', "the model itself, without a key"
    yield "prompteval run --model openai/MODEL", "a model behind a key: export OPENAI_API_KEY=... first"
    yield (
        "prompteval run --model scripted/FILE",
        'replies of yours, a line each: {"when": REGEX, "output": {...}}',
    )


OTHER_WAYS = (
    "or run another: `--model openai/MODEL` with a key, `--model scripted/FILE` with replies of yours"
)


def ways_in_a_line(extra: str) -> str:
    """The same ways, as the help of a message."""
    (install, _), (key, _), (scripted, _) = ways_on(extra)
    return f"`{install}`, or with a key `{key}`, or replies of yours in a file: `{scripted}`"
