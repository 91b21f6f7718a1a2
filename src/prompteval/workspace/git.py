"""git, run so that a hostile repository cannot run anything: no hook, pager, filter, fetch or submodule."""

import os
import shlex
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

from prompteval.core.errors import UsageError

GIT_SECONDS = 120.0
# Small objects can stand for a blob, or a list of files, of any size.
MOST_BYTES = 200_000_000
_PIECE = 1 << 20
_PASSED = (
    "HOME", "XDG_CONFIG_HOME", "USERPROFILE", "SYSTEMROOT", "SUDO_UID",
    "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
)  # fmt: skip
# GIT_ALLOW_PROTOCOL also beats a `protocol.NAME.allow` of the repository; a refs/replace/ there would put
# another object in the place of the one that a commit names.
_FIXED = {
    "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1", "GIT_LITERAL_PATHSPECS": "1",
    "GIT_ALLOW_PROTOCOL": "", "GIT_PAGER": "cat", "LC_ALL": "C",
}  # fmt: skip
# safe.bareRepository: a directory of the workspace that looks like a repository brings its own settings.
_SETTINGS = (
    ("core.hooksPath", os.devnull), ("core.fsmonitor", "false"), ("core.pager", "cat"),
    ("core.attributesFile", os.devnull), ("core.alternateRefsCommand", ""), ("core.sshCommand", "false"),
    ("credential.helper", ""), ("diff.external", ""), ("protocol.allow", "never"),
    ("safe.bareRepository", "explicit"), ("submodule.recurse", "false"),
)  # fmt: skip
_FILTERS = r"^filter\..*\.(clean|smudge|process)$"
_SAFE = "safe.directory"
_MOST_ENTRIES = 1_000

Setting = tuple[str, str]


def git(root: Path, *arguments: str, missing: str = "", overrides: Iterable[Setting] = ()) -> bytes:
    """What `git ARGUMENTS` prints, run in `root`. `overrides` are further (name, value) settings.

    The repository is the one that `root` is in, regardless of GIT_DIR and `core.worktree`; of the
    caller's own GIT_CONFIG_COUNT only `safe.directory` is taken. Raises UsageError with `missing`,
    or with git's own first line, when git fails, hangs or is not there.
    """
    top = repository_top(root)
    if top is None:
        raise UsageError(missing or f"{root} is not in a git repository")
    try:
        code, output, message = _run(["git", *arguments], root, _environment(top, overrides))
    except FileNotFoundError:
        raise UsageError("git is not installed", "install git to compare with a commit") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git {arguments[0]} did not end within {GIT_SECONDS:g} s") from None
    except (OSError, ValueError) as error:  # too many settings; a NUL in an argument
        raise UsageError(missing or f"git {arguments[0]} cannot be run", str(error)) from None
    if max(len(output), len(message)) > MOST_BYTES:
        raise UsageError(f"git {arguments[0]} printed more than {MOST_BYTES:,} bytes")
    if code != 0:
        detail = message.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(missing or "git failed", detail[0] if detail else "")
    return output


def _run(command: list[str], root: Path, environment: Mapping[str, str]) -> tuple[int, bytes, bytes]:
    """(exit code, what was printed, its message); of what is longer than MOST_BYTES only the beginning.

    Nothing is written, not even a temporary file. Raises TimeoutExpired, and what starting a process raises.
    """
    end = time.monotonic() + GIT_SECONDS
    with (
        subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process,
        DefaultSelector() as ready,
    ):
        streams = [stream for stream in (process.stdout, process.stderr) if stream is not None]
        printed = {stream.fileno(): bytearray() for stream in streams}
        for number in printed:
            ready.register(number, EVENT_READ)
        try:
            while ready.get_map() and max(map(len, printed.values())) <= MOST_BYTES:
                waiting = ready.select(max(0.0, end - time.monotonic()))
                if not waiting:
                    raise subprocess.TimeoutExpired(command, GIT_SECONDS)
                for number in (key.fd for key, _ in waiting):
                    piece = os.read(number, _PIECE)
                    printed[number] += piece
                    if not piece:
                        ready.unregister(number)
            if not ready.get_map():
                process.wait(max(0.0, end - time.monotonic()))
        finally:
            process.kill()
        output, message = map(bytes, printed.values())
        return process.wait(), output, message


