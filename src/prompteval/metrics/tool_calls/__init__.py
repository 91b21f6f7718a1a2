"""Calls of tools compared with those that a case expects; pure, without I/O."""
