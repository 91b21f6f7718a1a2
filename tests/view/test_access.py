"""S15: who may ask the page that is served."""

import pytest

from prompteval.view.access import Access

ACCESS = Access(8000, "right")
OWN = {"host": "127.0.0.1:8000", "x-prompteval-token": "right"}


def status(method: str = "GET", path: str = "/api/history", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    found = ACCESS.refusal(method, path, {**OWN, **named})
    return 200 if found is None else found.status


@pytest.mark.parametrize(
    "host", ["evil.com", "127.0.0.1.evil.com:8000", "127.0.0.1:8001", "127.0.0.1", "", "localhost:80008000"]
)
def test_s15_another_host_is_refused(host: str) -> None:
    """By whatever method and for whatever path, also with the token."""
    for method in ("GET", "POST", "HEAD", "DELETE", "OPTIONS"):
        assert status(method, "/", host=host) == status(method, host=host) == 403


def test_s15_the_names_of_this_machine_are_accepted() -> None:
    assert [status(host=f"{name}:8000") for name in ("127.0.0.1", "localhost", "[::1]", "LOCALHOST")] == [
        200
    ] * 4


@pytest.mark.parametrize(
    "origin", ["http://evil.com", "null", "https://127.0.0.1:8000", "http://127.0.0.1:8001"]
)
def test_s15_a_request_of_another_page_is_refused(origin: str) -> None:
    """By its Origin, and by what a browser says of the site."""
    assert status(origin=origin) == 403 and status(sec_fetch_site="cross-site") == 403
    assert status(origin="http://127.0.0.1:8000", sec_fetch_site="same-origin") == 200


def test_s15_data_need_the_token_and_a_body_its_type() -> None:
    """No token, a wrong one, text/plain, another method, an upgrade to a WebSocket."""
    assert (
        status(x_prompteval_token="")
        == status(x_prompteval_token="wrong")
        == status(x_prompteval_token="é")
        == 403
    )
    assert status("POST", "/", content_type="application/json", x_prompteval_token="") == 403
    assert status("POST", content_type="text/plain") == 400 and status("POST") == 400
    assert status("DELETE") == status("PUT") == status(upgrade="websocket") == 403
    assert status("GET", "/", x_prompteval_token="") == 200  # the shell holds no data
