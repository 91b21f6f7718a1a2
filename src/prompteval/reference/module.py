"""What a prompt's module imports from prompteval."""

from collections.abc import Mapping

from prompteval.core.media import File
from prompteval.prompt.answer import Answer, Citation, Passage
from prompteval.prompt.messages import assistant, file, history, labels, system, user
from prompteval.prompt.prompt import Prompt
from prompteval.reference.entry import Entry, Group, documented

KIND = "name of a prompt's module"
_NAMES: Mapping[str, tuple[object, str]] = {
    "Prompt": (Prompt, 'prompt = Prompt(inputs=Inputs, output=Output, messages=[user("{{ message }}")])'),
    "system": (system, 'system("You sort messages.")'),
    "user": (user, 'user("{{ message }}")'),
    "assistant": (assistant, 'assistant(\'{"team": "payments"}\')'),
    "history": (history, 'history("turns")'),
    "labels": (labels, 'team: Literal["payments", "support"] = labels(payments="Money.", support="Errors.")'),
    "File": (File, "class Inputs(BaseModel):\n    photo: File"),
    "file": (file, 'user("What is broken?", file("{{ photo }}"))'),
    "Passage": (Passage, "class Inputs(BaseModel):\n    passages: list[Passage]"),
    "Answer": (Answer, "prompt = Prompt(inputs=Inputs, output=Answer, messages=[...])"),
    "Citation": (Citation, "class Output(BaseModel):\n    citations: list[Citation]"),
}


def module_group() -> Group:
    """Types and functions of `from prompteval import ...`."""
    return Group("Names of a prompt's module", "modules", tuple(_entry(name) for name in _NAMES))


def _entry(name: str) -> Entry:
    found, use = _NAMES[name]
    return documented(Entry(name, KIND, ""), found, f"from prompteval import {name}\n\n{use}", "python")
