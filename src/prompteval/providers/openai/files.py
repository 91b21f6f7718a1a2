"""Files in the requests of OpenAI's APIs, and which of them a server takes.

Forms: OpenAI's guides "Images and vision", "File inputs" and "Audio and speech".
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Final

from prompteval.core.media import MEDIA_TYPES, File, kind_of
from prompteval.core.request import Message
from prompteval.core.strict_json import JsonObject
from prompteval.providers.openai.shape import Shape
from prompteval.workspace.profile_files import FILES_OF_API
from prompteval.workspace.urls import host_of

# The API asks for a name, which says nothing of where the file lies.
DOCUMENT: Final = "document.pdf"
_FORMATS: Final[Mapping[str, str]] = {"audio/wav": "wav", "audio/mpeg": "mp3"}
_OPENAI_HOST: Final = "api.openai.com"
# What OpenAI's pages of its models say ("Input modalities"; docs/files.md names them): text alone, images
# without PDF, which its guide "File inputs" has for gpt-4o and later, and audio without images.
_TEXT_ONLY: Final = re.compile(
    r"gpt-3\.5.*|gpt-4(-0613|-0314|-32k.*|-1106-preview|-0125-preview|-turbo-preview)?|o1-mini.*|o1-preview.*"
    r"|o3-mini.*"
)
_IMAGES_ALONE: Final = re.compile(r"gpt-4-turbo(-\d{4}-\d{2}-\d{2})?")
_HEARS: Final = re.compile(r".*\baudio\b.*")


def file_types(model: str, base_url: str, shape: Shape) -> frozenset[str]:
    """The media types that a model of a server is sent.

    What the profile's `files` or its preset says; of OpenAI's own models by their names, and images alone at
    a server of which nothing is known. Without the types that the server does not read.
    """
    kinds = shape.files
    if kinds is None:
        kinds = _of_openai(model) if host_of(base_url) == _OPENAI_HOST else ("image",)
    taken = set(kinds) & set(FILES_OF_API[shape.api])
    return frozenset(name for name, kind in MEDIA_TYPES.items() if kind in taken) - shape.unread


def _of_openai(model: str) -> tuple[str, ...]:
    if _HEARS.fullmatch(model):
        return ("audio",)
    if _TEXT_ONLY.fullmatch(model):
        return ()
    return ("image",) if _IMAGES_ALONE.fullmatch(model) else ("image", "pdf")


def base64_of(file: File) -> str:
    """The content as base64. Raises ProviderError(file) where it is not what it was."""
    return b64encode(file.read()).decode("ascii")


def chat_value(message: Message) -> JsonObject:
    """A message as a chat completion takes it, with the content of its files."""
    found = message.as_chat()
    if found.pop("files", None) is not None:
        found["content"] = [_chat_part(part) for part in message.parts]
    return found


def _chat_part(part: str | File) -> JsonObject:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    kind, data = kind_of(part.media_type), base64_of(part)
    if kind == "audio":
        return {"type": "input_audio", "input_audio": {"data": data, "format": _FORMATS[part.media_type]}}
    url = f"data:{part.media_type};base64,{data}"
    if kind == "image":
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "file", "file": {"filename": DOCUMENT, "file_data": url}}


def responses_content(message: Message) -> str | list[JsonObject]:
    """The content of an item of the Responses API: the text, or parts where there are files."""
    return [_responses_part(part) for part in message.parts] if message.files else message.content


def _responses_part(part: str | File) -> JsonObject:
    if isinstance(part, str):
        return {"type": "input_text", "text": part}
    url = f"data:{part.media_type};base64,{base64_of(part)}"
    if kind_of(part.media_type) == "image":
        return {"type": "input_image", "image_url": url, "detail": "auto"}
    return {"type": "input_file", "filename": DOCUMENT, "file_data": url}
