"""The layer seam: each layer is a Provider around a Provider.

Outer to inner: record, cache, budget, retry, limit, live. A cache hit costs no slot and no
budget; waiting for a retry holds no slot. Within the limit no call of a run is made once its key was
refused, and around the live provider itself every attempt is noted.
"""

from prompteval.providers.layers.attempt import CASE, AttemptLayer, CaseKey, Journal
from prompteval.providers.layers.base import Layer
from prompteval.providers.layers.budget import Budget, BudgetLayer
from prompteval.providers.layers.build import build_layers
from prompteval.providers.layers.cache import CacheLayer, InFlight
from prompteval.providers.layers.limit import LimitLayer
from prompteval.providers.layers.record import RecordLayer
from prompteval.providers.layers.refused_key import KeyRefusal
from prompteval.providers.layers.retry import CLOCK, CaseClock, RetryLayer

__all__ = [
    "CASE",
    "CLOCK",
    "AttemptLayer",
    "Budget",
    "BudgetLayer",
    "CacheLayer",
    "CaseClock",
    "CaseKey",
    "InFlight",
    "Journal",
    "KeyRefusal",
    "Layer",
    "LimitLayer",
    "RecordLayer",
    "RetryLayer",
    "build_layers",
]
