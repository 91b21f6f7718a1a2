"""Which kinds of files a profile's server can be sent: by its API, its preset and the profile's `files`."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from prompteval.workspace.presets import preset_at, preset_of
from prompteval.workspace.urls import host_of

# What each API has a form for.
FILES_OF_API: Final[Mapping[str, tuple[str, ...]]] = {
    "chat": ("image", "pdf", "audio"), "responses": ("image", "pdf"), "decisions": (),
}  # fmt: skip
_API_NAMES: Final = {"chat": "chat completions", "responses": "responses", "decisions": "decisions"}
_AZURE: Final = "azure"
_AZURE_HOST: Final = ".azure.com"


def files_of_preset(preset: str | None, model: str, api: str) -> tuple[str, ...] | None:
    """The kinds that a preset's server takes for a model without a word of the profile; None if unknown."""
    known = preset_of(preset)
    if model in known.text_only:
        return ()
    if api == "responses" and known.responses is not None and known.responses.files is not None:
        return known.responses.files
    return known.files


def files_fault(
    files: Sequence[str], preset: str | None, base_url: str, model: str, api: str
) -> tuple[str, str] | None:
    """(what is wrong with the `files` of a profile, the fix); None where they may be sent.

    A kind that the API has no form for is never sent. One that the preset's server does not take is refused
    at that server's own address, and without an address; what another server takes, the profile says.
    """
    forms = FILES_OF_API[api]
    wrong = next((kind for kind in files if kind not in forms), None)
    if wrong is not None:
        message = f"names {wrong!r}, and {_API_NAMES[api]} have a form for {_listed(forms)}"
        return message, _write(files, forms)
    name = preset_at(base_url, preset)
    usual = files_of_preset(name, model, api)
    if usual is None or not _is_address_of(name, base_url):
        return None
    taken = [kind for kind in forms if kind in usual or (usual and kind in preset_of(name).files_of_some)]
    wrong = next((kind for kind in files if kind not in taken), None)
    if wrong is None:
        return None
    server = name if taken else f"{model!r} of {name}"
    own = "" if base_url else ", or name the address of another server in base_url"
    return f"names {wrong!r}, and {server} takes {_listed(taken)}", _write(files, taken) + own


def _is_address_of(preset: str | None, url: str) -> bool:
    """Whether an address is that of a preset's own service, or none is given."""
    is_azure = preset == _AZURE and host_of(url).endswith(_AZURE_HOST)
    return not url or is_azure or preset_at(url, None) == preset


def _listed(kinds: Sequence[str]) -> str:
    return f"{', '.join(kinds)} alone" if kinds else "no files"


def _write(files: Sequence[str], taken: Sequence[str]) -> str:
    """What to write in place of `files`: those that are taken, else all that could be."""
    kinds = [kind for kind in files if kind in taken] or taken
    return f"write files = {json.dumps([*kinds])}" if kinds else "remove it"
