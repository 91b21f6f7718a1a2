"""Where the embedded model is looked for."""

import pytest

from prompteval.providers.local.weights import find_weights


def test_a_user_without_a_home_has_no_hub_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A container's user need not be in /etc/passwd: the package's own weights are found all the same."""

    def no_home() -> None:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.home", no_home)
    monkeypatch.delenv("HF_HOME", raising=False)
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    assert find_weights("minilm", tmp_path_factory.mktemp("w")).directory.is_dir()
