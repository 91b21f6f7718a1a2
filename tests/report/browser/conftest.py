"""The page in the system's Chromium, driven by Playwright; skipped where either is not installed."""

import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.report.browser.opened import NAMES, Opener, Shots


@pytest.fixture(scope="session")
def program() -> str:
    """The browser's file."""
    found = next((found for name in NAMES if (found := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    return found


@pytest.fixture(scope="module")
def opener(program: str) -> Iterator[Opener]:
    """Opens pages, each in a profile of its own."""
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield Opener(browser)
        browser.close()


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server that hostile texts point at: its address, and the paths it was asked for."""
    paths: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def shots() -> Shots:
    """Keeps screenshots in the folder that `SCREENSHOTS` names, which CI does; none where it names none."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    return Shots(Path(folder) if folder else None)
