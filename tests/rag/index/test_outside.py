"""Retrievers of others: a run, a function, an endpoint; what is no ranking is an error that says so."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from prompteval.core.errors import RetrievalError
from prompteval.core.retrieval import Ranking
from prompteval.rag.index.outside import EndpointRetriever, FunctionRetriever, RunRetriever

HITS = [{"id": "a", "score": 2}, {"id": "b", "score": 1.5}, {"id": "c", "score": 1}]


class Handler(BaseHTTPRequestHandler):
    """Answers by path; keeps what was asked."""

    asked: list[Any] = []  # noqa: RUF012 - shared on purpose

    def do_POST(self) -> None:
        Handler.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        status, body = {
            "/good": (200, json.dumps({"hits": HITS})), "/text": (200, "<html>"), "/list": (200, "[]"),
            "/nan": (200, '{"hits": [["a", NaN]]}'), "/down": (503, "busy"), "/away": (307, ""), "/slow": (200, "x" * 40),
        }[self.path]  # fmt: skip
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "http://127.0.0.1:1/good")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for byte in body.encode():
            if self.path == "/slow":
                time.sleep(0.05)
            self.wfile.write(bytes([byte]))
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def url() -> Iterator[str]:
    Handler.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_endpoint_gives_a_ranking(url: str) -> None:
    """The question and k are posted; hits come back best first, at most k."""
    assert EndpointRetriever(f"{url}/good").search("why?", 2) == Ranking((("a", 2.0), ("b", 1.5)))
    assert Handler.asked == [{"query": "why?", "k": 2}]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/text", "not JSON"), ("/list", "not return a list of hits"), ("/nan", "not .id, finite score"), ("/down", "HTTP 503"),
        ("/away", "HTTP 307"),
    ],
)  # fmt: skip
def test_a_bad_answer_is_the_case_s_error(url: str, path: str, message: str) -> None:
    """HTML, no hits, NaN, a server that is down, a redirect: each is named, none is followed."""
    with pytest.raises(RetrievalError, match=message):
        EndpointRetriever(f"{url}{path}").search("q", 5)


def test_f11_a_dripping_answer_ends_at_the_deadline(url: str) -> None:
    """F11: the deadline is over the whole answer, not over each read."""
    started = time.perf_counter()
    with pytest.raises(RetrievalError, match=r"within 0\.3 s"):
        EndpointRetriever(f"{url}/slow", timeout_s=0.3).search("q", 5)
    assert time.perf_counter() - started < 1.5


def test_no_connection_is_an_error() -> None:
    """A closed port is a retrieval error with the address."""
    with pytest.raises(RetrievalError, match=r"127\.0\.0\.1:1/x: no connection"):
        EndpointRetriever("http://127.0.0.1:1/x").search("q", 5)


def test_a_function_gives_pairs_or_objects() -> None:
    """Both forms are ordered by score, and cut at k; numbers as ids become text."""
    assert FunctionRetriever(lambda query, k: [("a", 1), (7, 3)], "app:search").search("q", 5).ids == (
        "7",
        "a",
    )
    assert FunctionRetriever(lambda query, k: iter(HITS), "app:search").search("q", 2).ids == ("a", "b")


@pytest.mark.parametrize(
    "answer", [None, "text", {"a": 1}, [("a", float("nan"))], [("a", True)], [("", 1)], ["a"], [("a", "1")]]
)
def test_what_is_no_ranking_is_refused(answer: Any) -> None:
    """NaN, a bare id, a text, a mapping: an error with the function's name, never a guess."""
    with pytest.raises(RetrievalError, match="app:search"):
        FunctionRetriever(lambda query, k: answer, "app:search").search("q", 5)


def test_what_a_function_raises_is_the_case_s_error() -> None:
    """Type and message are kept."""
    with pytest.raises(RetrievalError, match="app:search: ZeroDivisionError"):
        FunctionRetriever(lambda query, k: 1 / 0, "app:search").search("q", 5)


def test_a_run_is_asked_by_case_id_to_its_depth() -> None:
    """Only the first `depth` documents are candidates; a query the run lacks has none."""
    run = RunRetriever({"q1": Ranking.of([("a", 3.0), ("b", 2.0), ("c", 1.0)])}, "sha256:x", depth=2)
    assert run.search("q1", 10).ids == ("a", "b")
    assert run.search("q1", 1).ids == ("a",)
    assert run.search("q2", 10) == Ranking(())
