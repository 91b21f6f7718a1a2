"""The tools that a model is offered, and the calls that it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prompteval.core.strict_json import loads


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as a model sees it; `parameters` is the strict JSON schema of its arguments, an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]

    def as_json(self) -> dict[str, object]:
        """Every field as JSON values."""
        return {"name": self.name, "description": self.description, "parameters": self.parameters}


@dataclass(frozen=True, slots=True)
class Thought:
    """What a model thought before its calls, encrypted by its server, which reads it with their results."""

    id: str
    encrypted: str


@dataclass(frozen=True, slots=True)
class RequestedCall:
    """A call that a model asks for. `arguments` is the text it wrote, which may not be JSON."""

    id: str
    name: str
    arguments: str

    def read(self) -> dict[str, object] | None:
        """The arguments as JSON values; None where they are not a JSON object. An empty text is `{}`."""
        try:
            found = loads(self.arguments) if self.arguments.strip() else {}
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def as_chat(self) -> dict[str, object]:
        """The call as a chat message holds it (API reference of OpenAI, "Create chat completion")."""
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.id, "type": "function", "function": function}
