"""The JSON Schemas of what single commands write as JSON: `trec`, `data check`, `rag` and `run --dry-run`."""

from prompteval.core.verdict import ComparisonVerdict
from prompteval.report.problems_schema import problem_schema
from prompteval.report.schema_parts import (
    Schema,
    constant,
    count,
    counts,
    document_of,
    flag,
    list_of,
    map_of,
    nullable,
    number,
    object_of,
    one_of,
    part,
    record_of,
    text,
    texts,
)

_FATES = ("packed", "below k", "budget", "duplicate")
_VERDICTS = ("reference", *(verdict.value for verdict in ComparisonVerdict))


def trec_schema() -> Schema:
    """The document of `trec --json`."""
    mean = {
        "value": number("The mean over the queries; null over none."),
        "low": number("The lower end of its 95 % interval."),
        "high": number("The upper end."),
        "n": count("The queries that are averaged over."),
        "method": text("How the interval is made."),
        "reason": text("Why there is no mean or no interval; absent where there is."),
    }
    queries = {
        "judged": count("Queries with relevance judgments."),
        "in_run": count("Queries of the run."),
        "unjudged": count("Those of them without judgments."),
        "missing": count("Judged queries that the run lacks."),
        "without_relevant": count("Judged queries without a relevant document."),
        "tie_sensitive": count("Queries of which a value depends on the order of tied hits."),
    }
    properties = {
        "metrics": map_of(
            object_of([name for name in mean if name != "reason"], mean, "Its mean."), "Each metric."
        ),
        "queries": record_of(queries, "How many queries there are."),
        "duplicates": count("Lines of the run that were left out as duplicates."),
        "per_query": map_of(
            map_of(number("Its value, null where it is undefined."), "The metrics."),
            "The values of each query, with --per-query.",
        ),
    }
    return document_of(
        "prompteval trec", object_of(["metrics", "queries", "duplicates"], properties, "A scored run.")
    )


def dry_run_schema() -> Schema:
    """The document of `run --dry-run --json`."""
    needs = {
        "calls": count("The calls of the system, failed attempts not counted."),
        "cached": count("Replies that the cache has."),
        "prompt_tokens": number("Tokens to send, null where they are not known."),
        "completion_tokens_at_most": number("Tokens to receive at most, null where they are not known."),
        "cost_usd_at_most": number("The cost in USD at most, null where it is not known."),
        "estimated": flag("Whether tokens are estimated rather than counted."),
        "user_calls": count("The calls of the model that plays the user of conversations."),
        "user_prompt_tokens": number("Tokens to send to it."),
        "user_completion_tokens_at_most": number("Tokens to receive from it at most."),
        "user_cost_usd_at_most": number("Its cost in USD at most, null where it is not known."),
        "judge_calls": count("The calls of all judges at most."),
    }
    names = {
        "suite": text("The suite."),
        "prompt": text("The prompt and version, or another target."),
        "model": text("The model."),
    }
    entry = object_of([*names, *needs], {**names, **needs}, "One suite with one target and one model.")
    properties = {
        "schema": constant("prompteval/dry-run@1", "The version of this document."),
        "entries": list_of(entry, "What each would need."),
        "total": record_of(needs, "The sums; null as soon as one part is not known."),
    }
    return document_of("prompteval run --dry-run", record_of(properties, "What a run would need."))


def data_check_schema() -> Schema:
    """The document of `data check --json`."""
    labels = {
        "classes": count("How many labels there are."),
        "effective_classes": number("How many equally frequent labels would be as varied."),
        "majority_accuracy": number("The accuracy of always giving the most frequent label."),
    }
    properties = {
        "schema": constant("prompteval/data_check@1", "The version of this document."),
        "rows": count("Rows of the files."),
        "splits": counts("Rows by split."),
        "findings": counts("Problems by code, those that are not shown counted too."),
        "personal_data": counts("Spans of personal data by kind."),
        "labels": nullable(record_of(labels, "The labels."), "The labels, null without any."),
        "languages": {
            "type": ["object", "null"],
            "additionalProperties": {"type": "integer", "minimum": 0},
            "description": "Rows by language, of those that were looked at; null without the extra.",
        },
        "counts": counts("Rows by label, where there are at most 200."),
        "weights": map_of({"type": "number"}, "The weight of each label that balances them."),
        "problems": list_of(problem_schema(), "What was found."),
    }
    required = [name for name in properties if name not in ("counts", "weights")]
    return document_of(
        "prompteval data check", object_of(required, properties, "Checked files of cases or rows.")
    )


