"""Files in requests: what goes over the wire is what each SDK sends for the content of its documentation."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.media import MEDIA_TYPES, File
from prompteval.core.protocols import FileProvider
from prompteval.core.request import Message, PlacedFile, Request
from prompteval.providers import anthropic, gemini, openai
from prompteval.providers.openai.files import file_types
from prompteval.providers.openai.shape import Shape, shape_of
from tests.hostile import Hostile, says
from tests.media_files import WHOLE
from tests.providers.native.oracle import KEY, Wire, camel, sent

CHAT = {"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}
RESPONSE = {
    "id": "r", "status": "completed",
    "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]}],
}  # fmt: skip
MESSAGE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
    "content": [{"type": "text", "text": "hi"}], "usage": {"input_tokens": 3, "output_tokens": 1},
}  # fmt: skip
CONTENT = {"candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}
EVERY = {"files": ("image", "pdf", "audio")}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_KEY", KEY)


def b64(name: str) -> str:
    return b64encode(WHOLE[name]).decode()


def url(name: str) -> str:
    return f"data:{name};base64,{b64(name)}"


def asking(*names: str) -> Request:
    """A request whose user message has a text, each file, and a text behind them."""
    files = tuple(PlacedFile(3, File.from_bytes(WHOLE[name])) for name in names)
    return Request("x/m", (Message("user", "Seewhat is it?", files=files),))


def by_sdk(call: Callable[[str], object], answer: Any) -> Wire:
    with Hostile(says(answer)) as server:
        call(server.url)
        return Wire.of(server.asked[0])


def test_chat_is_sent_what_its_sdk_sends() -> None:
    """An image, a PDF and both kinds of audio between texts (guides "Images and vision", "File inputs", "Audio")."""
    import openai as sdk

    parts: list[Any] = [
        {"type": "text", "text": "See"},
        {"type": "image_url", "image_url": {"url": url("image/webp")}},
        {"type": "file", "file": {"filename": "document.pdf", "file_data": url("application/pdf")}},
        {"type": "input_audio", "input_audio": {"data": b64("audio/wav"), "format": "wav"}},
        {"type": "input_audio", "input_audio": {"data": b64("audio/mpeg"), "format": "mp3"}},
        {"type": "text", "text": "what is it?"},
    ]

    def call(address: str) -> None:
        with sdk.OpenAI(base_url=address[:-3], api_key=KEY, max_retries=0) as client:
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": parts}])

    ours = sent(
        openai.create, asking("image/webp", "application/pdf", "audio/wav", "audio/mpeg"), CHAT, **EVERY
    )
    theirs = by_sdk(call, CHAT)
    assert (ours.line, ours.body) == (theirs.line, theirs.body)


def test_responses_are_sent_what_their_sdk_sends() -> None:
    """An image and a PDF as parts of an item of the input."""
    import openai as sdk

    parts: list[Any] = [
        {"type": "input_text", "text": "See"},
        {"type": "input_image", "image_url": url("image/gif"), "detail": "auto"},
        {"type": "input_file", "filename": "document.pdf", "file_data": url("application/pdf")},
        {"type": "input_text", "text": "what is it?"},
    ]

    def call(address: str) -> None:
        with sdk.OpenAI(base_url=address[:-3], api_key=KEY, max_retries=0) as client:
            client.responses.create(model="m", input=[{"role": "user", "content": parts}], store=False)

    ours = sent(openai.create, asking("image/gif", "application/pdf"), RESPONSE, api="responses", **EVERY)
    theirs = by_sdk(call, RESPONSE)
    assert (ours.line, ours.body) == (theirs.line, theirs.body)


def test_anthropic_is_sent_what_its_sdk_sends() -> None:
    """Blocks with a source in base64 (API reference, "Vision" and "PDF support")."""
    sdk = pytest.importorskip("anthropic", reason="the package anthropic is not installed")

    def block(kind: str, name: str) -> dict[str, Any]:
        return {"type": kind, "source": {"type": "base64", "media_type": name, "data": b64(name)}}

    parts = [
        {"type": "text", "text": "See"}, block("image", "image/png"), block("document", "application/pdf"),
        {"type": "text", "text": "what is it?"},
    ]  # fmt: skip

    def call(address: str) -> None:
        with sdk.Anthropic(base_url=address[:-3], api_key=KEY, max_retries=0) as client:
            client.messages.create(model="m", max_tokens=8_192, messages=[{"role": "user", "content": parts}])

    ours = sent(anthropic.create, asking("image/png", "application/pdf"), MESSAGE)
    theirs = by_sdk(call, MESSAGE)
    assert (ours.line, ours.body) == (theirs.line, theirs.body)


def test_gemini_is_sent_what_its_sdk_sends() -> None:
    """Inline data; the SDK writes base64 for addresses, which is made plain before both are compared."""
    genai = pytest.importorskip("google.genai", reason="the package google-genai is not installed")
    names = ("image/jpeg", "application/pdf", "audio/wav", "audio/mpeg")
    kinds = {"audio/mpeg": "audio/mp3"}

    def call(address: str) -> None:
        types = genai.types
        files = [types.Part.from_bytes(data=WHOLE[name], mime_type=kinds.get(name, name)) for name in names]
        parts = [types.Part(text="See"), *files, types.Part(text="what is it?")]
        options = types.HttpOptions(base_url=address[:-3], api_version="v1beta")
        client = genai.Client(api_key=KEY, http_options=options, vertexai=False)
        client.models.generate_content(model="m", contents=[types.Content(role="user", parts=parts)])
        client.close()

    ours, theirs = sent(gemini.create, asking(*names), CONTENT), by_sdk(call, CONTENT)
    contents = camel(theirs.body["contents"])
    for part in contents[0]["parts"]:
        if "inlineData" in part:
            part["inlineData"]["data"] = part["inlineData"]["data"].replace("-", "+").replace("_", "/")
    assert (ours.line, ours.body["contents"]) == (theirs.line, contents)


@pytest.mark.parametrize(
    ("model", "base_url", "shape", "taken"),
    [
        ("gpt-6-luna", "https://api.openai.com/v1", Shape(), "image pdf"),
        ("gpt-6-luna", "https://api.openai.com/v1", Shape(api="responses"), "image pdf"),
        ("gpt-4o-audio-preview", "https://api.openai.com/v1", Shape(), "audio"),
        ("gpt-4o-audio-preview", "https://api.openai.com/v1", Shape(api="responses"), ""),
        ("gpt-3.5-turbo", "https://api.openai.com/v1", Shape(), ""),
        ("gpt-4", "https://api.openai.com/v1", Shape(), ""),
        ("gpt-4-turbo", "https://api.openai.com/v1", Shape(), "image"),
        ("gpt-4-turbo-2024-04-09", "https://api.openai.com/v1", Shape(), "image"),
        ("gpt-4-turbo-preview", "https://api.openai.com/v1", Shape(), ""),
        ("gpt-4o", "https://api.openai.com/v1", Shape(), "image pdf"),
        ("gpt-audio-1.5", "https://api.openai.com/v1", Shape(), "audio"),
        ("gpt-6-luna", "https://api.openai.com/v1", Shape(api="decisions"), ""),
        ("any", "http://127.0.0.1/v1", Shape(), "image"),
        ("any", "http://127.0.0.1/v1", Shape(files=()), ""),
        ("any", "http://127.0.0.1/v1", Shape(files=("pdf", "audio")), "pdf audio"),
        ("any", "http://127.0.0.1/v1", Shape(api="responses", files=("pdf", "audio")), "pdf"),
    ],
)
def test_what_a_model_of_a_server_takes(model: str, base_url: str, shape: Shape, taken: str) -> None:
    """By its profile, its API, and the names of OpenAI's own models."""
    assert {MEDIA_TYPES[name] for name in file_types(model, base_url, shape)} == set(taken.split())


