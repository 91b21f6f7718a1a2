"""Baselines: the scores of a designated run, committed beside the suites."""
