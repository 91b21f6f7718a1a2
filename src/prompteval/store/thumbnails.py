"""Small images of cases by their hashes, for the page of a run: each is kept once, under all its names."""

import os
import re
import shutil
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import Final

from prompteval.core.errors import PromptevalError
from prompteval.core.media import File, kind_of
from prompteval.workspace.safe_paths import resolve_inside
from prompteval.workspace.writing import make_directory, write_whole

# Of an image that is kept and shown as it is; a larger one is named with its size.
MOST_SHOWN_BYTES: Final = 65_536
# Of all images that are kept; the oldest go first.
MOST_KEPT: Final = 2_000
DIRECTORY: Final = "thumbnails"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ThumbnailFiles:
    """The images below the directory in which a workspace keeps its state."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._directory = state / DIRECTORY
        self._kept: set[str] = set()

    def keep(self, file: File) -> None:
        """Keep an image that is small enough; what cannot be read or written is left out."""
        full = len(self._kept) >= MOST_KEPT
        if full or file.sha256 in self._kept or file.size > MOST_SHOWN_BYTES or not _is_image(file):
            return
        with suppress(PromptevalError, OSError):
            if not self._kept:
                make_directory(self._directory, within=self._state, private=True)
                self._make_room()
            self._kept.add(file.sha256)
            place = self._directory / file.sha256
            if not place.exists():
                write_whole(place, [file.read()], within=self._state, private=True)
            os.utime(place, follow_symlinks=False)

    def clear(self) -> None:
        """Remove all of them: with a run goes what it has shown. Other runs keep them again when they run."""
        shutil.rmtree(self._directory, ignore_errors=True)

    def _make_room(self) -> None:
        """Remove the oldest beyond half of MOST_KEPT, where there are more than that many."""
        found = sorted(os.scandir(self._directory), key=lambda one: one.stat(follow_symlinks=False).st_mtime)
        for old in found[: -MOST_KEPT // 2] if len(found) > MOST_KEPT else ():
            Path(old.path).unlink(missing_ok=True)

    def data_url(self, sha256: str) -> str:
        """An image that is kept. A file whose content has another hash, or is no image, is not shown."""
        if _SHA256.fullmatch(sha256) is None:
            return ""
        try:
            place = resolve_inside(self._state.resolve(), f"{DIRECTORY}/{sha256}")
            if not place.is_file() or place.stat().st_size > MOST_SHOWN_BYTES:
                return ""
            data = place.read_bytes()
            file = File.of_bytes(data)
        except (ValueError, OSError):
            return ""
        if file.sha256 != sha256 or not _is_image(file):
            return ""
        return f"data:{file.media_type};base64,{b64encode(data).decode('ascii')}"


def _is_image(file: File) -> bool:
    return kind_of(file.media_type) == "image"
