"""Names to code: lazy `module:attr` strings for built-ins, entry points for third parties."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from operator import attrgetter
from typing import Any, TypeVar

from prompteval.core.errors import PromptevalError, UsageError
from prompteval.core.problem import did_you_mean

Made = TypeVar("Made")
BUILT_IN: Mapping[str, Mapping[str, str]] = {
    "prompteval.providers": {
        "openai": "prompteval.providers.openai:create",
        "anthropic": "prompteval.providers.anthropic:create",
        "gemini": "prompteval.providers.gemini:create",
        "local": "prompteval.providers.local:create",
        "gguf": "prompteval.providers.gguf:create",
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
        "tool_calls": "prompteval.scoring.tool_calls:ToolCalls",
        "judge": "prompteval.judging.pointwise:Judge",
        "pairwise": "prompteval.judging.pairwise:Pairwise",
        "faithfulness": "prompteval.judging.faithfulness:Faithfulness",
    },
    # Called as importer(path); see prompteval.interchange.imported.
    "prompteval.importers": {
        "promptfoo": "prompteval.interchange.promptfoo:read",
        "openai-evals": "prompteval.interchange.openai_evals:read",
        "deepeval": "prompteval.interchange.evaluations:read_deepeval",
        "ragas": "prompteval.interchange.evaluations:read_ragas",
        "inspect": "prompteval.interchange.inspect_logs:read",
        "langsmith": "prompteval.interchange.evaluations:read_langsmith",
        "langfuse": "prompteval.interchange.evaluations:read_langfuse",
        "braintrust": "prompteval.interchange.evaluations:read_braintrust",
        "otlp": "prompteval.interchange.otlp:read",
        "lm-eval": "prompteval.interchange.lm_eval:read",
        "beir": "prompteval.interchange.ranking:read_beir",
        "trec": "prompteval.interchange.ranking:read_trec",
        "csv": "prompteval.interchange.csv_cases:read",
    },
    "prompteval.chunkers": {
        "fixed": "prompteval.corpus.chunk.chunkers:Fixed",
        "sentence": "prompteval.corpus.chunk.chunkers:Sentence",
        "markdown": "prompteval.corpus.chunk.chunkers:Markdown",
        "recursive": "prompteval.corpus.chunk.chunkers:Recursive",
        "none": "prompteval.corpus.chunk.chunkers:Whole",
    },
    # Called as factory(options, ingredients); see prompteval.rag.retrievers.
    "prompteval.retrievers": {
        "bm25": "prompteval.rag.retrievers:bm25",
        "dense": "prompteval.rag.retrievers:dense",
        "hybrid": "prompteval.rag.retrievers:hybrid",
        "endpoint": "prompteval.rag.retrievers:endpoint",
        "python": "prompteval.rag.retrievers:python",
        "run": "prompteval.rag.retrievers:run",
    },
    "prompteval.rerankers": {
        "none": "prompteval.rag.rerankers:unchanged",
        "late_interaction": "prompteval.rag.rerankers:late_interaction",
        "cross_encoder": "prompteval.rag.rerankers:cross_encoder",
        "llm": "prompteval.rag.rerankers:llm",
    },
    # What each computes is in one table; these are the names that no plug-in takes.
    "prompteval.metrics": dict.fromkeys(
        (
            "accuracy",
            "mean",
            "win_rate",
            "all_pass",
            "precision",
            "recall",
            "f1",
            "mcc",
            "kappa",
            "roc_auc",
            "pr_auc",
            "recall_at_precision",
            "brier",
            "ece",
            "mae",
            "rmse",
            "r2",
            "spearman",
            "rouge_1",
            "rouge_2",
            "rouge_l",
            "bleu",
            "chrf",
            "tool_calls.name",
            "tool_calls.arguments",
            "perplexity",
            "latency_ms.p50",
            "latency_ms.p95",
            "latency_ms.p99",
            "first_token_ms.p50",
            "first_token_ms.p95",
            "first_token_ms.p99",
            "first_answer_ms.p50",
            "first_answer_ms.p95",
            "first_answer_ms.p99",
            "cost_usd.mean",
            "tokens.mean",
            "per_class",
            "confusion",
            "reliability",
        ),
        "prompteval.metrics.table:metric_spec",
    ),
    "prompteval.reporters": {
        "json": "prompteval.report.json:render",
        "jsonl": "prompteval.report.rows:render_jsonl",
        "csv": "prompteval.report.rows:render_csv",
        "junit": "prompteval.report.junit:render",
        "markdown": "prompteval.report.markdown:render",
        "html": "prompteval.report.page.run:render",
    },
}


# What each group's factory makes must have. Scorers say of themselves what they have: see `scoring.outside`.
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "prompteval.providers": ("identity", "complete", "aclose"),
    "prompteval.chunkers": ("__call__",),
    "prompteval.retrievers": ("identity", "search"),
    "prompteval.rerankers": ("identity", "rerank"),
    "prompteval.metrics": ("low", "high", "higher_is_better", "compute"),
}


@cache
def _installed() -> Any:
    """The entry points of all groups, found by one walk through what is installed."""
    return entry_points()


@cache
def table(group: str) -> dict[str, str]:
    """Every name of a group with its `module:attr`. Raises UsageError when two claim one name."""
    found = dict(BUILT_IN.get(group, {}))
    for entry in _installed().select(group=group):
        value = f"{entry.module}:{entry.attr}"
        if found.get(entry.name, value) != value:
            raise UsageError(
                f"two packages register {entry.name!r} in {group}: {found[entry.name]} and {value}",
                "uninstall one of them",
            )
        found[entry.name] = value
    return found


def is_built_in(group: str, name: str) -> bool:
    """Whether a name is one of our own."""
    return name in BUILT_IN.get(group, {})


def resolve(group: str, name: str) -> Any:
    """The object registered as `name`, imported now.

    Raises UsageError naming the nearest name, and for a plug-in that cannot be imported.
    """
    known = table(group)
    if name not in known:
        raise UsageError(f"unknown {_kind(group)} {name!r}", did_you_mean(name, known))
    module, _, attribute = known[name].partition(":")
    with blaming(group, name):
        return attrgetter(attribute)(import_module(module))


def create(group: str, name: str, make: Callable[[Any], Made]) -> Made:
    """What `make` gives for the object registered as `name`, once it has all that its protocol asks for.

    Raises UsageError as `resolve`, and for a plug-in that raises or gives something else.
    """
    factory = resolve(group, name)
    with blaming(group, name):
        found = make(factory)
    if not is_built_in(group, name):
        missing = [member for member in _MEMBERS[group] if not hasattr(found, member)]
        if missing:
            raise UsageError(
                f"{_kind(group)} {name!r} made a {type(found).__name__} without {', '.join(missing)}",
                "see docs/extending.md",
            )
    return found


@contextmanager
def blaming(group: str, name: str) -> Iterator[None]:
    """What a plug-in raises within the block is one line that names it; our own errors pass."""
    try:
        yield
    except PromptevalError:
        raise
    except Exception as error:
        if is_built_in(group, name):
            raise
        what = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        module = table(group)[name].partition(":")[0]
        raise UsageError(f"{_kind(group)} {name!r} of the plug-in {module}: {what}") from error


def _kind(group: str) -> str:
    return group.removeprefix("prompteval.").removesuffix("s")
