"""TREC runs and relevance judgments: read fast, joined exactly, scored as trec_eval would."""
