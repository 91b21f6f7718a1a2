"""Frozen types, protocols, fingerprint, errors, registry. Imports nothing of prompteval above it."""
