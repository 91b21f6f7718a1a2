"""Typed, versioned prompts: messages, templates, fingerprint, loading, output parsing."""
