"""One page in a browser, and everything that it did which it may not do."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Opened:
    """A page; `wrongs` are dialogs, errors, lines of the console, and requests but that of the page itself."""

    page: Any
    wrongs: list[str] = field(default_factory=list)

    def ready(self) -> "Opened":
        """Once all rows are read and what the address says is shown."""
        self.page.wait_for_selector("html[data-ready]", state="attached", timeout=60_000)
        return self

    def at(self, address: str) -> "Opened":
        """What another address of the same page shows."""
        self.page.evaluate("address => { location.hash = address; }", address)
        self.page.wait_for_timeout(50)
        self.page.wait_for_selector("main > *", state="attached")
        self.page.wait_for_selector("[aria-busy]", state="detached")
        return self

    @property
    def text(self) -> str:
        """Every text of the page, shown or folded away, without the data and the script behind it."""
        texts = (
            "() => [...document.querySelectorAll('header.top, main')].map(one => one.textContent).join('\\n')"
        )
        return str(self.page.evaluate(texts))

    def sideways(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth"))


@dataclass(frozen=True)
class Shots:
    """Keeps what is shown as a picture, where there is a folder for it."""

    folder: Path | None

    def keep(self, opened: Opened, name: str) -> None:
        """What is in the window now, as `name.png`."""
        if self.folder is not None:
            opened.page.screenshot(path=self.folder / f"{name}.png")


@dataclass
class Opener:
    """Opens files in a browser."""

    browser: Any

    def open(self, file: Path, address: str = "", **options: Any) -> Opened:
        """The page of a file, in a profile of its own; `options` are those of Playwright's contexts."""
        return self.visit(file.as_uri() + address, **options)

    def visit(self, address: str, **options: Any) -> Opened:
        """The page at an address; what it asks its own server for is not wrong."""
        own = "/".join(address.split("/")[:3]) + "/"
        page = self.browser.new_context(**options).new_page()
        opened = Opened(page)

        def on_dialog(dialog: Any) -> None:
            opened.wrongs.append(f"dialog {dialog.message}")
            dialog.dismiss()

        def on_request(request: Any) -> None:
            if not request.url.startswith((own, "data:")):
                opened.wrongs.append(f"request {request.url}")

        page.on("dialog", on_dialog)
        page.on("request", on_request)
        page.on("console", lambda line: opened.wrongs.append(f"console {line.text}"))
        page.on("pageerror", lambda error: opened.wrongs.append(f"error {error}"))
        page.goto(address)
        return opened.ready()
