"""Prompts over HTTP: validated, limited, warmed up, logged and measured; nothing is kept between requests."""
