"""What the message of an error says itself, without what it quotes of the request."""

import re
from typing import Final

# Where an error of validation begins to repeat the request: FastAPI's and vLLM's `input`, pydantic's text.
_REQUEST: Final = re.compile(r"""(?:["'](?:input|messages|body|ctx)["']\s*:|\binput_value=).*""", re.DOTALL)
# The message of another server's error inside this one, as routers pass it on: LiteLLM, OpenRouter.
_INNER: Final = re.compile(r"""["'](?:message|detail)["']\s*:\s*["']""")
# Text between quotation marks, to the end where it was cut; an apostrophe inside a word is none.
_QUOTED: Final = re.compile(r"""(?<!\w)(["'`])(?:\\.|(?!\1(?!\w))[^\\])*(?:\1|\\?\Z)""", re.DOTALL)


def own_words(server_message: str) -> str:
    """The message in lower case, with what it quotes left out."""
    said = _REQUEST.sub("", server_message)
    return _QUOTED.sub(" ", _INNER.sub(" ", said)).lower()
