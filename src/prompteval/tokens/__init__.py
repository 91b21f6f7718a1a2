"""Token counts by a model's own encoding, without ever asking the network."""

from prompteval.tokens.counting import Counter, counter

__all__ = ["Counter", "counter"]
