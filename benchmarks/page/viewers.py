"""Other tools' viewers, served by themselves and looked at in headless Chromium."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from measure import row
from playwright.sync_api import Page, sync_playwright

Looked = Callable[[str, Page, int], Sequence[str]]
READY_S = 60


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def served(
    command: Sequence[str], folder: Path, address: str, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """The command runs in the folder, and its address answers."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + READY_S
        while True:
            try:
                urlopen(address, timeout=5).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def look(page: Page, address: str) -> list[str]:
    """The time to the first paint and to the first listed case, and the heap of the script, as cells."""
    began = time.perf_counter()
    page.goto(address, wait_until="commit", timeout=120_000)
    page.get_by_text(row(0).case.inputs["message"][:20]).first.wait_for(timeout=120_000)
    listed = time.perf_counter() - began
    paint = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1")
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    return [f"{paint:,.0f} ms", f"{1e3 * listed:,.0f} ms", f"{heap:.0f} MB"]


def print_table(size: str, looked: Looked) -> None:
    """A row for each number of cases; `size` names what is measured before the viewer opens.

    The program and the numbers of cases, 1,000 unless given, are the arguments of the command.
    """
    program, counts = str(Path(sys.argv[1]).absolute()), [*map(int, sys.argv[2:] or ("1000",))]
    print(f"| cases | evaluated in | {size} | first paint | first cases | heap |\n|---|---|---|---|---|---|")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for count in counts:
            print(
                "|", " | ".join([f"{count:,}", *looked(program, browser.new_page(), count)]), "|", flush=True
            )
        browser.close()
