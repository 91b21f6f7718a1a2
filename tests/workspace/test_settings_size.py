"""A settings file has a size that is read."""

from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.workspace.settings import MAX_SETTINGS_BYTES, find_workspace


def test_b24_a_settings_file_without_end_is_refused(tmp_path: Path) -> None:
    """At its first line, before it is parsed; one of the size itself is read."""
    path = tmp_path / "prompteval.toml"
    path.write_text("#" * MAX_SETTINGS_BYTES)
    find_workspace(tmp_path)
    path.write_text("#" * (MAX_SETTINGS_BYTES + 1))
    with pytest.raises(InvalidInput, match="larger than 1,000,000 bytes"):
        find_workspace(tmp_path)
