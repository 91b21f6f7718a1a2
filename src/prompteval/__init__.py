"""prompteval: prompts as typed, versioned code, and the evaluation that decides whether they may merge.

The names below load on first use, so that `import prompteval` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from prompteval._version import __version__

if TYPE_CHECKING:
    from prompteval.application import LoadedPrompt, Reply, load
    from prompteval.core.case import Case
    from prompteval.core.errors import (
        InvalidInput,
        OutputError,
        PromptevalError,
        ProviderError,
        RenderError,
        UsageError,
    )
    from prompteval.core.media import File
    from prompteval.core.observation import Observation, Score
    from prompteval.plan.results.result import Result
    from prompteval.prompt.answer import Answer, Citation, Passage
    from prompteval.prompt.messages import assistant, file, history, labels, system, user
    from prompteval.prompt.prompt import Prompt

_PLACES = {
    "Reply": "prompteval.application",
    "UsageError": "prompteval.core.errors",
    "RenderError": "prompteval.core.errors",
    "Result": "prompteval.plan.results.result",
    "ProviderError": "prompteval.core.errors",
    "OutputError": "prompteval.core.errors",
    "InvalidInput": "prompteval.core.errors",
    "File": "prompteval.core.media",
    "Answer": "prompteval.prompt.answer",
    "Case": "prompteval.core.case",
    "Citation": "prompteval.prompt.answer",
    "LoadedPrompt": "prompteval.application",
    "Observation": "prompteval.core.observation",
    "Passage": "prompteval.prompt.answer",
    "Prompt": "prompteval.prompt.prompt",
    "PromptevalError": "prompteval.core.errors",
    "Score": "prompteval.core.observation",
    "assistant": "prompteval.prompt.messages",
    "file": "prompteval.prompt.messages",
    "history": "prompteval.prompt.messages",
    "labels": "prompteval.prompt.messages",
    "load": "prompteval.application",
    "system": "prompteval.prompt.messages",
    "user": "prompteval.prompt.messages",
}

__all__ = [
    "Answer",
    "Case",
    "Citation",
    "File",
    "InvalidInput",
    "LoadedPrompt",
    "Observation",
    "OutputError",
    "Passage",
    "Prompt",
    "PromptevalError",
    "ProviderError",
    "RenderError",
    "Reply",
    "Result",
    "Score",
    "UsageError",
    "__version__",
    "assistant",
    "file",
    "history",
    "labels",
    "load",
    "system",
    "user",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'prompteval' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
