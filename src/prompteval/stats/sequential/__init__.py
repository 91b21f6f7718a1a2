"""Stopping early without more false alarms.

Cases come in a seeded order, and a decision reads a completed prefix of it, never the order of arrival.
"""
