"""Every kind of input from outside."""

from collections.abc import Mapping

from tests.fuzz import file_kinds, name_kinds, server_kinds, state_kinds
from tests.fuzz.arguments import arguments
from tests.fuzz.attempt import Kind

_KINDS: tuple[Kind, ...] = (
    file_kinds.suites, file_kinds.cases, file_kinds.tables, file_kinds.outputs, file_kinds.recordings, file_kinds.scripts,
    file_kinds.locks, file_kinds.documents, file_kinds.settings, file_kinds.trec, file_kinds.templates,
    server_kinds.replies, server_kinds.endpoints, server_kinds.retrievers, server_kinds.batches,
    state_kinds.baselines, state_kinds.stores, state_kinds.states, state_kinds.indexes, name_kinds.names, name_kinds.modules, arguments,
)  # fmt: skip
KINDS: Mapping[str, Kind] = {kind.__name__: kind for kind in _KINDS}
