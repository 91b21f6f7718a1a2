"""Stopping early without more false alarms.

Cases come in a seeded order, and a decision reads a completed prefix of it, never the order of arrival.
"""

from typing import Literal

Method = Literal["group-sequential", "always-valid"]
METHODS: tuple[Method, ...] = ("group-sequential", "always-valid")
