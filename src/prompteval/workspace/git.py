"""git, run so that a hostile repository cannot run anything: no hook, pager, filter or fetch."""

import os
import subprocess
from pathlib import Path

from prompteval.core.errors import UsageError

_COMMAND = (
    "git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.pager=cat",
    "-c", "protocol.allow=never", "-c", "credential.helper=",
)  # fmt: skip
_FILTERS = r"^filter\..*\.(clean|smudge|process)$"


def git(root: Path, *arguments: str, missing: str = "", overrides: tuple[str, ...] = ()) -> bytes:
    """What `git ARGUMENTS` prints, run in `root`. `overrides` are further `name=value` settings.

    Raises UsageError with `missing`, or with git's own first line, when git fails or is not there.
    """
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    environment |= {
        "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C",
    }  # fmt: skip
    extra = [part for setting in overrides for part in ("-c", setting)]
    try:
        done = subprocess.run(
            [*_COMMAND, *extra, *arguments],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("git is not installed", "install git to compare with a commit") from None
    if done.returncode != 0:
        detail = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(missing or "git failed", detail[0] if detail else "")
    return done.stdout


def head_and_dirty(root: Path) -> tuple[str, bool] | None:
    """(commit, whether tracked files differ from it); None outside a repository or without git."""
    try:
        head = git(root, "rev-parse", "HEAD").decode().strip()
        changed = git(root, "status", "--porcelain", "--untracked-files=no", overrides=_without_filters(root))
    except UsageError:
        return None
    return head, bool(changed.strip())


def _without_filters(root: Path) -> tuple[str, ...]:
    """Settings that empty every content filter of the repository: `status` would run them."""
    try:
        names = git(root, "config", "--name-only", "-z", "--get-regexp", _FILTERS)
    except UsageError:  # exit 1: there is none
        return ()
    found = [name.decode("utf-8", "surrogateescape") for name in names.split(b"\0") if name]
    drivers = {name.rpartition(".")[0] for name in found}
    return tuple(f"{name}=" for name in found) + tuple(f"{driver}.required=false" for driver in drivers)
