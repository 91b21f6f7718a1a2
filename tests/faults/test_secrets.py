"""S20, S36: a run against servers, a proxy and an application that give back every secret they were sent."""

import base64
import importlib.util
import json
import os
import urllib.error
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.forks import Done, Forks, shared
from tests.hostile import Asked, Hostile, completion, says, whole

KEY = "corpkey-7Qz1XwV9rT5yU3iO8pA2sD4fG6"
HEADER = "hdr-secret-Zk83hQ0Lm2"
QUERY = "qs/Token+4f9XbT77"
PASSWORD = "pr0xy-p@ssw0rd"
APP = "app-secret-Jw5Kd93mNx"
SHAPE = "ghp_" + "a1B2c3" * 6
ENVIRONMENT = {"SRV_KEY": KEY, "END_KEY": HEADER, "APP_TOKEN": APP, "OPENAI_ORG_ID": "", "NO_COLOR": "1"}
# Beside them, in the suites that name it, the query of an address.
SECRETS = (KEY, HEADER, PASSWORD, APP)
WITH_QUERY = ("point", "rag")


def spellings(secrets: Sequence[str]) -> list[str]:
    """What a server may say of secrets."""
    coded = [base64.b64encode(text.encode()).decode() for text in (*secrets, f"user:{PASSWORD}")]
    escaped = ["".join(f"%{ord(c):02X}" for c in text) for text in secrets]
    plain = [
        form for text in secrets for form in (text, text.upper(), quote(text, safe=""), text.encode().hex())
    ]
    return [SHAPE, *plain, *escaped, *coded]


PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, system, user

class Inputs(BaseModel):
    message: str

prompt = Prompt(inputs=Inputs, output=str, messages=[system("Say it."), user("{{ message }}")])
"""
APPLICATION = """import os

def reply(message):
    if message == "two":
        raise ValueError("no right with " + os.environ["APP_TOKEN"])
    return {"said": os.environ["APP_TOKEN"], "also": [os.environ["SRV_KEY"]]}

def reason(case, observation):
    return {"value": 0.0, "reason": "seen " + os.environ["APP_TOKEN"]}
"""
SUITES = {
    "chat": "prompt: say\ncases: ../datasets/c.jsonl\nmodels: [srv]\nscorers: [exact]\nmetrics: [accuracy]\n",
    "point": "endpoint: {url: URL, output: reply, headers_env: {X-Key: END_KEY}}\ncases: ../datasets/c.jsonl\n"
    "scorers: [exact]\nmetrics: [accuracy]\n",
    "app": 'callable: "app:reply"\ncases: ../datasets/c.jsonl\nscorers: [{python: "app:reason"}]\nmetrics: [mean]\n',
    "rag": "cases: ../datasets/q.jsonl\nrag:\n  corpus: ../corpus\n  chunker: {kind: sentence, size: 64, overlap: 0}\n"
    "  retriever: {endpoint: URL}\n  k: 2\n  modes: [retrieval]\nmetrics: [retrieval.recall@2]\n",
    "dense": "cases: ../datasets/q.jsonl\nrag:\n  corpus: ../corpus\n  chunker: {kind: sentence, size: 64, overlap: 0}\n"
    "  retriever: {kind: dense}\n  dense: {model: srv}\n  k: 2\n  modes: [retrieval]\nmetrics: [retrieval.recall@2]\n",
}  # fmt: skip
OUTPUTS = [
    word for suffix in ("json", "jsonl", "csv", "md", "html", "xml") for word in ("-o", f"out.{suffix}")
]


class Mirror:
    """Gives back what it was sent: all headers, plain and in other spellings, each time in another way."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._told = f"{SHAPE} {' '.join(spellings(secrets))}"
        self.count = 0

    def __call__(self, asked: Asked) -> list[bytes]:
        self.count += 1
        told = f"{asked.head} {self._told}"
        answers: list[tuple[str, Any]] = [
            (
                "200 OK",
                completion(
                    told, model=f"m-{asked.key}", system_fingerprint=told, reply=told, hits=[[told, 1]]
                ),
            ),
            (
                "200 OK",
                {"error": {"message": told, "code": asked.key}, "reply": {"deep": [told, {asked.key: told}]}},
            ),
            (f"401 {asked.key}", {"error": {"message": "x" * 280 + told, "code": told}}),
            ("500 X", "y" * 480 + told),
            ("400 X", {"error": told}),
            ("200 OK", "not " + told),
        ]
        status, body = answers[self.count % len(answers)]
        raw = (
            told.encode()
            if self.count % 7 == 6
            else json.dumps(body).replace("corpkey", "\\u0063orpkey").encode()
        )
        return whole(raw, f"x-request-id: {asked.key}", status=status)


