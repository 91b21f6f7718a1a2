"""The stack of a repository: which libraries for models it depends on, and which of them its code imports."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prompteval.audit.manifests import is_lock, requirements
from prompteval.audit.repository import Repository
from prompteval.audit.sinks import sink_table

_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_OTHERS = frozenset({
    "transformers", "torch", "sentence-transformers", "trl", "peft", "vllm", "dspy", "guidance", "instructor",
    "deepeval", "ragas", "inspect-ai", "promptfoo", "langsmith", "langfuse", "faiss-cpu", "chromadb",
    "qdrant-client",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stack:
    """Names of packages that are declared, with the requirement as it is written, and modules imported."""

    declared: tuple[str, ...]
    imported: tuple[str, ...]

    def __str__(self) -> str:
        """`declares openai>=3; imports anthropic, openai`, for the last line; `no library for models`."""
        parts = []
        if self.declared:
            parts.append(f"declares {', '.join(self.declared)}")
        if self.imported:
            parts.append(f"imports {', '.join(self.imported)}")
        return "; ".join(parts) or "no library for models"


def stack_of(root: Path, paths: Sequence[str], repository: Repository) -> Stack:
    """Read what declares or locks dependencies, and the imports of all modules but tests."""
    known = {module for library in sink_table().libraries.values() for module in library.modules}
    names = {module.replace("_", "-") for module in known} | _OTHERS
    declared: dict[str, str] = {}
    for path in sorted(paths, key=is_lock):
        for requirement in requirements(root, path):
            match = _NAME.match(requirement)
            if match and match[1].lower().replace("_", "-") in names:
                declared.setdefault(match[1].lower().replace("_", "-"), " ".join(requirement.split())[:80])
    imported = {
        root for module in repository.modules.values() if not module.is_test for root in module.found.roots
    }
    ours = {name.replace("-", "_") for name in _OTHERS} | (known - {"google", "agents", "boto3"})
    return Stack(tuple(declared[name] for name in sorted(declared)), tuple(sorted(imported & ours)))