def rag_search_schema() -> Schema:
    """The document of `rag search --json`."""
    candidate = {
        "rank": count("Its last place, from 1."),
        "id": text("The chunk."),
        "title": text("The title of its document."),
        "text": text("Its text."),
        "score": number("Its last score."),
        "retrieved": count("Its place before reranking, from 1."),
        "parts": map_of(
            {"type": ["integer", "null"], "minimum": 1}, "Its place in each retriever of a hybrid, or null."
        ),
        "fate": one_of(_FATES, "What packing did with it."),
        "gold": {
            "type": ["boolean", "null"],
            "description": "Whether it holds gold of the case; null without a case.",
        },
    }
    properties = {
        "schema": constant("prompteval/rag-search@1", "The version of this document."),
        "suite": text("The suite."),
        "question": text("What was searched for."),
        "stages": texts("The stages that the candidates went through."),
        "candidates": list_of(record_of(candidate, "One candidate."), "By their last place."),
        "tokens": count("Tokens that are packed."),
        "budget": {"type": ["integer", "null"], "description": "Tokens that may be packed."},
    }
    return document_of("prompteval rag search", record_of(properties, "One question, stage by stage."))


def rag_sweep_schema() -> Schema:
    """The document of `rag sweep --json`."""
    setting = {
        "name": text("The setting in one line."),
        "chunker": text("The chunker."),
        "size": {"type": ["integer", "null"], "description": "Tokens of a chunk, null for whole documents."},
        "overlap": count("Tokens that chunks share."),
        "retriever": text("The retriever."),
        "reranker": text("The reranker."),
    }
    measured = {
        "recall": number("The mean share of gold that fits the budget."),
        "precision": number("The mean share of what fits that is gold."),
        "iou": number("The mean of gold and what fits, their intersection over their union."),
        "chunks": count("Chunks of the corpus."),
        "whole": count("Gold spans that are whole in one chunk."),
        "spans": count("Gold spans."),
        "truncated": count("Chunks that are longer than the encoder's window."),
        "too_large": count("Questions of which the first chunk is over the budget."),
        "seconds": number("Seconds of indexing, searching and reranking, without what was cached."),
        "cost_usd": number("The cost of encoders; null where a server was asked."),
        "curve": list_of(
            {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3},
            "[budget, mean tokens, mean recall] for each eighth of the budget; may be empty.",
        ),
        "verdict": one_of(_VERDICTS, "Of the comparison of recall with the reference cell."),
    }
    compared = {
        "delta": number("The difference in recall to the reference cell; absent for that cell."),
        "low": number("The lower end of its 95 % interval."),
        "high": number("The upper end."),
        "p": number("The p-value of the test."),
        "p_adjusted": number("The p-value over all cells, by Holm."),
        "mde": number("The smallest difference that these questions can show."),
        "test": text("The test."),
        "detail": text("What must be known to read it."),
    }
    cell = object_of([*setting, *measured], {**setting, **measured, **compared}, "One setting.")
    properties = {
        "schema": constant("prompteval/rag-sweep@1", "The version of this document."),
        "suite": text("The suite."),
        "budget": count("Tokens that each cell may pack."),
        "questions": count("Questions with gold."),
        "reference": text("The name of the suite's own setting."),
        "cells": list_of(part("cell", "One of them."), "Every setting, the reference first."),
    }
    return document_of("prompteval rag sweep", record_of(properties, "A sweep over settings."), cell=cell)
