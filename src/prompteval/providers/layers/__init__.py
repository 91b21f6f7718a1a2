"""The layer seam: each layer is a Provider around a Provider.

Outer to inner: record, cache, budget, retry, limit, live. A cache hit costs no slot and no
budget; waiting for a retry holds no slot. Around the live provider itself every attempt is noted.
"""

from prompteval.providers.layers.attempt import CASE, Attempted, CaseKey, Journal
from prompteval.providers.layers.base import Layer
from prompteval.providers.layers.budget import Budget, Budgeted
from prompteval.providers.layers.build import build_layers
from prompteval.providers.layers.cache import Cached
from prompteval.providers.layers.limit import Limited
from prompteval.providers.layers.record import Recorded
from prompteval.providers.layers.retry import Retried

__all__ = [
    "CASE",
    "Attempted",
    "Budget",
    "Budgeted",
    "Cached",
    "CaseKey",
    "Journal",
    "Layer",
    "Limited",
    "Recorded",
    "Retried",
    "build_layers",
]