@pytest.fixture
def forks() -> Forks:
    return shared()


def workspace(root: Path, url: str) -> None:
    cases = [
        {"id": f"c{i}", "inputs": {"message": text}, "expected": "x"}
        for i, text in enumerate(["one", "two", "three", "four"])
    ]
    question = {
        "id": "q",
        "inputs": {"question": "How long?"},
        "gold": [[{"doc": "a.md", "quote": "five days"}]],
    }
    settings = f'env = ["END_KEY"]\n[models.srv]\nmodel = "gpt-x"\nbase_url = "{url}"\napi_key_env = "SRV_KEY"\nmax_attempts = 1\n'
    secret_url = f"{url}/x?api_key={quote(QUERY, safe='')}"
    files = {
        "prompteval.toml": settings, "prompts/say/v1.py": PROMPT, "app.py": APPLICATION, "corpus/a.md": "Refunds take five days.",
        "datasets/c.jsonl": "".join(json.dumps(case) + "\n" for case in cases), "datasets/q.jsonl": json.dumps(question) + "\n",
        **{f"evals/{name}.yaml": text.replace("URL", f'"{secret_url}"') for name, text in SUITES.items()},
    }  # fmt: skip
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def found(root: Path, done: list[Done], secrets: Sequence[str]) -> dict[str, list[str]]:
    """Which secret is in which output, in any of its spellings; of base64 the end tells nothing by itself."""
    sought = [form[:-4] if form.endswith("=") else form for form in spellings(secrets)]
    texts = {f"stream {i}": one.stdout + one.stderr for i, one in enumerate(done)}
    written = [
        path
        for path in root.rglob("*")
        if path.is_file() and path.parts[len(root.parts)] not in ("evals", "app.py")
    ]
    texts |= {str(path.relative_to(root)): path.read_bytes().decode("utf-8", "replace") for path in written}
    seen = {name: [form for form in sought if form in text] for name, text in texts.items()}
    return {name: forms for name, forms in seen.items() if forms}


@pytest.mark.slow
@pytest.mark.parametrize("suite", sorted(SUITES))
def test_s36_no_output_of_a_run_holds_a_secret(suite: str, tmp_path: Path, forks: Forks) -> None:
    """Not both streams, any report, store, cache, recording, show, runs or comparison, whatever the server says."""
    secrets = (*SECRETS, QUERY) if suite in WITH_QUERY else SECRETS
    with Hostile(Mirror(secrets)) as server:
        workspace(tmp_path, server.url)
        proxy = server.url.replace("://", f"://user:{quote(PASSWORD, safe='')}@").removesuffix("/v1")
        env = {**ENVIRONMENT, "HTTP_PROXY": proxy, "http_proxy": proxy, "NO_PROXY": "", "no_proxy": ""}
        commands = [
            ["run", suite, "--record", "rec.jsonl", "-v", *OUTPUTS], ["run", suite, "--no-cache", "--json"],
            ["show", "last", "--worst", "9"], ["runs"], ["report", "last", "-o", "late.html"], ["compare", "last", "last"],
            ["run", suite, "--replay", "rec.jsonl", "--no-cache", "-o", "replayed.json"], ["check"],
            *[["show", "last", "--case", case] for case in ("c0", "c1", "c2", "c3", "q")],
        ]  # fmt: skip
        done = [forks.run(tmp_path, *command, env=env) for command in commands]
        assert server.asked or suite == "app"
        assert any(b"roxy-" in asked.head.lower().encode() for asked in server.asked) or suite == "app"
    assert done[0].code in (0, 2, 3) and not any(
        "Traceback" in one.stderr or one.code == 70 for one in done
    ), done
    assert found(tmp_path, done, secrets) == {}


def test_s38_the_action_sends_its_token_to_no_other_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect within the origin is followed, one elsewhere is an error, and the other sees nothing."""
    source = Path(__file__).parents[2] / "action" / "comment.py"
    spec = importlib.util.spec_from_file_location("comment", source)
    assert spec is not None and spec.loader is not None
    comment = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(comment)
    monkeypatch.setenv("TOKEN", "t")
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    with Hostile(says({"id": 1})) as other:
        with Hostile(says({}, f"Location: {other.url}", status="302 Found")) as server:
            monkeypatch.setenv("GITHUB_API_URL", server.url)
            with pytest.raises(urllib.error.HTTPError, match="another origin"):
                comment._call("GET", "repos")
        assert other.asked == []
        monkeypatch.setenv("GITHUB_API_URL", other.url)
        assert comment._call("GET", "repos") == {"id": 1}
