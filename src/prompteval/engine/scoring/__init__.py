"""Scorers called off the clock of the target, each in the way that suits it; their scores remembered."""