@pytest.mark.parametrize(
    ("preset", "taken", "unread"),
    [
        ("azure", "image", ""),
        ("ollama", "image", "image/gif"),
        ("vllm", "image audio", ""),
        ("llama.cpp", "image audio", "image/webp"),
        ("lmstudio", "image", "image/gif"),
        ("openrouter", "image pdf audio", ""),
        ("together", "image", ""),
        ("mistral", "image", ""),
        ("deepseek", "image", ""),
        ("groq", "image", ""),
        ("anthropic", "image", ""),
    ],
)
def test_what_the_server_of_a_preset_takes(preset: str, taken: str, unread: str) -> None:
    """By its documentation (docs/servers.md, "Files of servers"); the profile's own `files` are taken whole."""
    server = "http://127.0.0.1/v1"
    expected = {name for name, kind in MEDIA_TYPES.items() if kind in taken.split()} - {unread}
    assert file_types("m", server, shape_of(_with(preset))) == expected
    own = shape_of(_with(preset, files=("image",)))
    assert file_types("m", server, own) == {name for name, kind in MEDIA_TYPES.items() if kind == "image"}


def test_azure_takes_pdf_over_its_responses_alone() -> None:
    """Its chat answers a `file` part with a 400; its Responses API is documented with PDF."""
    taken = file_types("m", "http://127.0.0.1/v1", shape_of(_with("azure", api="responses")))
    assert {MEDIA_TYPES[name] for name in taken} == {"image", "pdf"}


