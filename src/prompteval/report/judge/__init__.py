"""A judge against people as text, JSON, Markdown and a page."""