def repository_top(root: Path) -> Path | None:
    """The nearest directory at or above `root` that holds a repository; None without one."""
    place = root.resolve()
    for directory in (place, *place.parents):
        mark = directory / ".git"
        if mark.is_file() or os.path.lexists(mark / "HEAD"):
            return directory
    return None


def head_and_dirty(root: Path, content: Iterable[str] = ()) -> tuple[str, bool] | None:
    """(commit, whether the files differ from it); None outside a repository or without git.

    Those are the tracked files, and at or below the paths of `content`, from `root`, also new ones that
    git does not ignore; what Python compiled is no content.
    Content filters are not run: a file that only a filter makes equal counts as different. Of a
    submodule only the commit is compared.
    """
    changed = ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty")
    try:
        head = git(root, "rev-parse", "HEAD").decode().strip()
        found = git(root, *changed, overrides=_without_filters(root)) or _new(root, content)
    except UsageError:
        return None
    return head, bool(found.strip())


def _new(root: Path, paths: Iterable[str]) -> bytes:
    """What git neither has nor ignores at or below the paths; a directory of new files is one line."""
    names = list(paths)
    listed = ("ls-files", "--others", "--directory", "--no-empty-directory", "--exclude-standard")
    return git(root, *listed, "--exclude=__pycache__", "--", *names) if names else b""


def branch(root: Path) -> str:
    """The branch that is checked out; empty for a commit without one, outside a repository or without git."""
    try:
        return git(root, "symbolic-ref", "--quiet", "--short", "HEAD").decode("utf-8", "replace").strip()
    except UsageError:
        return ""


def tracked(root: Path, paths: Iterable[Path]) -> bool:
    """Whether git keeps anything at or below one of the paths; False outside a repository or without git."""
    names = [os.fspath(path.relative_to(root)) for path in paths if root in path.parents]
    try:
        return bool(names) and bool(git(root, "ls-files", "-z", "--", *names))
    except UsageError:
        return False


def _environment(top: Path, overrides: Iterable[Setting]) -> dict[str, str]:
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
    # A relative entry would take git itself from the current directory.
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    environment["PATH"] = os.pathsep.join(entry for entry in path if Path(entry).is_absolute())
    # GIT_WORK_TREE beats core.worktree, which no setting does.
    environment |= {**_FIXED, "GIT_WORK_TREE": str(top)}
    settings = [*((_SAFE, value) for value in _safe_directories(os.environ)), *_SETTINGS, *overrides]
    environment["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (name, value) in enumerate(settings):
        environment[f"GIT_CONFIG_KEY_{number}"] = name
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
    return environment


def _safe_directories(environment: Mapping[str, str]) -> Iterator[str]:
    """The `safe.directory` entries of GIT_CONFIG_COUNT, then those that `git -c` handed to a hook."""
    count = environment.get("GIT_CONFIG_COUNT", "")
    for number in range(min(int(count), _MOST_ENTRIES) if count.isascii() and count.isdigit() else 0):
        if environment.get(f"GIT_CONFIG_KEY_{number}", "").lower() == _SAFE:
            yield environment.get(f"GIT_CONFIG_VALUE_{number}", "")
    try:
        given = shlex.split(environment.get("GIT_CONFIG_PARAMETERS", ""))
    except ValueError:
        return
    for part in given:
        name, equals, value = part.partition("=")
        if name.lower() == _SAFE and equals:
            yield value


def _without_filters(root: Path) -> Iterator[Setting]:
    """Settings that empty every content filter of the repository: `status` would run them."""
    try:
        names = git(root, "config", "--name-only", "-z", "--get-regexp", _FILTERS)
    except UsageError:  # exit 1: there is none
        return
    for name in (os.fsdecode(name) for name in names.split(b"\0") if name):
        yield name, ""
        yield f"{name.rpartition('.')[0]}.required", "false"
