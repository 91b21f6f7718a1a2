"""Suites with a retrieval pipeline: planned, run, searched, swept."""
