"""Names to code: lazy `module:attr` strings for built-ins, entry points for third parties."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean

BUILT_IN: Mapping[str, Mapping[str, str]] = {
    "prompteval.providers": {
        "openai": "prompteval.providers.openai:create",
        "local": "prompteval.providers.local:create",
        "replay": "prompteval.providers.replay:create",
        "scripted": "prompteval.providers.scripted:create",
    },
    "prompteval.scorers": {
        "exact": "prompteval.scoring.text:Exact",
        "normalised": "prompteval.scoring.text:Normalised",
        "normalized": "prompteval.scoring.text:Normalised",
        "contains": "prompteval.scoring.text:Contains",
        "regex": "prompteval.scoring.pattern:Regex",
        "number": "prompteval.scoring.number:Number",
        "json_field": "prompteval.scoring.structure:JsonField",
        "schema_valid": "prompteval.scoring.structure:SchemaValid",
        "refusal": "prompteval.scoring.structure:Refusal",
        "rouge": "prompteval.scoring.overlap:Rouge",
        "rouge_l": "prompteval.scoring.overlap:RougeL",
        "bleu": "prompteval.scoring.translation:Bleu",
        "chrf": "prompteval.scoring.translation:Chrf",
        "similarity": "prompteval.scoring.similarity:Similarity",
    },
    "prompteval.chunkers": {
        "fixed": "prompteval.corpus.chunk.chunkers:Fixed",
        "sentence": "prompteval.corpus.chunk.chunkers:Sentence",
        "markdown": "prompteval.corpus.chunk.chunkers:Markdown",
        "recursive": "prompteval.corpus.chunk.chunkers:Recursive",
        "none": "prompteval.corpus.chunk.chunkers:Whole",
    },
    # Called as factory(options, ingredients); see prompteval.rag.factories.
    "prompteval.retrievers": {
        "bm25": "prompteval.rag.factories:bm25",
        "dense": "prompteval.rag.factories:dense",
        "hybrid": "prompteval.rag.factories:hybrid",
        "endpoint": "prompteval.rag.factories:endpoint",
        "python": "prompteval.rag.factories:python",
        "run": "prompteval.rag.factories:run",
    },
    "prompteval.rerankers": {
        "none": "prompteval.rag.factories:unchanged",
        "late_interaction": "prompteval.rag.factories:late_interaction",
        "cross_encoder": "prompteval.rag.factories:cross_encoder",
        "llm": "prompteval.rag.factories:llm",
    },
    "prompteval.reporters": {
        "json": "prompteval.report.json:render",
        "jsonl": "prompteval.report.rows:render_jsonl",
        "csv": "prompteval.report.rows:render_csv",
        "junit": "prompteval.report.junit:render",
        "markdown": "prompteval.report.markdown:render",
        "html": "prompteval.report.html.page:render",
    },
}


@cache
def table(group: str) -> dict[str, str]:
    """Every name of a group with its `module:attr`. Raises UsageError when two claim one name."""
    found = dict(BUILT_IN.get(group, {}))
    for entry in entry_points(group=group):
        if found.get(entry.name, entry.value) != entry.value:
            raise UsageError(
                f"two packages register {entry.name!r} in {group}: {found[entry.name]} and {entry.value}",
                "uninstall one of them",
            )
        found[entry.name] = entry.value
    return found


def resolve(group: str, name: str) -> Any:
    """The object registered as `name`, imported now. Raises UsageError naming the nearest name."""
    known = table(group)
    if name not in known:
        kind = group.removeprefix("prompteval.").removesuffix("s")
        raise UsageError(f"there is no {kind} {name!r}", did_you_mean(name, known))
    module, _, attribute = known[name].partition(":")
    return getattr(import_module(module), attribute)
