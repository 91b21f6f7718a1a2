"""Which server gets which key: what arrives at a real socket, for every way to ask."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

import prompteval
from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request
from prompteval.plan.rag.encoders import Encoders
from prompteval.providers.openai import create, server_of
from prompteval.providers.openai.batch import BatchClient
from prompteval.workspace.settings import ModelProfile, Settings, Workspace
from tests.hostile import Hostile, completion, says

KEY = "sk-secret-of-openai-0123456789"
REFUSED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}"
PROMPT = """from pydantic import BaseModel
from prompteval import Prompt, user
class Inputs(BaseModel):
    text: str
prompt = Prompt(inputs=Inputs, output=str, messages=[user("{{ text }}")])
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Own: {KEY}")


def ask(profile: ModelProfile | None) -> None:
    async def once() -> None:
        provider = create("m", profile, Path())
        try:
            await provider.complete(Request("m", (Message("user", "Hi."),)))
        finally:
            await provider.aclose()

    asyncio.run(once())


def embed(profile: ModelProfile | None) -> None:
    assert profile is not None
    workspace = Workspace(Path(), Settings(models={profile.name: profile}), Path())
    Encoders(workspace, Path()).embedder(profile.name).embed(["text"])


def batch(profile: ModelProfile | None) -> None:
    async def once() -> None:
        client = BatchClient(create("m", profile, Path()))
        try:
            await client.look("b")
        finally:
            await client.aclose()

    asyncio.run(once())


def heads(work: Callable[[ModelProfile | None], None], **keys: object) -> tuple[str, str]:
    """What arrived at a server of a profile's own that answers 401, and the error."""
    with Hostile(lambda asked: [REFUSED]) as server, pytest.raises(ProviderError) as raised:
        work(ModelProfile("m", model="m", base_url=f"{server.url}/v1", max_attempts=1, **keys))  # type: ignore[arg-type]
    assert server.asked
    return "".join(asked.head for asked in server.asked), str(raised.value)


@pytest.mark.parametrize("preset", [None, "azure"])
@pytest.mark.parametrize(
    ("work", "keys"),
    [(ask, {}), (ask, {"api": "responses"}), (ask, {"stream": True}), (embed, {}), (batch, {})],
)
def test_another_server_gets_no_key_of_openai(
    work: Callable[[ModelProfile | None], None], keys: dict[str, object], preset: str | None
) -> None:
    """No key and no other header of OpenAI's variables; a 401 names the key of the profile that is missing."""
    head, error = heads(work, preset=preset, **keys)
    assert not {"authorization:", "api-key:", "openai-organization:", "x-own:"} & set(head.lower().split())
    assert KEY not in head and "HTTP 401" in error and "api_key_env" in error


@pytest.mark.parametrize("work", [ask, embed, batch])
def test_another_server_gets_the_key_of_its_profile(
    work: Callable[[ModelProfile | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable of `api_key_env` and nothing of OpenAI's; a 401 then is about the key."""
    monkeypatch.setenv("OUR_KEY", "our-own-key-0123456789")
    head, error = heads(work, api_key_env="OUR_KEY")
    assert "Authorization: Bearer our-own-key-0123456789" in head
    assert KEY not in head and "org-secret" not in head and "api_key_env" not in error


def test_the_server_of_the_environment_gets_the_key_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OPENAI_BASE_URL: without a profile, with one, and with one that names the same address."""
    with Hostile(says(completion())) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        for profile in (None, ModelProfile("m"), ModelProfile("m", base_url=f"{server.url}/")):
            ask(profile)
    assert [asked.key for asked in server.asked] == [KEY] * 3
    assert all("org-secret" in asked.head for asked in server.asked)


def test_openais_own_address_may_be_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has OPENAI_API_KEY, unless the environment names another server: the key is that one's then."""
    written = ModelProfile("m", base_url="https://api.openai.com/v1")
    assert server_of(written).headers()["Authorization"] == f"Bearer {KEY}"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert "Authorization" not in server_of(written).headers()


def test_an_application_sends_no_key_of_openai_to_another_server(tmp_path: Path) -> None:
    """A server without keys answers as it does in a run."""
    (tmp_path / "prompts" / "say").mkdir(parents=True)
    (tmp_path / "prompts" / "say" / "v1.py").write_text(PROMPT)
    with Hostile(says(completion())) as server:
        settings = f'[models.m]\nmodel = "m"\nbase_url = "{server.url}/v1"\n'
        (tmp_path / "prompteval.toml").write_text(settings)
        assert prompteval.load("say", model="m", workspace=tmp_path)(text="Hi.") == "hello"
    assert [KEY in asked.head for asked in server.asked] == [False]


@pytest.mark.parametrize("work", [ask, embed, batch])
def test_a_redirect_to_another_server_is_not_followed(
    work: Callable[[ModelProfile | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing arrives there, so no key does."""
    monkeypatch.setenv("OUR_KEY", "our-own-key-0123456789")
    with Hostile(lambda asked: [REFUSED]) as other:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {other.url}/v1\r\nContent-Length: 0\r\n\r\n".encode()
        with (
            Hostile(lambda asked: [moved]) as server,
            pytest.raises(ProviderError, match="redirects are not"),
        ):
            work(ModelProfile("m", model="m", base_url=server.url, api_key_env="OUR_KEY", max_attempts=1))
    assert server.asked and not other.asked
