"""Fakes and conformance kits that ship to users: a model server on loopback, checks for extensions."""
