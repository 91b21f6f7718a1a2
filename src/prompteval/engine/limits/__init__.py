"""How fast a model may be called: requests and tokens a minute, and how many calls at a time."""

from prompteval.engine.limits.limiter import Grant, Limiter

__all__ = ["Grant", "Limiter"]
