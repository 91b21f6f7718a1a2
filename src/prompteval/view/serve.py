"""Listen on loopback, and serve the page until it is stopped."""

import secrets
import socket
from collections.abc import Callable
from importlib.util import find_spec

from prompteval.core.errors import MissingExtra, UsageError
from prompteval.workspace.settings import Workspace


def serve_view(
    workspace: Workspace, run_id: str, port: int, *, read_only: bool, listening: Callable[[str], None]
) -> None:
    """Serve until SIGINT or SIGTERM; `listening` is called with the address, which has the token in it.

    `run_id` is the run that the address opens, empty for the history. Raises MissingExtra without the
    server, UsageError for a port that is taken.
    """
    if any(find_spec(name) is None for name in ("starlette", "uvicorn")):
        raise MissingExtra("view", "serve")
    import uvicorn

    from prompteval.view.access import Access
    from prompteval.view.app import View

    listener = _listener(port)
    taken, token = listener.getsockname()[1], secrets.token_urlsafe(24)
    app = View(workspace, Access(taken, token), read_only=read_only)
    config = uvicorn.Config(
        app, ws="none", lifespan="off", log_config=None, access_log=False, server_header=False,
        proxy_headers=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    path = f"runs/{run_id}" if run_id else ""
    listening(f"http://127.0.0.1:{taken}/{path}#token={token}")
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:  # that is how it ends
        return
    finally:
        listener.close()


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise UsageError(f"port {port}: {error.strerror}", "choose another with --port") from None
    listener.listen(128)
    return listener
