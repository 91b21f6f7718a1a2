"""Who may ask: the Host and Origin of this page alone, and for data the token."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

TOKEN_HEADER = "x-prompteval-token"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer in place of the one that was asked for."""

    status: int
    message: str


@dataclass(frozen=True, slots=True)
class Access:
    """What a request must have. `port` is the one that is listened to."""

    port: int
    token: str

    def refusal(self, method: str, path: str, headers: Mapping[str, str]) -> Refusal | None:
        """Why a request is refused; None where it is not. Header names are in lower case."""
        hosts = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        if headers.get("host", "").lower() not in hosts:
            return Refusal(403, "the Host header is not that of this page")
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}:
            return Refusal(403, "the request comes from another page")
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return Refusal(403, "the request comes from another page")
        if "upgrade" in headers or method not in ("GET", "HEAD", "POST"):
            return Refusal(403, f"{method} is not a method of this page")
        if path == "/api" or path.startswith("/api/") or method == "POST":
            if not secrets.compare_digest(headers.get(TOKEN_HEADER, "").encode(), self.token.encode()):
                return Refusal(403, "the token is missing; open the address that `prompteval view` printed")
            if method == "POST" and headers.get("content-type", "").partition(";")[0] != "application/json":
                return Refusal(400, "a request with a body is application/json")
        return None
