"""How many tokens a request has, and how many its reply may have, before it is sent."""

import json
from collections.abc import Sequence
from math import ceil

from prompteval.core.media import File
from prompteval.core.protocols import TokenCounter
from prompteval.core.request import Request, Response, Usage
from prompteval.core.tools import RequestedCall

# What chat formats put around each message and before the reply, by OpenAI's own guide
# (github.com/openai/openai-cookbook, How to count tokens with tiktoken).
TOKENS_A_MESSAGE = 3
TOKENS_BEFORE_REPLY = 3
# Of a page of a PDF: by Anthropic's documentation ("PDF support", "Vision") up to 3,000 for its text, and
# about 1,600 for its image; by Gemini's ("Document understanding") 258.
PAGE_TOKENS = 4_600
GEMINI_PAGE_TOKENS = 258
# Of a second of audio: by Gemini's documentation ("Audio understanding") 32, by OpenAI's ("Managing costs" of
# the Realtime API) 10.
SECOND_TOKENS = 32
# The reply of a request without max_output_tokens is taken to be as long as the longest so far, or this.
REPLY_TOKENS = 1000
REMEMBERED_TEXTS = 4096
REMEMBERED_CHARACTERS = 8_000_000


def image_tokens(width: int, height: int) -> int:
    """Tokens of an image as OpenAI's guide counts them for gpt-4o ("Images and vision", detail high).

    It is made to fit 2,048 pixels a side, then 768 on its shorter one; each tile of 512 is 170, all of it 85.
    """
    scale = min(1.0, 2_048 / max(width, height, 1))
    scale *= min(1.0, 768 / max(scale * min(width, height), 1))
    across, down = (max(ceil(round(side * scale, 6) / 512), 1) for side in (width, height))
    return 85 + 170 * across * down


def page_tokens(kind: str) -> int:
    """Tokens of a page of a PDF at the most, by the kind of a provider."""
    return GEMINI_PAGE_TOKENS if kind == "gemini" else PAGE_TOKENS


class Sizes:
    """Counts the tokens of one model's requests. Texts that many cases share are counted once."""

    def __init__(self, counter: TokenCounter, page_tokens: int = PAGE_TOKENS) -> None:
        self._counter = counter
        self._page_tokens = page_tokens
        self._known: dict[str, int] = {}
        self._characters = 0
        self._longest_reply = 0

    @property
    def estimated(self) -> bool:
        """Whether the counter is not known to be the model's own."""
        return self._counter.estimated

    def estimated_for(self, request: Request) -> bool:
        """Whether the tokens of a request are an estimate, as those of files always are."""
        return self.estimated or request.has_files

    def text(self, text: str) -> int:
        """Tokens of a text alone."""
        return self._count(text)

    def prompt(self, request: Request) -> int:
        """Tokens of the messages with what stands around them; schema and tools are counted as their JSON.

        An image counts by its size, a PDF document by its pages, audio by its seconds, each at the most that
        a provider documents.
        """
        return self.least(request) + sum(self._length_tokens(file) for file in request.files)

    def least(self, request: Request) -> int:
        """The same without PDF documents and audio, which may have far fewer tokens than the most."""
        tokens = TOKENS_BEFORE_REPLY
        for message in request.messages:
            tokens += TOKENS_A_MESSAGE + self._count(message.content) + self._calls(message.tool_calls)
            tokens += sum(_image_tokens(placed.file) for placed in message.files)
        if request.schema is not None:
            tokens += self._count(str(request.schema))
        for tool in request.tools:
            tokens += self._count(json.dumps(tool.as_json()))
        return tokens

    def expected(self, request: Request) -> tuple[int, int]:
        """(prompt tokens, most tokens of the reply)."""
        most = request.params.get("max_output_tokens")
        return self.prompt(request), most if isinstance(most, int) else self._longest_reply or REPLY_TOKENS

    def learn(self, reply_tokens: int) -> None:
        """A reply was this long."""
        self._longest_reply = max(self._longest_reply, reply_tokens)

    def counted(self, request: Request, response: Response) -> Usage:
        """What a call used, for a server that does not say; marked `estimated`."""
        written = self._counter.count(response.text) + self._calls(response.tool_calls)
        return Usage(self.prompt(request), written, estimated=True)

    def _length_tokens(self, file: File) -> int:
        return file.length * (self._page_tokens if file.media_type == "application/pdf" else SECOND_TOKENS)

    def _calls(self, calls: Sequence[RequestedCall]) -> int:
        return sum(self._count(call.name) + self._count(call.arguments) for call in calls)

    def _count(self, text: str) -> int:
        found = self._known.get(text)
        if found is None:
            found = self._counter.count(text)
            much = self._characters + len(text)
            if len(self._known) < REMEMBERED_TEXTS and much <= REMEMBERED_CHARACTERS:
                self._known[text], self._characters = found, much
        return found


def _image_tokens(file: File) -> int:
    return image_tokens(*file.pixels) if file.pixels is not None else 0