def test_a_model_of_deepseek_that_does_not_see_takes_none() -> None:
    """Its page of models has image input for one of two ("Models & Pricing")."""
    assert not file_types(
        "deepseek-v4-pro", "http://127.0.0.1/v1", shape_of(_with("deepseek", "deepseek-v4-pro"))
    )
    assert file_types("deepseek-flash", "http://127.0.0.1/v1", shape_of(_with("deepseek", "deepseek-flash")))


@pytest.mark.parametrize(
    ("create", "name"),
    [(anthropic.create, "audio/wav"), (gemini.create, "image/gif"), (openai.create, "application/pdf")],
)
def test_a_file_that_a_model_does_not_take_is_never_left_out(create: Any, name: str) -> None:
    """The call fails before anything is sent."""
    with Hostile(says(CHAT)) as server:
        made = create("m", _profile(server.url), Path())
        assert isinstance(made, FileProvider)
        with pytest.raises(ProviderError, match="x/m takes no ") as failed:
            asyncio.run(made.complete(asking(name)))
    assert (failed.value.kind, server.asked) == ("unsupported", [])


def test_a_file_that_changed_is_never_sent(tmp_path: Path) -> None:
    """It is read and hashed again where the body is written."""
    path = tmp_path / "a.png"
    path.write_bytes(WHOLE["image/png"])
    request = Request("x/m", (Message("user", "", files=(PlacedFile(0, File.from_path(path)),)),))
    path.write_bytes(WHOLE["image/gif"])
    with Hostile(says(CHAT)) as server, pytest.raises(ProviderError, match=r"a\.png changed") as failed:
        asyncio.run(openai.create("m", _profile(server.url), Path()).complete(request))
    assert (failed.value.kind, server.asked) == ("file", [])


def test_a_key_has_the_hash_and_nothing_of_the_place(tmp_path: Path) -> None:
    """The same bytes are the same request, here and elsewhere; other bytes are another."""
    (tmp_path / "secret-place.png").write_bytes(WHOLE["image/png"])
    named = File.from_path(tmp_path / "secret-place.png")
    one = Request("x/m", (Message("user", "", files=(PlacedFile(0, named),)),))
    same = Request("x/m", (Message("user", "", files=(PlacedFile(0, File.from_bytes(WHOLE["image/png"])),)),))
    other = Request(
        "x/m", (Message("user", "", files=(PlacedFile(0, File.from_bytes(WHOLE["image/gif"])),)),)
    )
    assert one.key == same.key != other.key
    assert "secret-place" not in one.canonical + one.messages[0].chat_text
    assert b64("image/png")[:40] not in one.canonical + one.messages[0].chat_text


def _profile(address: str) -> Any:
    from prompteval.workspace.settings import ModelProfile

    return ModelProfile("m", base_url=address, api_key_env="OUR_KEY")


def _with(preset: str, model: str = "m", **keys: Any) -> Any:
    from prompteval.workspace.settings import ModelProfile

    return ModelProfile("x", model=model, preset=preset, **keys)
