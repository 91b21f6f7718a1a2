"""Intervals, tests and the rules that turn numbers into a verdict."""
