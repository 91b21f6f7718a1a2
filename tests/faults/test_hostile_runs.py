"""F39: whole runs against servers without end: each case is an error, in little memory and time."""

import json
from pathlib import Path

import pytest

from tests.forks import Forks, shared
from tests.hostile import CHUNKED, OK, Asked, Hostile, Made, bomb, chunk, endless, says, whole

MEGABYTE = b" " * 1_000_000
PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

prompt = Prompt(inputs=Inputs, output=str, messages=[user("{{ message }}")])
"""
CASES = 4
SUITES = {
    "chat": "prompt: say\ncases: ../datasets/c.jsonl\nmodels: [srv]\nscorers: [exact]\nmetrics: [accuracy]\n",
    "point": "endpoint: {url: URL, output: reply}\ncases: ../datasets/c.jsonl\nscorers: [exact]\nmetrics: [accuracy]\n",
}


@pytest.fixture
def forks() -> Forks:
    return shared()


def workspace(root: Path, url: str) -> None:
    cases = [{"id": f"c{i}", "inputs": {"message": f"m{i}"}, "expected": "x"} for i in range(CASES)]
    settings = f'[models.srv]\nmodel = "gpt-x"\nbase_url = "{url}"\napi_key_env = "K"\nmax_attempts = 1\ntimeout_s = 20\n'
    files = {
        "prompteval.toml": settings,
        "prompts/say/v1.py": PROMPT,
        "datasets/c.jsonl": "".join(json.dumps(case) + "\n" for case in cases),
        **{f"evals/{name}.yaml": text.replace("URL", url) for name, text in SUITES.items()},
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


ENDLESS: dict[str, Made] = {
    "chunked": endless(CHUNKED, chunk(MEGABYTE)),
    "error": endless(b"HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\n\r\n", b"A" * 1_000_000),
    "length": endless(OK + b"Content-Length: 50000000000\r\n\r\n", MEGABYTE),
    "gzip": lambda asked: whole(bomb(31, 1_000), "Content-Encoding: gzip"),
    "objects": lambda asked: whole(b'{"reply": [' + b"{}," * 2_600_000 + b"{}]}"),
    "deep": lambda asked: whole(b"[" * 7_000_000),
    "headers": endless(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 4000 + b"\r\n"),
}


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("made", ENDLESS.values(), ids=ENDLESS)
def test_f39_a_run_stays_within_its_bounds(suite: str, made: Made, tmp_path: Path, forks: Forks) -> None:
    """Four such answers at once: exit 3 or a reply, under 500 MB, and the store holds every case."""
    with Hostile(made) as server:
        workspace(tmp_path, server.url)
        done = forks.run(tmp_path, "run", suite, "--json", env={"K": "corpkey-0123456789"}, deadline_s=120)
    assert done.peak_mb < 500, done
    assert done.code in (0, 1, 3) and json.loads(done.stdout)["results"][0]["cases"]["total"] == CASES, done


class Batches:
    """A Batch API whose answers are whatever `spoil` makes of them, by the path that is asked."""

    def __init__(self, **spoilt: list[bytes]) -> None:
        self._spoilt = spoilt

    def __call__(self, asked: Asked) -> list[bytes]:
        path = asked.head.split(" ", 2)[1]
        kind = (
            "content"
            if path.endswith("/content")
            else "upload"
            if "/files" in path
            else "look"
            if "/batches/" in path
            else "start"
        )
        batch = {
            "id": "b1",
            "status": "completed",
            "output_file_id": "f1",
            "request_counts": {"total": CASES},
        }
        usual = {"upload": {"id": "f0"}, "start": {"id": "b1"}, "look": batch, "content": {}}
        return self._spoilt.get(kind) or whole(json.dumps(usual[kind]).encode())


LINE = json.dumps({"custom_id": "k", "response": {"status_code": 200, "body": {}}}).encode() + b"\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoilt",
    [
        {"content": [CHUNKED, *[chunk(MEGABYTE)] * 40]}, {"content": [CHUNKED, *[chunk(LINE * 10_000)] * 40]},
        {"content": whole(b"[" * 1_000_000 + b"\n\xff\n{}\n" + LINE)}, {"content": whole(b"no", status="500 X")},
        {"look": whole(b"[" * 100_000)}, {"look": whole(b'{"status": {"a": 1}, "errors": {"data": [1]}}', status="404 X")},
        {"look": whole(b'{"status": "failed", "request_counts": [1], "errors": {"data": [1, null, {"message": [2]}]}}')},
        {"start": whole(b'{"id": 5}')}, {"start": [CHUNKED, *[chunk(MEGABYTE)] * 40]}, {"upload": whole(b'{"id": null}')},
        {"upload": whole(b"", "Location: http://127.0.0.1:1/", status="307 X")}, {"start": whole(b'{"id": "\\ud800"}')},
        {"look": whole(b'{"status": "completed", "output_file_id": "\\ud800", "error_file_id": "a\\u0000b"}')},
    ],
    ids=["endless-line", "many-lines", "bad-lines", "no-file", "deep", "gone", "failed", "no-batch", "endless-start", "no-id", "redirect", "half-id", "half-file"],
)  # fmt: skip
def test_f39_a_batch_server_of_any_kind_leaves_the_run_incomplete(
    spoilt: dict[str, list[bytes]], tmp_path: Path, forks: Forks
) -> None:
    """Files and answers without end, of wrong types or elsewhere: exit 3 with a reason, never another end."""
    with Hostile(Batches(**spoilt)) as server:
        workspace(tmp_path, server.url)
        done = forks.run(tmp_path, "run", "chat", "--batch", env={"K": "corpkey-0123456789"}, deadline_s=120)
    assert (done.code, "Traceback" in done.stderr) == (3, False), done
    assert done.peak_mb < 500


@pytest.mark.slow
def test_f38_the_list_of_batches_is_read_with_suspicion(tmp_path: Path, forks: Forks) -> None:
    """What a run wrote down of its batches, edited since: an error of one line, exit 2 or 3."""
    with Hostile(says({"id": "b1", "status": "in_progress"})) as server:
        workspace(tmp_path, server.url)
        env = {"K": "corpkey-0123456789"}
        forks.run(tmp_path, "run", "chat", "--batch", env=env, deadline_s=3)
        (noted,) = (tmp_path / ".prompteval").glob("batch-*.json")
        for text in (
            "[",
            "[1]",
            '[{"model": 1, "batch": "b", "lines": 4}]',
            '[{"model": "srv", "batch": "b", "lines": "x"}]',
            "{}",
            json.dumps([{"model": "srv", "batch": "\ud800", "lines": 4}]),
        ):
            noted.write_text(text)
            done = forks.run(tmp_path, "run", "--resume", "--batch", env=env, deadline_s=3)
            assert done.code in (2, None) and "Traceback" not in done.stderr, (text, done)
            assert done.code == 2 or text == "{}" or "ud800" in text  # which wait for the server
