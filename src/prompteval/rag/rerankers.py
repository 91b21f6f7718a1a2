"""From the words of a suite to rerankers: one function each, found by name in the registry.

A factory is called as `factory(options, ingredients)`, and checks its options.
"""

from collections.abc import Mapping
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.core.protocols import Reranker
from prompteval.core.registry import create, is_built_in
from prompteval.rag.ingredients import Ingredients
from prompteval.rag.plugin import PluginReranker
from prompteval.rag.ranking_cache import CachedReranker
from prompteval.rag.rerank.cross_encoder import CrossEncoderReranker
from prompteval.rag.rerank.late_interaction import LateInteraction
from prompteval.rag.rerank.llm import LLMReranker
from prompteval.workspace.rag_options import (
    CrossEncoderOptions,
    LateInteractionOptions,
    RerankerOptions,
    read_options,
)
from prompteval.workspace.rag_section import RagPart

RERANKERS = "prompteval.rerankers"


def build_reranker(part: RagPart, ingredients: Ingredients) -> Reranker | None:
    """The reranker a suite names, None for `none`. Raises UsageError for an unknown kind or option."""
    found: Reranker | None = create(RERANKERS, part.kind, lambda factory: factory(part.options, ingredients))
    if found is not None and not is_built_in(RERANKERS, part.kind):
        found = PluginReranker(part.kind, found)
    if found is None or ingredients.cache is None or isinstance(found, LLMReranker):
        return found
    return CachedReranker(found, ingredients.cache)


def unchanged(options: Mapping[str, Any], ingredients: Ingredients) -> Reranker | None:
    """Keeps the order of the search.

    Example: `none`
    """
    read_options(RerankerOptions, "reranker none", options)
    return None


def late_interaction(options: Mapping[str, Any], ingredients: Ingredients) -> Reranker:
    """Ranks candidates again by MaxSim over the vectors of their tokens.

    Example: `{kind: late_interaction, depth: 50}`
    """
    chosen = read_options(LateInteractionOptions, "late_interaction", options)
    return LateInteraction(ingredients.token_embedder(chosen.model))


def cross_encoder(options: Mapping[str, Any], ingredients: Ingredients) -> Reranker:
    """Ranks candidates again by a model that reads the question and a passage together.

    Example: `{kind: cross_encoder, model: ../models/DIRECTORY, depth: 50}`
    """
    chosen = read_options(CrossEncoderOptions, "cross_encoder", options)
    return CrossEncoderReranker(ingredients.here / chosen.model, ingredients.cache)


def llm(options: Mapping[str, Any], ingredients: Ingredients) -> LLMReranker:
    """Ranks candidates again by the grade that the run's own model gives each.

    Example: `{kind: llm, depth: 20}`
    """
    read_options(RerankerOptions, "reranker llm", options)
    if ingredients.provider is None:
        raise UsageError("reranker llm asks a model, and this suite has none", "add `prompt: <name>`")
    return LLMReranker(ingredients.provider, ingredients.model)
