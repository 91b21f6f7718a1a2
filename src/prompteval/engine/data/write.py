"""Copies of data files: split, or masked. The source is never written."""

from collections.abc import Sequence
from pathlib import Path

from prompteval.core.errors import UsageError
from prompteval.core.secret import from_environment
from prompteval.data.manifest import manifest_path, read_manifest
from prompteval.data.masked import Masking
from prompteval.data.rows import read_raw
from prompteval.data.split import FileSplit, SplitOptions
from prompteval.data.write import check_endings, encoded
from prompteval.pii.span import NAMED, Kind
from prompteval.workspace.text import UTF16_MARKS, decode
from prompteval.workspace.writing import write_whole

# A pseudonym is as hard to reverse as its key is to guess.
SHORTEST_KEY = 16


def split_file(source: Path, output: Path, options: SplitOptions, *, within: Path | None) -> FileSplit:
    """Write a file's rows with their side in `split`, and the manifest beside it.

    A split by time keeps the cutoffs of a manifest that is there already and has the same settings, so that
    new rows move none. Raises UsageError where the output is another format, or the file itself.
    """
    check_endings(source, output)
    refuse_itself(source, output)
    made = FileSplit.of(source, options, _cutoffs(manifest_path(output), options))
    write_whole(output, encoded(made.rows(), output.suffix), within=within)
    manifest = made.manifest()
    write_whole(manifest_path(output), [manifest.text().encode("ascii")], within=within)
    return made


def _cutoffs(place: Path, options: SplitOptions) -> dict[str, float] | None:
    if not options.time or not place.is_file():
        return None
    found = read_manifest(place, str(place))
    same = (found.mode, found.time, found.ratios) == ("time", options.time, dict(options.ratios))
    return found.cutoffs if same else None


def mask_file(source: Path, output: Path, masking: Masking, *, within: Path | None) -> None:
    """Write a masked copy; rows of JSONL, CSV or YAML, and any other text as a whole."""
    refuse_itself(source, output)
    if NAMED & set(masking.kinds):
        masking.text("")  # a missing extra is said before any work
    if source.suffix in (".txt", ".md"):
        if output.suffix != source.suffix:
            raise UsageError(f"-o {output}: {source.name} is written as {source.suffix}")
        text = masking.text(_text(source))
        write_whole(output, [text.encode("utf-8", "surrogateescape")], within=within)
        return
    check_endings(source, output)
    write_whole(output, encoded(masking.apply(read_raw(source)), output.suffix), within=within)


def _text(source: Path) -> str:
    """The text of a file, with bytes that are not UTF-8 kept. Raises InvalidInput for UTF-16."""
    data = source.read_bytes()
    if data.startswith(UTF16_MARKS) or b"\0" in data:
        return decode(data, str(source))
    return data.decode("utf-8", "surrogateescape")


def masking_of(kinds: Sequence[Kind], key_env: str | None) -> Masking:
    """The masking with the key that a variable holds. Raises UsageError where it is not set, or short."""
    if key_env is None:
        return Masking(kinds)
    key = from_environment(key_env)
    if len(key) < SHORTEST_KEY:
        what = "is not set" if not key else f"has {len(key)} characters, at least {SHORTEST_KEY} are needed"
        help = 'create one: python -c "import secrets; print(secrets.token_hex(32))"'
        raise UsageError(f"--key-env {key_env}: the variable {what}", help)
    return Masking(kinds, key.encode("utf-8", "surrogateescape"))


def refuse_itself(source: Path, output: Path) -> None:
    """Raises UsageError where a file would be written over itself."""
    if source.resolve() == output.resolve():
        raise UsageError(f"-o {output} is the file that is read", "name another")
