"""Drift of a window of traffic from a reference: effects, their intervals, and tests of no change."""
