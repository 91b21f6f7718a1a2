"""A suite's retrieval pipeline, resolved."""
